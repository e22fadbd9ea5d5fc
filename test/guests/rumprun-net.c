/* rumprun-args with the devices of a rumprun on Solo5 0.6: its disk, of which it says what is on it, and its network device. */
#define RUMPRUN_DISK
#include "rumprun-args.c"
