/*
 * An io_uring receives on a socket from inside whatever call the task makes: here the write of a decoy
 * to a file and io_uring_enter. The saved registers say write; the bytes on the socket are others.
 */
#include "trap.h"
#include <linux/io_uring.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/mman.h>

struct ring {
	int fd;
	_Atomic unsigned *sq_tail, *cq_head, *cq_tail;
	unsigned sq_mask, cq_mask, *sq_array;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static void *map(int fd, size_t size, off_t offset)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, offset);

	if (at == MAP_FAILED)
		err(1, "mmap");
	return at;
}

static void open_ring(struct ring *r)
{
	struct io_uring_params p = {0};
	char *sq, *cq;

	r->fd = syscall(SYS_io_uring_setup, 8, &p);
	if (r->fd < 0 && (errno == ENOSYS || errno == EPERM)) {
		puts("unsupported io_uring");
		exit(0);
	}
	CHECK(r->fd);
	sq = map(r->fd, p.sq_off.array + p.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
	cq = map(r->fd, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	r->sqes = map(r->fd, p.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	r->sq_tail = (void *)(sq + p.sq_off.tail);
	r->sq_mask = *(unsigned *)(sq + p.sq_off.ring_mask);
	r->sq_array = (void *)(sq + p.sq_off.array);
	r->cq_head = (void *)(cq + p.cq_off.head);
	r->cq_tail = (void *)(cq + p.cq_off.tail);
	r->cq_mask = *(unsigned *)(cq + p.cq_off.ring_mask);
	r->cqes = (void *)(cq + p.cq_off.cqes);
}

static void submit(struct ring *r, int opcode, int fd, void *buffer, unsigned length)
{
	unsigned tail = atomic_load(r->sq_tail), slot = tail & r->sq_mask;

	memset(&r->sqes[slot], 0, sizeof(r->sqes[slot]));
	r->sqes[slot].opcode = opcode;
	r->sqes[slot].fd = fd;
	r->sqes[slot].addr = (unsigned long)buffer;
	r->sqes[slot].len = length;
	r->sq_array[slot] = slot;
	atomic_store(r->sq_tail, tail + 1);
	MOVE(1, syscall(SYS_io_uring_enter, r->fd, 1, 0, 0, NULL, 0));
}

static int complete(struct ring *r)
{
	unsigned head = atomic_load(r->cq_head);
	int result;

	if (head == atomic_load(r->cq_tail))
		CHECK(syscall(SYS_io_uring_enter, r->fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0));
	result = r->cqes[head & r->cq_mask].res;
	atomic_store(r->cq_head, head + 1);
	return result;
}

int main(void)
{
	char buffer[64], decoy[] = "DECOY DECOY DECOY";
	int pair[2], other[2], sink = CHECK(open("/dev/null", O_WRONLY));
	struct ring ring;

	/* Before there is a ring, the bytes are believed. */
	connect_pair(pair, AF_INET);
	MOVE(6, write(pair[0], "before", 6));
	MOVE(6, read(pair[1], buffer, sizeof(buffer)));
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, other));
	open_ring(&ring);
	for (int i = 0; i < 10; i++) {
		submit(&ring, IORING_OP_RECV, pair[1], buffer, sizeof(buffer));
		/* Another process sends, so that the reception ends inside one of our own writes. */
		pid_t child = CHECK(fork());

		if (child == 0) {
			MOVE(7, write(pair[0], "through", 7));
			_exit(0);
		}
		for (int j = 0; j < 1000; j++)
			MOVE(sizeof(decoy), write(sink, decoy, sizeof(decoy)));
		CHECK(waitpid(child, NULL, 0));
		MOVE(7, complete(&ring));
	}
	MOVE(5, write(pair[0], "decoy", 5));
	submit(&ring, IORING_OP_SEND, pair[0], "by the ring", 11);
	MOVE(11, complete(&ring));
	MOVE(16, recv(pair[1], buffer, 16, MSG_WAITALL));
	return 0;
}
