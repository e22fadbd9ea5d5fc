/* The sending half of TCP: slow start, fast retransmission as in NewReno (RFC 6582), a timer with doubling. */
#include "tcp.h"

#define MILLISECOND 1000000ull
enum { FIRST_TIMEOUT_MS = 200, WIDEST_WINDOW = 1 << 20 };

void tcp_arm(struct connection *c)
{
	unsigned shift = c->tries < 6 ? c->tries : 6;
	c->deadline = monotonic_ns() + (FIRST_TIMEOUT_MS * MILLISECOND << shift);
}

static void send(struct connection *c, u32 sequence, u8 flags, size_t options, size_t length)
{
	u8 *tcp = ip_payload(c->peer.version);
	put16(tcp, c->own_port);
	put16(tcp + 2, c->peer_port);
	put32(tcp + 4, sequence);
	put32(tcp + 8, c->received);
	tcp[12] = (u8)((TCP_HEADER + options) / 4 << 4);
	tcp[13] = flags;
	put16(tcp + 14, 32768);
	put16(tcp + 18, 0);
	ip_send(c->nic, c->mac, &c->own, &c->peer, PROTOCOL_TCP, TCP_HEADER + options + length);
}

void tcp_syn(struct connection *c)
{
	u8 *options = ip_payload(c->peer.version) + TCP_HEADER;
	options[0] = 2, options[1] = 4; /* Maximum segment size. */
	put16(options + 2, (u16)(c->nic->mtu - (c->peer.version == 4 ? 40 : 60)));
	memcpy(options + 4, (u8[]){1, 3, 3, 0}, 4); /* Window scale, so that the peer's counts. */
	send(c, c->first, TCP_SYN | TCP_ACK, c->scaled ? 8 : 4, 0);
}

/* `length` bytes of the answer from `offset`; the FIN is not one of them. */
void tcp_segment(struct connection *c, u64 offset, u8 flags, size_t length)
{
	u8 *payload = ip_payload(c->peer.version) + TCP_HEADER;
	const u64 header = c->answer.header_length;
	for (size_t i = 0; i < length; i++)
		payload[i] = offset + i < header ? (u8)c->answer.header[offset + i] : http_body(offset + i - header);
	send(c, c->first + 1 + (u32)offset, flags, 0, length);
}

/* One segment from `offset`; answers how far it reaches. */
static u64 send_from(struct connection *c, u64 offset, u64 limit)
{
	u64 length = c->end - 1 - offset;
	if (length > c->mss)
		length = c->mss;
	if (length > limit)
		length = limit;
	const int last = offset + length == c->end - 1;
	tcp_segment(c, offset, (u8)(TCP_ACK | (last ? TCP_FIN | TCP_PSH : 0)), length);
	const u64 reached = offset + length + (u64)last;
	if (reached > c->reached)
		c->reached = reached;
	return reached;
}

void tcp_output(struct connection *c)
{
	u64 window = c->peer_window < c->congestion_window ? c->peer_window : c->congestion_window;
	if (window > WIDEST_WINDOW)
		window = WIDEST_WINDOW;
	const int idle = c->sent == c->acknowledged;
	while (c->sent < c->end && c->sent - c->acknowledged < window)
		c->sent = send_from(c, c->sent, window - (c->sent - c->acknowledged));
	if (idle && c->sent != c->acknowledged)
		tcp_arm(c);
}

/* The first segment that is not acknowledged, also as a probe where the window is shut. */
void tcp_retransmit(struct connection *c)
{
	u64 reached = c->acknowledged < c->end ? send_from(c, c->acknowledged, c->peer_window ? c->mss : 1) : c->end;
	if (reached > c->sent)
		c->sent = reached;
}
