/* The same exchange over IPv4, IPv6, and IPv4 between two IPv6 sockets (::ffff:127.0.0.1). */
#include "trap.h"

static void exchange(const char *name, int family, const char *bind_to)
{
	union address address;
	socklen_t length;
	int listener, client, server;
	char label[32], buffer[64];

	if (bind_to) {
		listener = CHECK(socket(AF_INET6, SOCK_STREAM, 0));
		memset(&address, 0, sizeof(address));
		address.in6.sin6_family = AF_INET6;
		inet_pton(AF_INET6, bind_to, &address.in6.sin6_addr);
		length = sizeof(address.in6);
		CHECK(bind(listener, &address.any, length));
		CHECK(listen(listener, 1));
		CHECK(getsockname(listener, &address.any, &length));
	} else {
		listener = listen_on(family, &address, &length);
	}
	client = CHECK(socket(family, SOCK_STREAM, 0));
	CHECK(connect(client, &address.any, length));
	server = CHECK(accept(listener, NULL, NULL));
	snprintf(label, sizeof(label), "%s-client", name);
	name_socket(label, client);
	snprintf(label, sizeof(label), "%s-server", name);
	name_socket(label, server);
	printf("port %s %u\n", name, ntohs(family == AF_INET ? address.in.sin_port : address.in6.sin6_port));
	MOVE(7, write(client, "request", 7));
	MOVE(7, read(server, buffer, sizeof(buffer)));
	MOVE(8, write(server, "response", 8));
	MOVE(8, read(client, buffer, sizeof(buffer)));
}

int main(void)
{
	exchange("ipv4", AF_INET, NULL);
	exchange("ipv6", AF_INET6, NULL);
	exchange("mapped", AF_INET6, "::ffff:127.0.0.1");
	return 0;
}
