/* One connection used by three processes: the opener, its child, and one that got it by SCM_RIGHTS. */
#include "trap.h"

static void pass(int channel, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {0}, byte = 'x';
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	MOVE(1, sendmsg(channel, &message, 0));
}

static int receive(int channel)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	int fd;

	MOVE(1, recvmsg(channel, &message, 0));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static void finish(pid_t child)
{
	int status;

	CHECK(waitpid(child, &status, 0));
	if (status)
		errx(1, "child ended with %d", status);
}

int main(void)
{
	int pair[2], channel[2];
	char buffer[64];
	pid_t child;

	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, channel));
	child = CHECK(fork());
	if (child == 0) {
		int fd = receive(channel[1]);

		printf("process receiver %d\n", getpid());
		fflush(stdout);
		MOVE(11, write(fd, "by receiver", 11));
		return 0;
	}
	connect_pair(pair, AF_INET);
	printf("process opener %d\n", getpid());
	fflush(stdout);
	MOVE(9, write(pair[0], "by opener", 9));
	pass(channel[0], pair[0]);
	finish(child);
	child = CHECK(fork());
	if (child == 0) {
		printf("process child %d\n", getpid());
		fflush(stdout);
		MOVE(8, write(pair[0], "by child", 8));
		return 0;
	}
	finish(child);
	MOVE(28, recv(pair[1], buffer, 28, MSG_WAITALL));
	return 0;
}
