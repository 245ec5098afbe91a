/*
 * 32-bit system calls, made by a 64-bit task with int 0x80: their numbers and structures are others
 * (write is 4 there, and 4 is stat here). x86-64 only.
 */
#include "trap.h"
#include <sys/mman.h>

static long call32(long number, long fd, void *buffer, long length)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(fd), "c"(buffer), "d"(length)
			 : "memory", "r8", "r9", "r10", "r11");
	return result;
}

int main(void)
{
	char *buffer =
	    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	int pair[2];

	if (buffer == MAP_FAILED)
		err(1, "mmap");
	connect_pair(pair, AF_INET);
	strcpy(buffer, "thirty-two");
	MOVE(10, call32(4, pair[0], buffer, 10));
	MOVE(10, call32(3, pair[1], buffer, 10));
	MOVE(5, write(pair[0], "after", 5));
	MOVE(5, read(pair[1], buffer, 5));
	return 0;
}
