/*
 * A small network stack for test guests: Ethernet, ARP, IPv4, IPv6 with neighbour discovery, ICMP echo, UDP and a TCP that
 * serves. It answers to the hardware address that a packet came from, and looks neighbours up only for what it begins itself.
 */
#ifndef NET_H
#define NET_H

#include "guest.h"

enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_ICMP6 = 58 };
enum { TYPE_IPV4 = 0x0800, TYPE_ARP = 0x0806, TYPE_IPV6 = 0x86dd };
enum { ETHERNET_HEADER = 14, LARGEST_FRAME = 16384, MAC = 6 };

/* `version` is 4, 6, or 0 for none; an IPv4 address has the first four bytes. */
struct address { u8 version, bytes[16]; };

struct nic {
	const char *name;
	u64 device;
	u16 mtu;
	u8 mac[MAC];
	struct address ipv4, ipv6, link_local, gateway4, gateway6;
	unsigned prefix4, prefix6;
};

/* A packet that came in, for whoever handles its protocol. */
struct packet {
	struct nic *nic;
	u8 mac[MAC];
	struct address from, to;
	u8 protocol, hops;
	const u8 *payload;
	size_t length;
};

/* ethernet.c */
void nic_start(struct nic *nic, const struct device *device, u64 handle);
void nic_poll(struct nic *nic);
u8 *ethernet_payload(void);
void ethernet_send(struct nic *nic, const u8 mac[MAC], u16 type, size_t length);

/* neighbour.c: whether the hardware address is known; asks for it where it is not. */
int neighbour(struct nic *nic, const struct address *address, u8 mac[MAC]);
void neighbour_learn(const struct address *address, const u8 mac[MAC]);
void arp_input(struct nic *nic, const u8 *packet, size_t length);
void ndp_input(const struct packet *packet);

/* ip.c: `ip_payload` is where to put what `ip_send` sends; checksums of the protocols are set there. */
void ipv4_input(struct nic *nic, const u8 mac[MAC], const u8 *packet, size_t length);
void ipv6_input(struct nic *nic, const u8 mac[MAC], const u8 *packet, size_t length);
u8 *ip_payload(u8 version);
void ip_send(struct nic *nic, const u8 mac[MAC], const struct address *from, const struct address *to, u8 protocol,
	size_t length);
/* Sends by way of the gateway where need be; 0 while the next hop's hardware address is not known. */
int ip_route(struct nic *nic, const struct address *to, u8 protocol, size_t length);

/* address.c */
int same_bytes(const u8 *left, const u8 *right, size_t length);
int same_address(const struct address *left, const struct address *right);
int same_prefix(const struct address *left, const struct address *right, unsigned bits);
/* Reads `10.0.0.2`, `fd00::2` and, where `prefix` is given, `/24` behind it; leaves `text` behind what it read. */
int address_parse(const char **text, struct address *address, unsigned *prefix);
void put_address(const struct address *address);
u16 get16(const u8 *at);
u32 get32(const u8 *at);
void put16(u8 *at, u16 value);
void put32(u8 *at, u32 value);

/* icmp.c, udp.c, tcp.c */
void icmp_input(const struct packet *packet);
void icmp_ping(struct nic *nic, const struct address *to, u16 sequence);
void udp_input(const struct packet *packet);
void udp_send(struct nic *nic, const u8 mac[MAC], const struct address *from, const struct address *to, u16 from_port,
	u16 to_port, size_t length);
void tcp_input(const struct packet *packet);
void tcp_tick(u64 now);

/* dns-tcp.c: `dns_tcp_input` answers whether the segment was for it. */
void dns_tcp_ask(struct nic *nic, const struct address *server, const u8 *question, size_t length);
int dns_tcp_input(const struct packet *packet);

/* Given by the guest. */
void ping_answered(const struct address *from, u16 sequence);
void dns_answered(const u8 *message, size_t length);
/* What is to be sent back for a request; the body is `length` bytes of `http_body`. */
struct answer { char header[192]; size_t header_length; u64 body_length; };
void http_answer(const char *request, struct answer *answer);
u8 http_body(u64 offset);

#endif
