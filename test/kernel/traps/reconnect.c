/* connect with AF_UNSPEC dissolves a connection; the socket, its cookie and its storage live on. */
#include "trap.h"

int main(void)
{
	union address first, second, none = {.any.sa_family = AF_UNSPEC};
	socklen_t length;
	int one = listen_on(AF_INET, &first, &length), two = listen_on(AF_INET, &second, &length);
	int client = CHECK(socket(AF_INET, SOCK_STREAM, 0)), server;
	char buffer[64];

	name_socket("client", client);
	CHECK(connect(client, &first.any, length));
	server = CHECK(accept(one, NULL, NULL));
	name_socket("first", server);
	MOVE(12, write(client, "connection 1", 12));
	MOVE(12, read(server, buffer, sizeof(buffer)));
	CHECK(connect(client, &none.any, sizeof(none.any)));
	CHECK(connect(client, &second.any, length));
	server = CHECK(accept(two, NULL, NULL));
	name_socket("second", server);
	MOVE(10, write(client, "and then 2", 10));
	MOVE(10, read(server, buffer, sizeof(buffer)));
	return 0;
}
