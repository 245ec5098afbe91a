"""Sends bytes as they are and does with the connection what no HTTP library does.

usage: raw.py MODE HOST PORT PATH COUNT
  pipeline   COUNT connections, each five GETs in one write; reads five answers
  two        COUNT connections, each two GETs in two writes without waiting
  leave      COUNT connections: one GET, closes 20 ms later without reading
  reset      the same, closed by a reset
  read       COUNT connections: one GET, reads to the end of the connection
  split      COUNT connections: one GET whose head comes in three parts, cut in the method and in the path
"""
import socket
import struct
import sys
import time

mode, host, port, path, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5])


def get(number, last=False):
    close = "Connection: close\r\n" if last else ""
    return f"GET {path}{number} HTTP/1.1\r\nHost: {host}:{port}\r\n{close}\r\n".encode()


def read_to_end(connection):
    while connection.recv(65536):
        pass


for index in range(count):
    connection = socket.create_connection((host, port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if mode == "pipeline":
        connection.sendall(b"".join(get(5 * index + i + 1, i == 4) for i in range(5)))
        read_to_end(connection)
    elif mode == "two":
        connection.sendall(get(2 * index + 1))
        connection.sendall(get(2 * index + 2, True))
        read_to_end(connection)
    elif mode == "split":
        request = get(index + 1, True)
        for part in (request[:2], request[2:12], request[12:]):
            connection.sendall(part)
            time.sleep(0.01)
        read_to_end(connection)
    elif mode == "read":
        connection.sendall(get(index + 1))
        read_to_end(connection)
    else:
        connection.sendall(get(index + 1))
        time.sleep(0.02)
        if mode == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
