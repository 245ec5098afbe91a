/*
 * 32-bit system calls: their numbers and structures are others. On x86-64 a 64-bit task makes them with int
 * 0x80 (write is 4 there, and 4 is stat here); on arm64 a 32-bit program has to (write is 4 there, and 4 is
 * io_submit here).
 */
#include "trap.h"
#include <sys/mman.h>

#if defined(__x86_64__)

static long call32(long number, long fd, void *buffer, long length)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(fd), "c"(buffer), "d"(length)
			 : "memory", "r8", "r9", "r10", "r11");
	return result;
}

static void exchange32(const int *pair)
{
	char *buffer =
	    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (buffer == MAP_FAILED)
		err(1, "mmap");
	strcpy(buffer, "thirty-two");
	MOVE(10, call32(4, pair[0], buffer, 10));
	MOVE(10, call32(3, pair[1], buffer, 10));
}

#elif defined(__aarch64__)

#define CLIENT 10
#define SERVER 11

/* An ELF file of one segment: write(CLIENT, "thirty-two", 10), read(SERVER, stack, 10), exit(0). */
static const unsigned int program[] = {
    0x464c457f, 0x00010101, 0,		0,	       /* ELF, 32 bits, little-endian */
    0x00280002, 1,	    0x00010054, 52,	    0, /* executable for ARM, entry, program headers */
    0x05000000, 0x00200034, 0x00000001, 0,	       /* EABI 5, one program header */
    1,		0,	    0x00010000, 0x00010000, 0x90, 0x90, /* PT_LOAD, whole file */
    5,		0x1000,						/* r-x */
    0xe3a07004,							/* mov r7, #4: write */
    0xe3a0000a,							/* mov r0, #CLIENT */
    0xe28f1020,							/* add r1, pc, #32: the text */
    0xe3a0200a,							/* mov r2, #10 */
    0xef000000,							/* svc 0 */
    0xe3a07003,							/* mov r7, #3: read */
    0xe3a0000b,							/* mov r0, #SERVER */
    0xe24d1040,							/* sub r1, sp, #64 */
    0xef000000,							/* svc 0 */
    0xe3a07001,							/* mov r7, #1: exit */
    0xe3a00000,							/* mov r0, #0 */
    0xef000000,							/* svc 0 */
    0x72696874, 0x742d7974, 0x00006f77,				/* thirty-two */
};

static void exchange32(const int *pair)
{
	int status, file = CHECK(memfd_create("compat", MFD_CLOEXEC));

	MOVE(sizeof(program), write(file, program, sizeof(program)));
	if (CHECK(fork()) == 0) {
		CHECK(dup2(pair[0], CLIENT));
		CHECK(dup2(pair[1], SERVER));
		fexecve(file, (char *[]){"compat", NULL}, (char *[]){NULL});
		err(1, "fexecve");
	}
	CHECK(wait(&status));
	if (status != 0)
		errx(1, "the 32-bit program ended with %d", status);
}

#endif

int main(void)
{
	char buffer[5];
	int pair[2];

	connect_pair(pair, AF_INET);
	exchange32(pair);
	MOVE(5, write(pair[0], "after", 5));
	MOVE(5, read(pair[1], buffer, 5));
	return 0;
}
