/* A closed stream, a reset one, and an empty read, which is neither. */
#include "trap.h"

static void reset(int fd)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	close(fd);
}

int main(void)
{
	char buffer[64];
	int pair[2];

	/* Closed: end of stream at offset 3, told once. */
	connect_pair(pair, AF_INET);
	MOVE(3, write(pair[0], "eof", 3));
	MOVE(0, read(pair[1], buffer, 0));
	MOVE(3, read(pair[1], buffer, sizeof(buffer)));
	CHECK(shutdown(pair[0], SHUT_WR));
	MOVE(0, read(pair[1], buffer, sizeof(buffer)));
	MOVE(0, read(pair[1], buffer, sizeof(buffer)));
	MOVE(4, write(pair[1], "late", 4));
	MOVE(4, read(pair[0], buffer, sizeof(buffer)));
	close(pair[1]);
	close(pair[0]);

	/* The FIN rides on the data's segment and is read with it: copied_seq counts one more than the bytes.
	 */
	connect_pair(pair, AF_INET);
	MOVE(7, send(pair[0], "fin too", 7, MSG_MORE));
	CHECK(shutdown(pair[0], SHUT_WR));
	MOVE(7, recv(pair[1], buffer, 7, MSG_WAITALL));
	MOVE(0, read(pair[1], buffer, sizeof(buffer)));
	close(pair[1]);
	close(pair[0]);

	/* Reset: no end of stream, an end record with ECONNRESET. */
	connect_pair(pair, AF_INET);
	MOVE(3, write(pair[0], "rst", 3));
	MOVE(3, read(pair[1], buffer, sizeof(buffer)));
	reset(pair[0]);
	if (read(pair[1], buffer, sizeof(buffer)) != -1 || errno != ECONNRESET)
		errx(1, "no ECONNRESET");
	return 0;
}
