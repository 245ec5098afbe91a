/* Unix streams: a path, an abstract name, a socketpair. A datagram is only counted. argv[1]: path to bind. */
#include "trap.h"

static void talk(const char *name, const char *path, int abstract)
{
	union address address = {.un.sun_family = AF_UNIX};
	socklen_t length = sizeof(sa_family_t) + strlen(path) + 1;
	int listener = CHECK(socket(AF_UNIX, SOCK_STREAM, 0)), client, server;
	char label[32], buffer[64];

	strcpy(address.un.sun_path + abstract, path);
	CHECK(bind(listener, &address.any, length));
	CHECK(listen(listener, 1));
	client = CHECK(socket(AF_UNIX, SOCK_STREAM, 0));
	CHECK(connect(client, &address.any, length));
	server = CHECK(accept(listener, NULL, NULL));
	snprintf(label, sizeof(label), "%s-client", name);
	name_socket(label, client);
	snprintf(label, sizeof(label), "%s-server", name);
	name_socket(label, server);
	MOVE(4, write(client, "ping", 4));
	MOVE(4, read(server, buffer, sizeof(buffer)));
	MOVE(6, write(server, "pong 1", 6));
	MOVE(6, read(client, buffer, sizeof(buffer)));
	close(client);
	MOVE(0, read(server, buffer, sizeof(buffer)));
	close(server);
	close(listener);
}

int main(int argc, char **argv)
{
	char buffer[64];
	int pair[2];

	if (argc < 2)
		errx(2, "usage: unix_stream PATH");
	unlink(argv[1]);
	talk("path", argv[1], 0);
	unlink(argv[1]);
	talk("abstract", argv[1], 1);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	name_socket("pair-0", pair[0]);
	name_socket("pair-1", pair[1]);
	MOVE(3, write(pair[0], "duo", 3));
	MOVE(3, read(pair[1], buffer, sizeof(buffer)));
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	MOVE(4, write(pair[0], "gram", 4));
	MOVE(4, read(pair[1], buffer, sizeof(buffer)));
	return 0;
}
