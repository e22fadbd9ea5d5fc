/* The words of a command line, done in order; see the guests' table in README.md. */
#include "ext2.h"

static char word[4096], second[4096];

static const char *next_word(const char **cursor, char *into)
{
	unsigned length = 0;
	while (**cursor == ' ')
		(*cursor)++;
	while (**cursor && **cursor != ' ' && length < sizeof word - 1)
		into[length++] = *(*cursor)++;
	into[length] = 0;
	return into;
}

static unsigned length_of(const char *text)
{
	unsigned length = 0;
	while (text[length])
		length++;
	return length;
}

static int read_file(const char *path)
{
	static u8 block[LARGEST_BLOCK + 1];
	struct inode inode;
	u32 number = find(path);
	if (!number)
		return 1;
	read_inode(number, &inode);
	for (u32 at = 0; at < inode.size; at += block_size) {
		u32 where = block_of(&inode, at / block_size, 0);
		memset(block, 0, sizeof block);
		if (where)
			read_at(where, block);
		block[inode.size - at < block_size ? inode.size - at : block_size] = 0;
		put((const char *)block);
	}
	put("\n");
	return 0;
}

/* So many bytes, of which each line says where it is. */
static int fill(const char *path, u64 size)
{
	static char bytes[200 * 1024];
	for (u64 i = 0; i < size && i < sizeof bytes; i++)
		bytes[i] = i % 16 == 15 ? '\n' : "0123456789abcdef"[i / 16 >> (i % 16 % 4 * 4) & 15];
	return write_file(path, bytes, size < sizeof bytes ? size : sizeof bytes);
}

static int set(const char *path, u64 mode, u64 owner)
{
	struct inode inode;
	u32 number = find(path);
	if (!number)
		return 1;
	read_inode(number, &inode);
	inode.mode = (inode.mode & 0170000) | mode;
	inode.uid = inode.gid = owner;
	inode.changed = now();
	write_inode(number, &inode);
	return 0;
}

/* Writes and removes until it is killed. */
static void churn(void)
{
	static char path[] = "/churn/file-00";
	make_folder("/churn");
	put("churning\n");
	for (unsigned round = 0;; round++) {
		path[12] = '0' + round % 10;
		path[13] = '0' + round / 10 % 10;
		fill(path, 1000 + round % 90 * 1000);
		if (round % 3 == 2)
			remove_name(path);
	}
}

int ext2_commands(const struct guest *guest)
{
	const char *cursor = guest->command_line;
	u32 device = 1;
	int failed = 0;
	while (has_word(cursor)) {
		int wrong = 0;
		if (!mount_device(guest, device)) {
			put("no ext2\n");
			return 4;
		}
		next_word(&cursor, word);
		if (same(word, "device"))
			device = next_number(&cursor, 1);
		else if (same(word, "list"))
			list_folder(2, "");
		else if (same(word, "read"))
			wrong = read_file(next_word(&cursor, word));
		else if (same(word, "write")) {
			next_word(&cursor, word), next_word(&cursor, second);
			wrong = write_file(word, second, length_of(second));
		} else if (same(word, "fill")) {
			next_word(&cursor, word);
			wrong = fill(word, next_number(&cursor, 0));
		} else if (same(word, "mkdir"))
			wrong = make_folder(next_word(&cursor, word));
		else if (same(word, "symlink")) {
			next_word(&cursor, word), next_word(&cursor, second);
			wrong = make_symlink(word, second);
		} else if (same(word, "link")) {
			next_word(&cursor, word), next_word(&cursor, second);
			wrong = make_link(word, second);
		} else if (same(word, "mknod"))
			wrong = make_node(next_word(&cursor, word), 0020666);
		else if (same(word, "remove"))
			wrong = remove_name(next_word(&cursor, word));
		else if (same(word, "set")) {
			next_word(&cursor, word);
			u64 mode = next_number(&cursor, 0);
			wrong = set(word, mode, next_number(&cursor, 0));
		} else if (same(word, "say")) {
			put(next_word(&cursor, word));
			put("\n");
			flush();
		} else if (same(word, "sleep"))
			wait_ns(next_number(&cursor, 0) * 1000000000u);
		else if (same(word, "churn"))
			churn();
		else {
			put("no such command\n");
			return 2;
		}
		if (wrong) {
			put("failed: ");
			put(word);
			put("\n");
		}
		failed |= wrong;
	}
	return failed;
}
