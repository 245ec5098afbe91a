/* readv, writev, sendmsg and recvmsg: a message in many pieces is one record. */
#include "trap.h"

static struct iovec piece(void *base, size_t length)
{
	return (struct iovec){.iov_base = base, .iov_len = length};
}

int main(void)
{
	static char large[9000], back[9000];
	struct iovec v[1024];
	struct msghdr message = {.msg_iov = v};
	char a[4], b[64];
	int pair[2];

	connect_pair(pair, AF_INET);
	/* A request line over three pieces, one of them empty; read into two, the second filled in part. */
	v[0] = piece("GET /sp", 7);
	v[1] = piece("", 0);
	v[2] = piece("lit HTTP/1.1\r\n", 14);
	MOVE(21, writev(pair[0], v, 3));
	v[0] = piece(a, sizeof(a));
	v[1] = piece(b, sizeof(b));
	MOVE(21, readv(pair[1], v, 2));

	/* More than a record: 100 + 4050 + 4850 bytes. */
	memset(large, 'a', 100);
	memset(large + 100, 'b', 4050);
	memset(large + 4150, 'c', 4850);
	v[0] = piece(large, 100);
	v[1] = piece(large + 100, 4050);
	v[2] = piece(large + 4150, 4850);
	message.msg_iovlen = 3;
	MOVE(9000, sendmsg(pair[0], &message, 0));
	v[0] = piece(back, 1);
	v[1] = piece(back + 1, 8999);
	message.msg_iovlen = 2;
	MOVE(9000, recvmsg(pair[1], &message, MSG_WAITALL));

	/* As many pieces as there can be, of nine bytes, and as many again of which some are empty. */
	for (int i = 0; i < 1024; i++)
		v[i] = piece(&large[i % 900], 9);
	MOVE(9216, writev(pair[0], v, 1024));
	MOVE(9216, readv(pair[1], v, 1024));
	for (int i = 0; i < 1024; i++)
		v[i] = piece(&large[i], i % 3 == 0 ? 0 : 1);
	MOVE(682, writev(pair[0], v, 1024));
	MOVE(682, recv(pair[1], back, 682, MSG_WAITALL));
	return 0;
}
