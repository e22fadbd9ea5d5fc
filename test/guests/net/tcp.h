/* A connection that serves one request (RFC 9293): tcp.c takes what comes in, tcp-send.c gives what goes out. */
#ifndef TCP_H
#define TCP_H

#include "net.h"

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16 };
enum { TCP_HEADER = 20, LONGEST_REQUEST = 1024 };

enum tcp_state { TCP_FREE, TCP_SYN_RECEIVED, TCP_OPEN };

struct connection {
	enum tcp_state state;
	struct nic *nic;
	u8 mac[MAC];
	struct address own, peer;
	u16 own_port, peer_port, mss;
	u8 window_shift, scaled;
	u32 first, received;	/* Our initial sequence number; the next that is expected of the peer. */
	u32 peer_window;
	/* Offsets in the answer, in which the final FIN counts as one. `sent` goes back when all is sent again, `reached` does not. */
	u64 acknowledged, sent, reached, end, recover;
	u32 congestion_window;
	unsigned duplicates, tries;
	u64 deadline;
	int peer_closed;
	size_t request_length;
	char request[LONGEST_REQUEST + 1];
	struct answer answer;
};

void tcp_segment(struct connection *connection, u64 offset, u8 flags, size_t length);
void tcp_syn(struct connection *connection);
void tcp_output(struct connection *connection);
void tcp_retransmit(struct connection *connection);
void tcp_arm(struct connection *connection);

#endif
