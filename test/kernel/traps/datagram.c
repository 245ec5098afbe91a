/* UDP is counted, not recorded. */
#include "trap.h"

int main(void)
{
	union address address = {.in.sin_family = AF_INET};
	socklen_t length = sizeof(address.in);
	int server = CHECK(socket(AF_INET, SOCK_DGRAM, 0)), client = CHECK(socket(AF_INET, SOCK_DGRAM, 0));
	char buffer[64];

	address.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind(server, &address.any, length));
	CHECK(getsockname(server, &address.any, &length));
	MOVE(8, sendto(client, "datagram", 8, 0, &address.any, length));
	MOVE(8, recv(server, buffer, sizeof(buffer), 0));
	return 0;
}
