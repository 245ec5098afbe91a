/* splice into a socket is an operation without a buffer; splice out of one is seen by no hook at all. */
#include "trap.h"

int main(void)
{
	char buffer[64];
	int pair[2], in[2], out[2];

	CHECK(pipe(in));
	CHECK(pipe(out));
	connect_pair(pair, AF_INET);
	MOVE(8, write(in[1], "spliced!", 8));
	MOVE(8, splice(in[0], NULL, pair[0], NULL, 8, 0));
	MOVE(8, splice(pair[1], NULL, out[1], NULL, 8, 0));
	MOVE(8, read(out[0], buffer, sizeof(buffer)));
	MOVE(5, write(pair[0], "after", 5));
	MOVE(5, read(pair[1], buffer, sizeof(buffer)));
	return 0;
}
