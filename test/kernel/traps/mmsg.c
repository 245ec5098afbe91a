/* sendmmsg and recvmmsg: each message is an operation, all with the registers of one call. */
#include "trap.h"

static void message(struct mmsghdr *m, struct iovec *iov, void *base, size_t length)
{
	memset(m, 0, sizeof(*m));
	iov->iov_base = base;
	iov->iov_len = length;
	m->msg_hdr.msg_iov = iov;
	m->msg_hdr.msg_iovlen = 1;
}

int main(void)
{
	char one[] = "message one", two[] = "the second", alone[] = "alone", buffer[2][64];
	struct mmsghdr m[2];
	struct iovec iov[2];
	int pair[2];

	connect_pair(pair, AF_INET);
	message(&m[0], &iov[0], one, 11);
	message(&m[1], &iov[1], two, 10);
	MOVE(2, sendmmsg(pair[0], m, 2, 0));
	message(&m[0], &iov[0], buffer[0], 11);
	message(&m[1], &iov[1], buffer[1], 10);
	MOVE(2, recvmmsg(pair[1], m, 2, 0, NULL));

	message(&m[0], &iov[0], alone, 5);
	MOVE(1, sendmmsg(pair[0], m, 1, 0));
	message(&m[0], &iov[0], buffer[0], 5);
	MOVE(1, recvmmsg(pair[1], m, 1, 0, NULL));
	return 0;
}
