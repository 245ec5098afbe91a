/*
 * Shared by the trap programs. Each makes its own sockets, prints a line `socket NAME COOKIE` (decimal,
 * as in the records) for every one that it does something to, does it, and ends with 0.
 */
#ifndef TRAP_H
#define TRAP_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(call)                                                                                          \
	({                                                                                                   \
		long result_ = (call);                                                                       \
		if (result_ < 0)                                                                             \
			err(1, "%s", #call);                                                                 \
		result_;                                                                                     \
	})

/* A call that must move exactly so many bytes. */
#define MOVE(bytes, call)                                                                                    \
	do {                                                                                                 \
		long moved_ = (call);                                                                        \
		if (moved_ != (long)(bytes))                                                                 \
			errx(1, "%s: %ld, errno %d", #call, moved_, errno);                                  \
	} while (0)

static inline void name_socket(const char *name, int fd)
{
	unsigned long long cookie;
	socklen_t length = sizeof(cookie);

	CHECK(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length));
	printf("socket %s %llu\n", name, cookie);
	fflush(stdout);
}

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

/* Listens on loopback, on a port of the kernel's choice; fills `address` for connect. */
static inline int listen_on(int family, union address *address, socklen_t *length)
{
	int fd = CHECK(socket(family, SOCK_STREAM, 0));

	memset(address, 0, sizeof(*address));
	address->any.sa_family = family;
	if (family == AF_INET6) {
		address->in6.sin6_addr = in6addr_loopback;
		*length = sizeof(address->in6);
	} else {
		address->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		*length = sizeof(address->in);
	}
	CHECK(bind(fd, &address->any, *length));
	CHECK(listen(fd, 8));
	CHECK(getsockname(fd, &address->any, length));
	return fd;
}

/* pair[0] is the client's end, pair[1] the server's. */
static inline void connect_pair(int pair[2], int family)
{
	union address address;
	socklen_t length;
	int listener = listen_on(family, &address, &length);

	pair[0] = CHECK(socket(family, SOCK_STREAM, 0));
	CHECK(connect(pair[0], &address.any, length));
	pair[1] = CHECK(accept(listener, NULL, NULL));
	close(listener);
	name_socket("client", pair[0]);
	name_socket("server", pair[1]);
}

#endif
