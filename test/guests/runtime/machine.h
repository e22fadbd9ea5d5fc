/* A guest that is a virtual machine (hvt): what it asks of its tender, the same today and in 2018 but for two things. */
#ifndef MACHINE_H
#define MACHINE_H

#include "guest.h"
#include "arch.h"

/* Hypercalls that have kept their numbers: hvt_abi.h, enum hvt_hypercall. */
enum { HYPERCALL_WALLTIME = 1, HYPERCALL_PUTS = 2, HYPERCALL_POLL = 3 };
/* The one that ends the machine has not: crt-hvt.c and crt-ukvm.c tell it. */
extern const unsigned halt_number;

/* The frequency of the processor's own counter in Hz, from the boot information. */
extern u64 cycles_per_second;

#endif
