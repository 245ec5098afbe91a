/* Operations at the limits: one byte, a record, the 16 KiB of an operation, and more than that. */
#include "trap.h"

int main(void)
{
	static const int sizes[] = {1, 4095, 4096, 4097, 16383, 16384, 16385, 60000};
	static char data[60000], back[60000];
	int pair[2];

	connect_pair(pair, AF_INET);
	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = 'a' + i % 26;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		MOVE(sizes[i], write(pair[0], data, sizes[i]));
		MOVE(sizes[i], recv(pair[1], back, sizes[i], MSG_WAITALL));
	}
	return 0;
}
