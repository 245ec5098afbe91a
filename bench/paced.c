/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP client that costs little and keeps a pace: RATE requests in a second over CONNECTIONS connections, one
 * request at a time on each. Sends what is due every millisecond, so the pace holds whatever the answers
 * take. usage: paced PORT RATE SECONDS CONNECTIONS    prints: sent answered
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024

static const char request[] = "GET /items/1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
static struct pollfd connections[CONNECTIONS_MAX];
static int busy[CONNECTIONS_MAX];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int open_connection(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror("paced: connect");
		exit(1);
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* Reads what came; answers are small, so one read is one answer. */
static long read_answers(int count)
{
	static char buffer[65536];
	long answered = 0;

	for (int i = 0; i < count; i++) {
		if (busy[i] && recv(connections[i].fd, buffer, sizeof(buffer), 0) > 0) {
			busy[i] = 0;
			answered++;
		}
	}
	return answered;
}

int main(int argc, char **argv)
{
	long sent = 0, answered = 0;
	int next = 0;

	if (argc != 5) {
		fprintf(stderr, "usage: paced PORT RATE SECONDS CONNECTIONS\n");
		return 2;
	}
	double rate = atof(argv[2]), seconds = atof(argv[3]);
	int count = atoi(argv[4]);
	if (count < 1 || count > CONNECTIONS_MAX)
		return 2;
	for (int i = 0; i < count; i++) {
		connections[i].fd = open_connection(atoi(argv[1]));
		connections[i].events = POLLIN;
	}
	double begin = now();
	for (double t = begin; t - begin < seconds + 1; t = now()) {
		double elapsed = t - begin < seconds ? t - begin : seconds;
		long due = (long)(elapsed * rate);
		for (int tried = 0; sent < due && tried < count; tried++) {
			int i = next++ % count;
			if (busy[i])
				continue;
			if (send(connections[i].fd, request, sizeof(request) - 1, 0) != sizeof(request) - 1)
				return 1;
			busy[i] = 1;
			sent++;
		}
		if (t - begin >= seconds && sent == answered)
			break;
		struct timespec pause = {0, 1000000};
		nanosleep(&pause, NULL);
		answered += read_answers(count);
	}
	printf("%ld %ld\n", sent, answered);
	return 0;
}
