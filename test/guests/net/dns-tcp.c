/* A question to a name server by TCP (RFC 7766): one at a time, one segment each way; what gets lost is asked anew. */
#include "tcp.h"

enum { PORT_DNS = 53, FIRST_PORT = 50000, LONGEST_QUESTION = 256 };

static struct {
	struct nic *nic;
	struct address server;
	u16 port;
	u32 sequence, expected;
	size_t length;
	u8 question[LONGEST_QUESTION];
} asked;

static void segment(u8 flags, const u8 *data, size_t length)
{
	u8 *tcp = ip_payload(asked.server.version);
	memset(tcp, 0, TCP_HEADER);
	put16(tcp, asked.port);
	put16(tcp + 2, PORT_DNS);
	put32(tcp + 4, asked.sequence);
	put32(tcp + 8, asked.expected);
	tcp[12] = TCP_HEADER / 4 << 4;
	tcp[13] = flags;
	put16(tcp + 14, 8192);
	memcpy(tcp + TCP_HEADER, data, length);
	ip_route(asked.nic, &asked.server, PROTOCOL_TCP, TCP_HEADER + length);
}

void dns_tcp_ask(struct nic *nic, const struct address *server, const u8 *question, size_t length)
{
	static u16 count;
	if (length + 2 > LONGEST_QUESTION)
		return;
	asked.nic = nic, asked.server = *server, asked.port = (u16)(FIRST_PORT + count++);
	asked.sequence = (u32)monotonic_ns(), asked.expected = 0, asked.length = length + 2;
	put16(asked.question, (u16)length);
	memcpy(asked.question + 2, question, length);
	segment(TCP_SYN, 0, 0);
}

int dns_tcp_input(const struct packet *packet)
{
	const u8 *tcp = packet->payload;
	if (get16(tcp) != PORT_DNS || !same_address(&packet->from, &asked.server))
		return 0;
	const size_t header = (size_t)(tcp[12] >> 4) * 4, length = packet->length - header;
	if (get16(tcp + 2) != asked.port || (tcp[13] & TCP_RST))
		return 1;
	if ((tcp[13] & TCP_SYN) && get32(tcp + 8) == asked.sequence + 1) {
		asked.sequence++, asked.expected = get32(tcp + 4) + 1;
		segment(TCP_ACK | TCP_PSH, asked.question, asked.length);
	} else if (length > 2 && get32(tcp + 4) == asked.expected && get16(tcp + header) + 2u <= length) {
		asked.sequence += (u32)asked.length, asked.expected += (u32)length;
		segment(TCP_RST | TCP_ACK, 0, 0);
		dns_answered(tcp + header + 2, length - 2);
	}
	return 1;
}
