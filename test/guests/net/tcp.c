/* The receiving half of TCP. Segments out of order are dropped, acknowledged again, and so come again. */
#include "tcp.h"

enum { PORT = 80, CONNECTIONS = 512, MOST_TRIES = 8, FIRST_WINDOW = 10 };
#define SECOND 1000000000ull

static struct connection connections[CONNECTIONS];
static u32 next_first = 0x10000;

static struct connection *find(const struct packet *packet, u16 port)
{
	for (struct connection *c = connections; c < connections + CONNECTIONS; c++)
		if (c->state != TCP_FREE && c->peer_port == port && same_address(&c->peer, &packet->from) &&
			same_address(&c->own, &packet->to))
			return c;
	return 0;
}

static struct connection *find_free(void)
{
	for (struct connection *c = connections; c < connections + CONNECTIONS; c++)
		if (c->state == TCP_FREE)
			return c;
	return 0;
}

/* Maximum segment size and window scale of the peer's SYN (RFC 9293, 3.2; RFC 7323, 2). */
static void read_options(struct connection *c, const u8 *tcp, size_t header)
{
	for (size_t at = TCP_HEADER; at + 1 < header && tcp[at] != 0; at += tcp[at] == 1 ? 1 : tcp[at + 1]) {
		if (tcp[at] == 1)
			continue;
		if (tcp[at + 1] < 2 || at + tcp[at + 1] > header)
			return;
		if (tcp[at] == 2 && tcp[at + 1] == 4 && get16(tcp + at + 2) < c->mss)
			c->mss = get16(tcp + at + 2);
		if (tcp[at] == 3 && tcp[at + 1] == 3)
			c->scaled = 1, c->window_shift = tcp[at + 2] < 14 ? tcp[at + 2] : 14;
	}
}

static void begin(const struct packet *packet, const u8 *tcp, size_t header)
{
	struct connection *c = find_free();
	/* The peer will ask again. */
	if (!c || get16(tcp + 2) != PORT)
		return;
	memset(c, 0, sizeof *c);
	c->state = TCP_SYN_RECEIVED;
	c->nic = packet->nic;
	memcpy(c->mac, packet->mac, MAC);
	c->own = packet->to, c->peer = packet->from;
	c->own_port = get16(tcp + 2), c->peer_port = get16(tcp);
	c->mss = (u16)(c->nic->mtu - (c->peer.version == 4 ? 40 : 60));
	read_options(c, tcp, header);
	c->first = next_first += 0x10001;
	c->received = get32(tcp + 4) + 1;
	c->congestion_window = FIRST_WINDOW * c->mss;
	tcp_syn(c);
	tcp_arm(c);
}

static void refuse(const struct packet *packet, const u8 *tcp)
{
	struct connection c = {.nic = packet->nic, .own = packet->to, .peer = packet->from, .own_port = get16(tcp + 2),
		.peer_port = get16(tcp), .first = get32(tcp + 8) - 1, .received = get32(tcp + 4) + !!(tcp[13] & TCP_SYN)};
	memcpy(c.mac, packet->mac, MAC);
	tcp_segment(&c, 0, TCP_RST | TCP_ACK, 0);
}

static void acknowledge(struct connection *c, u32 number, int carries_data)
{
	const u32 advance = number - (c->first + 1 + (u32)c->acknowledged);
	if (advance && advance <= c->reached - c->acknowledged) {
		c->acknowledged += advance;
		if (c->sent < c->acknowledged)
			c->sent = c->acknowledged;
		c->congestion_window += advance;
		c->duplicates = c->tries = 0;
		if (c->recover > c->acknowledged)
			tcp_retransmit(c);
		tcp_arm(c);
	} else if (advance == 0 && !carries_data && c->sent > c->acknowledged && ++c->duplicates == 3 && c->recover <= c->acknowledged) {
		c->recover = c->sent;
		c->congestion_window = c->congestion_window / 2 > 2u * c->mss ? c->congestion_window / 2 : 2u * c->mss;
		tcp_retransmit(c);
	}
}

static void read_request(struct connection *c, const u8 *data, size_t length)
{
	c->received += (u32)length;
	for (size_t i = 0; i < length && c->end == 0; i++) {
		c->request[c->request_length++] = (char)data[i];
		const u8 *end = (const u8 *)c->request + c->request_length - 4;
		if ((c->request_length >= 4 && same_bytes(end, (const u8 *)"\r\n\r\n", 4)) || c->request_length == LONGEST_REQUEST) {
			http_answer(c->request, &c->answer);
			c->end = c->answer.header_length + c->answer.body_length + 1;
		}
	}
}

static void open_input(struct connection *c, const u8 *tcp, size_t header, size_t length)
{
	const u32 sequence = get32(tcp + 4);
	const int fin = tcp[13] & TCP_FIN, data = length > header;
	c->peer_window = (u32)get16(tcp + 14) << c->window_shift;
	acknowledge(c, get32(tcp + 8), data || fin);
	if (sequence == c->received) {
		if (data)
			read_request(c, tcp + header, length - header);
		if (fin && !c->peer_closed) {
			c->peer_closed = 1;
			c->received++;
			if (c->end == 0)
				c->end = 1; /* Nothing to answer: only the FIN. */
		}
	}
	const u64 before = c->sent;
	tcp_output(c);
	if ((data || fin) && c->sent == before)
		tcp_segment(c, c->sent, TCP_ACK, 0);
	if (c->peer_closed && c->end && c->acknowledged == c->end)
		c->state = TCP_FREE;
}

void tcp_input(const struct packet *packet)
{
	const u8 *tcp = packet->payload;
	const size_t header = packet->length >= TCP_HEADER ? (size_t)(tcp[12] >> 4) * 4 : 0;
	if (header < TCP_HEADER || header > packet->length || dns_tcp_input(packet))
		return;
	struct connection *c = find(packet, get16(tcp));
	const u8 flags = tcp[13];
	if (flags & TCP_RST) {
		if (c && get32(tcp + 4) == c->received)
			c->state = TCP_FREE;
	} else if (flags & TCP_SYN) {
		if (c && c->state == TCP_SYN_RECEIVED && get32(tcp + 4) + 1 == c->received) {
			tcp_syn(c);
		} else if (get16(tcp + 2) != PORT) {
			refuse(packet, tcp);
		} else {
			if (c)
				c->state = TCP_FREE;
			begin(packet, tcp, header);
		}
	} else if (c) {
		if (c->state == TCP_SYN_RECEIVED) {
			if (get32(tcp + 8) != c->first + 1)
				return;
			c->state = TCP_OPEN, c->tries = 0;
		}
		open_input(c, tcp, header, packet->length);
	} else {
		refuse(packet, tcp);
	}
}

void tcp_tick(u64 now)
{
	for (struct connection *c = connections; c < connections + CONNECTIONS; c++) {
		if (c->state == TCP_FREE || now < c->deadline)
			continue;
		const int waits = c->state == TCP_OPEN && (c->end == 0 || c->acknowledged == c->end);
		if (++c->tries > MOST_TRIES) {
			c->state = TCP_FREE;
		} else if (c->state == TCP_SYN_RECEIVED) {
			tcp_syn(c);
		} else if (!waits) {
			/* Everything from there again, slowly. */
			c->sent = c->acknowledged;
			c->recover = 0;
			c->congestion_window = 2u * c->mss;
			if (c->peer_window)
				tcp_output(c);
			else
				tcp_retransmit(c);
		}
		tcp_arm(c);
	}
}
