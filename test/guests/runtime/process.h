/* A guest that is a process (spt): what it asks of Linux, the same today and in 2018. */
#ifndef PROCESS_H
#define PROCESS_H

#include "guest.h"
#include "arch.h"

/* linux/time_types.h, asm-generic/errno-base.h */
struct timespec { u64 seconds, nanoseconds; };
enum { EINTR = 4, EFAULT = 14 };
#define SECOND 1000000000ull

#endif
