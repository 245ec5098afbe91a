/* HTTP/2: of operations larger than what is copied, header blocks are, and bodies are cut. */
#include "trap.h"

static unsigned char stream[200000];
static size_t length;

static void frame(int type, int id, size_t payload, int fill)
{
	unsigned char *at = stream + length;

	memset(at, 0, 9);
	at[0] = payload >> 16;
	at[1] = payload >> 8;
	at[2] = payload;
	at[3] = type;
	at[8] = id;
	memset(at + 9, fill, payload);
	length += 9 + payload;
}

/* Sends everything in operations of at most `most` bytes, each in pieces of `piece`, and reads it in one. */
static void pass(int pair[2], size_t most, size_t piece)
{
	static unsigned char back[sizeof(stream)];
	static struct iovec v[1024];
	size_t sent = 0;

	while (sent < length) {
		size_t part = length - sent < most ? length - sent : most, pieces = 0;

		for (size_t at = 0; at < part; at += piece)
			v[pieces++] =
			    (struct iovec){stream + sent + at, part - at < piece ? part - at : piece};
		MOVE(part, writev(pair[0], v, pieces));
		MOVE(part, recv(pair[1], back, part, MSG_WAITALL));
		sent += part;
	}
	length = 0;
}

int main(void)
{
	enum { DATA, HEADERS, SETTINGS = 4, CONTINUATION = 9 };
	int pair[2], size = 200000;

	connect_pair(pair, AF_INET);
	CHECK(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)));
	CHECK(setsockopt(pair[1], SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)));
	memcpy(stream, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
	length = 24;
	frame(SETTINGS, 0, 6, 's');
	pass(pair, sizeof(stream), 16);
	for (int i = 1; i < 20; i += 2) {
		frame(HEADERS, i, 50, 'h');
		frame(CONTINUATION, i, 5000, 'c');
		frame(DATA, i, 8000, 'd');
		frame(DATA, i, 3, 'e');
	}
	/* In one operation of 130 KB; in operations and pieces that cut frames and their headers anywhere. */
	pass(pair, sizeof(stream), sizeof(stream));
	for (int round = 0; round < 3; round++) {
		for (int i = 1; i < 20; i += 2) {
			frame(DATA, i, 8000, 'd');
			frame(HEADERS, i, 50, 'h');
		}
		pass(pair, round == 0 ? 40000 : round == 1 ? 40001 : 39993, round == 0 ? 8001 : 997);
	}
	return 0;
}
