/* Urgent data: a byte of the stream that an ordinary read passes over. */
#include "trap.h"

int main(void)
{
	char buffer[64];
	int pair[2];

	connect_pair(pair, AF_INET);
	MOVE(6, write(pair[0], "before", 6));
	MOVE(6, read(pair[1], buffer, 6));
	MOVE(1, send(pair[0], "!", 1, MSG_OOB));
	MOVE(5, write(pair[0], "after", 5));
	MOVE(1, recv(pair[1], buffer, 1, MSG_OOB));
	MOVE(5, recv(pair[1], buffer, 5, MSG_WAITALL));
	MOVE(4, write(pair[0], "last", 4));
	MOVE(4, read(pair[1], buffer, sizeof(buffer)));
	return 0;
}
