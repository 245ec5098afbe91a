/* MSG_PEEK returns bytes without taking them: counted twice by whoever counts return values. */
#include "trap.h"

int main(void)
{
	char buffer[64];
	int pair[2];

	connect_pair(pair, AF_INET);
	MOVE(11, write(pair[0], "hello peek\n", 11));
	for (int i = 0; i < 3; i++)
		MOVE(11, recv(pair[1], buffer, sizeof(buffer), MSG_PEEK));
	MOVE(11, recv(pair[1], buffer, sizeof(buffer), 0));
	MOVE(5, write(pair[0], "after", 5));
	MOVE(5, read(pair[1], buffer, sizeof(buffer)));
	return 0;
}
