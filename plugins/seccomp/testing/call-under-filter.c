// Installs the seccomp program in a file and makes one system call under it, or one through the 32-bit entry:
//     call-under-filter FILE NUMBER ARG0 ARG1 ARG2 ARG3
//     call-under-filter FILE int80 NUMBER
// Exit status: 0, or the errno of the call; 100 when the program cannot be installed. The filter may end the process first.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv) {
  static struct sock_filter code[BPF_MAXINSNS];
  if (argc < 4) return 100;
  int fd = open(argv[1], O_RDONLY);
  ssize_t size = read(fd, code, sizeof code);
  if (size <= 0) return 100;
  struct sock_fprog program = {.len = size / sizeof code[0], .filter = code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) return 100;

  long result;
#ifdef __x86_64__
  if (!strcmp(argv[2], "int80")) {
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(atol(argv[3])), "b"(0) : "memory", "r8", "r9", "r10", "r11");
    _exit(0);
  }
#endif
  unsigned long args[4] = {0};
  for (int i = 0; i < 4 && i + 3 < argc; i++) args[i] = strtoul(argv[i + 3], 0, 0);
  result = syscall(strtoul(argv[2], 0, 0), args[0], args[1], args[2], args[3]);
  _exit(result < 0 ? errno : 0);
}
