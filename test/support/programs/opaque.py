"""Both ends of connections whose protocol nobody knows, one after another on ports from PORT on.

usage: opaque.py PORT
  PORT      the client sends 1000 bytes, the server 5000; the client ends
  PORT + 1  the client sends 10 bytes and resets the connection
  PORT + 2  3 MB each way, at once
  PORT + 3  the server speaks first, with 77 bytes, and ends
  PORT + 4  nobody sends anything
"""
import os
import socket
import struct
import sys
import threading
import time

port = int(sys.argv[1])
LARGE = 3_000_000


def noise(length):
    return b"\xde\xad\xbe\xef" + os.urandom(length - 4)


def read(connection, length):
    while length > 0:
        part = connection.recv(min(length, 65536))
        if not part:
            return
        length -= len(part)


def pair(number):
    listener = socket.create_server(("127.0.0.1", port + number))
    client = socket.create_connection(("127.0.0.1", port + number))
    server, _ = listener.accept()
    listener.close()
    return client, server


def end(first, second):
    first.close()
    try:
        second.recv(1)
    except ConnectionResetError:
        pass
    second.close()


client, server = pair(0)
client.sendall(noise(1000))
read(server, 1000)
server.sendall(noise(5000))
read(client, 5000)
end(client, server)

client, server = pair(1)
client.sendall(noise(10))
read(server, 10)
client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
end(client, server)

client, server = pair(2)
ends = [(client.sendall, noise(LARGE)), (server.sendall, noise(LARGE))]
threads = [threading.Thread(target=send, args=(data,)) for send, data in ends]
threads += [threading.Thread(target=read, args=(one, LARGE)) for one in (client, server)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
end(client, server)

client, server = pair(3)
server.sendall(noise(77))
read(client, 77)
end(server, client)

client, server = pair(4)
end(client, server)
time.sleep(0.1)
