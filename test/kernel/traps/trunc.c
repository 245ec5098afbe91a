/* MSG_TRUNC on TCP takes the bytes without writing them: the buffer still holds the decoy. */
#include "trap.h"

int main(void)
{
	char buffer[64] = "DECOY DECOY DECOY";
	int pair[2];

	connect_pair(pair, AF_INET);
	MOVE(9, write(pair[0], "truncated", 9));
	MOVE(9, recv(pair[1], buffer, 9, MSG_TRUNC));
	MOVE(5, write(pair[0], "after", 5));
	MOVE(5, read(pair[1], buffer, sizeof(buffer)));
	return 0;
}
