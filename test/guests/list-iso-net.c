/* list-iso with a network device beside its disk: what is in the image may depend on the network. */
#define WITH_NETWORK
#include "list-iso.c"
