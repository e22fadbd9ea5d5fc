/* Floating point: the control words it was started with, and a sum whose value is known. */
#include "guest.h"
#include "arch.h"

NO_DEVICES;

int run(const struct guest *guest)
{
	(void)guest;
	put("vector control: ");
	put_hex(vector_control());
	put("\nfloat control: ");
	put_hex(float_control());
	/* Leibniz: converges on pi/4, slowly. The compiler must not compute it. */
	volatile double sum = 0, sign = 1;
	for (int i = 0; i < 100000; i++) {
		sum = sum + sign / (2 * i + 1);
		sign = -sign;
	}
	u64 millionths = (u64)(sum * 4 * 1000000);
	put("\npi: ");
	put_number(millionths);
	put("\n");
	return !(millionths == 3141582);
}
