/* Connections that are over before their last bytes are read: a reset behind an answer; a FIN in FIN_WAIT2.
 */
#include "trap.h"

static void wait_for_state(int fd, int state)
{
	struct tcp_info info;
	socklen_t length;

	do {
		length = sizeof(info);
		CHECK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length));
	} while (info.tcpi_state != state);
}

int main(void)
{
	char buffer[64];
	int pair[2];

	/* The server answers and closes, with a byte unread: a reset. */
	connect_pair(pair, AF_INET);
	MOVE(7, write(pair[0], "request", 7));
	MOVE(6, read(pair[1], buffer, 6));
	MOVE(6, write(pair[1], "answer", 6));
	close(pair[1]);
	wait_for_state(pair[0], TCP_CLOSE);
	MOVE(6, read(pair[0], buffer, sizeof(buffer)));
	close(pair[0]);

	/* The client has closed its half; the server's answer and FIN are there before it reads. */
	connect_pair(pair, AF_INET);
	MOVE(4, write(pair[0], "half", 4));
	CHECK(shutdown(pair[0], SHUT_WR));
	MOVE(4, read(pair[1], buffer, sizeof(buffer)));
	MOVE(0, read(pair[1], buffer, sizeof(buffer)));
	MOVE(4, write(pair[1], "late", 4));
	close(pair[1]);
	wait_for_state(pair[0], TCP_CLOSE);
	MOVE(4, read(pair[0], buffer, sizeof(buffer)));
	MOVE(0, read(pair[0], buffer, sizeof(buffer)));
	close(pair[0]);

	/* Nobody can read any more: the client has closed the socket. */
	connect_pair(pair, AF_INET);
	MOVE(4, write(pair[0], "gone", 4));
	MOVE(4, read(pair[1], buffer, sizeof(buffer)));
	MOVE(4, write(pair[1], "lost", 4));
	close(pair[0]);
	close(pair[1]);
	return 0;
}
