/* sendfile: bytes of a file, no buffer of the caller's. */
#include "trap.h"
#include <sys/mman.h>
#include <sys/sendfile.h>

int main(void)
{
	char buffer[8192];
	int pair[2], file = CHECK(memfd_create("sendfile", 0));
	off_t offset = 0;

	memset(buffer, 'f', 5000);
	MOVE(5000, write(file, buffer, 5000));
	connect_pair(pair, AF_INET);
	MOVE(5000, sendfile(pair[0], file, &offset, 5000));
	MOVE(5000, recv(pair[1], buffer, 5000, MSG_WAITALL));
	MOVE(5, write(pair[0], "after", 5));
	MOVE(5, read(pair[1], buffer, 5));
	return 0;
}
