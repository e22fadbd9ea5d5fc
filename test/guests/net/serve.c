/*
 * Answers ping, UDP echo (port 7) and HTTP (port 80) on all of its devices, and asks for what its arguments name.
 *
 *   ip=10.0.0.2/24 gw=10.0.0.1 ip6=fd00::2/64 gw6=fd00::1   addresses of the device
 *   dev=NAME                                                the words that follow are about that device
 *   ping=ADDRESS                                            prints `ping ADDRESS: answered`, or `: no answer` after thirty seconds
 *   dns=ADDRESS resolve=NAME                                prints `resolve NAME: ADDRESS`, or `: no answer`; tcp:NAME asks by TCP
 */
#include "serve.h"
#include "net.h"

#define MILLISECOND 1000000ull
enum { MOST_NICS = 4, MOST_TASKS = 16, MOST_TRIES = 150, LONGEST_NAME = 128 };

static struct nic nics[MOST_NICS];
static unsigned nic_count;
static struct address name_server;

static struct task {
	struct nic *nic;
	struct address address; /* To ping; version 0 where a name is to be resolved. */
	char name[LONGEST_NAME];
	unsigned tries, done;
} tasks[MOST_TASKS];
static unsigned task_count;

static void finish_task(struct task *task, const struct address *found)
{
	task->done = 1;
	put(task->address.version ? "ping " : "resolve ");
	if (task->address.version)
		put_address(&task->address);
	else
		put(task->name);
	put(": ");
	if (found && !task->address.version)
		put_address(found);
	else
		put(found ? "answered" : "no answer");
	put("\n");
}

void ping_answered(const struct address *from, u16 sequence)
{
	if (sequence < task_count && !tasks[sequence].done && same_address(from, &tasks[sequence].address))
		finish_task(&tasks[sequence], from);
}

static int word_is(const char **word, const char *key)
{
	const char *at = *word;
	while (*key && *at == *key)
		at++, key++;
	if (*key)
		return 0;
	*word = at;
	return 1;
}

/* RFC 1035, 4.1: the question, of type A. */
static void ask(struct task *task, u16 number)
{
	u8 message[LONGEST_NAME + 20], *at = message + 12;
	const char *name = task->name;
	const int by_tcp = word_is(&name, "tcp:");
	memset(message, 0, 12);
	put16(message, number);
	message[2] = 1;  /* Recursion desired. */
	message[5] = 1;  /* One question. */
	while (*name) {
		u8 *label = at++;
		while (*name && *name != '.')
			*at++ = (u8)*name++;
		*label = (u8)(at - label - 1);
		name += *name == '.';
	}
	memcpy(at, (u8[]){0, 0, 1, 0, 1}, 5);
	const size_t length = (size_t)(at + 5 - message);
	if (by_tcp) {
		dns_tcp_ask(task->nic, &name_server, message, length);
		return;
	}
	memcpy(ip_payload(name_server.version) + 8, message, length);
	udp_send(task->nic, 0, 0, &name_server, (u16)(40000 + number), 53, length);
}

static size_t skip_name(const u8 *message, size_t length, size_t at)
{
	while (at < length && message[at] && message[at] < 0xc0)
		at += message[at] + 1u;
	return at + (at < length && message[at] >= 0xc0 ? 2 : 1);
}

void dns_answered(const u8 *message, size_t length)
{
	if (length < 12 || get16(message) >= task_count || tasks[get16(message)].done)
		return;
	size_t at = skip_name(message, length, 12) + 4;
	for (unsigned answers = get16(message + 6); answers; answers--) {
		at = skip_name(message, length, at);
		if (at + 14 > length)
			return;
		if (get16(message + at) == 1 && get16(message + at + 8) == 4) {
			struct address found = {.version = 4};
			memcpy(found.bytes, message + at + 10, 4);
			finish_task(&tasks[get16(message)], &found);
			return;
		}
		at += 10u + get16(message + at + 8);
	}
}

static struct nic *nic_named(const char *name)
{
	for (unsigned i = 0; i < nic_count; i++) {
		const char *at = name;
		if (word_is(&at, nics[i].name) && (*at == ' ' || *at == 0))
			return &nics[i];
	}
	return &nics[0];
}

static void read_words(const char *word)
{
	struct nic *nic = &nics[0];
	while (has_word(word)) {
		while (*word == ' ')
			word++;
		struct task task = {.nic = nic};
		if (word_is(&word, "ip="))
			address_parse(&word, &nic->ipv4, &nic->prefix4);
		else if (word_is(&word, "ip6="))
			address_parse(&word, &nic->ipv6, &nic->prefix6);
		else if (word_is(&word, "gw="))
			address_parse(&word, &nic->gateway4, 0);
		else if (word_is(&word, "gw6="))
			address_parse(&word, &nic->gateway6, 0);
		else if (word_is(&word, "dns="))
			address_parse(&word, &name_server, 0);
		else if (word_is(&word, "dev="))
			nic = nic_named(word);
		else if (word_is(&word, "ping=") && address_parse(&word, &task.address, 0) && task_count < MOST_TASKS)
			tasks[task_count++] = task;
		else if (word_is(&word, "resolve=") && task_count < MOST_TASKS) {
			for (unsigned i = 0; *word && *word != ' ' && i + 1 < LONGEST_NAME; i++)
				task.name[i] = *word++;
			tasks[task_count++] = task;
		}
		while (*word && *word != ' ')
			word++;
	}
}

static void try_tasks(void)
{
	for (unsigned i = 0; i < task_count; i++) {
		struct task *task = &tasks[i];
		if (task->done)
			continue;
		if (task->tries++ == MOST_TRIES)
			finish_task(task, 0);
		else if (task->address.version)
			icmp_ping(task->nic, &task->address, (u16)i);
		else
			ask(task, (u16)i);
	}
}

int serve(const struct guest *guest)
{
	for (u32 i = 1; i < guest->manifest->count && nic_count < MOST_NICS; i++) {
		nic_start(&nics[nic_count++], &guest->manifest->devices[i], i);
		put_device(&guest->manifest->devices[i]);
	}
	put("arguments: ");
	put(guest->command_line);
	put("\n");
	read_words(guest->command_line);
	put("serving\n");
	u64 next_try = 0, next_tick = 0;
	for (;;) {
		for (unsigned i = 0; i < nic_count; i++)
			nic_poll(&nics[i]);
		u64 now = monotonic_ns();
		if (now >= next_tick)
			tcp_tick(now), next_tick = now + 20 * MILLISECOND;
		if (now >= next_try)
			try_tasks(), next_try = now + 200 * MILLISECOND;
		wait_for_frames(20 * MILLISECOND);
	}
}
