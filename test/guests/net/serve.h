/* The guest behind netserver.c and netserver-two.c: the same program with one network device and with two. */
#ifndef SERVE_H
#define SERVE_H

#include "guest.h"

int serve(const struct guest *guest);

#endif
