/* The kernel has read the iovecs and waits; when the bytes come, the array is gone. */
#include "trap.h"
#include <pthread.h>
#include <sys/mman.h>

static int pair[2];
static struct iovec *iovecs;
static char buffer[64];

static void *reader(void *unused)
{
	(void)unused;
	MOVE(4, readv(pair[1], iovecs, 2));
	return NULL;
}

int main(void)
{
	pthread_t thread;

	connect_pair(pair, AF_INET);
	iovecs = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (iovecs == MAP_FAILED)
		err(1, "mmap");
	iovecs[0] = (struct iovec){buffer, 2};
	iovecs[1] = (struct iovec){buffer + 8, 8};
	if (pthread_create(&thread, NULL, reader, NULL))
		errx(1, "pthread_create");
	/* Until it sleeps in the call. */
	usleep(100000);
	CHECK(munmap(iovecs, 4096));
	MOVE(4, write(pair[0], "gone", 4));
	pthread_join(thread, NULL);
	MOVE(5, write(pair[0], "after", 5));
	MOVE(5, read(pair[1], buffer, sizeof(buffer)));
	return 0;
}
