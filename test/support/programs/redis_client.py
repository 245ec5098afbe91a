# What redis-cli does not do: a transaction of a hundred, channels, blocking, RESP3, from plain sockets.
import socket
import threading
import time


def command(*args):
    return b"*%d\r\n" % len(args) + b"".join(b"$%d\r\n%s\r\n" % (len(arg), arg) for arg in args)


class Connection:
    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", 6379))

    def ask(self, request, ends_with, parts=1):
        size = len(request) // parts
        for part in range(parts):
            self.socket.sendall(request[part * size : (part + 1) * size if part + 1 < parts else None])
            time.sleep(0.002 if parts > 1 else 0)
        answer = b""
        while not answer.endswith(ends_with):
            more = self.socket.recv(65536)
            if not more:
                raise SystemExit("closed")
            answer += more
        return answer


one, two = Connection(), Connection()
batch = command(b"MULTI") + b"".join(command(b"SET", b"hunter%d" % n, b"huntervalue") for n in range(100))
one.ask(batch + command(b"EXEC"), b"*100\r\n" + b"+OK\r\n" * 100, parts=7)
one.ask(command(b"HELLO", b"3"), b"*0\r\n")
one.ask(command(b"SUBSCRIBE", b"hunterchannel", b"hunterother"), b":2\r\n")
two.ask(command(b"PUBLISH", b"hunterother", b"huntermessage"), b":1\r\n")
one.ask(command(b"GET", b"hunternothing"), b"_\r\n")
one.ask(command(b"huntercommand", b"x"), b"\r\n")
later = threading.Timer(0.15, lambda: two.ask(command(b"LPUSH", b"hunterlist", b"huntervalue"), b":1\r\n"))
later.start()
one.ask(command(b"BLPOP", b"hunterlist", b"0"), b"huntervalue\r\n")
later.join()
one.ask(command(b"BLPOP", b"hunterlist", b"0.05"), b"_\r\n")
