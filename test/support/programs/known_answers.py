"""Operations whose names tell their answers: three kinds in turn, on four connections.
usage: known_answers.py http1|redis|postgresql|mysql COUNT PASSWORD [FILE]

Redis gets them in pipelines of one to five. With a FILE the second half waits until it exists; `half` tells that the first
is done.
"""
import http.client
import os
import random
import socket
import sys
import time

protocol, count, password = sys.argv[1], int(sys.argv[2]), sys.argv[3]
random.seed(7)


def http1():
    connections = [http.client.HTTPConnection("127.0.0.1", 8080) for _ in range(4)]

    def work(first, last):
        for at in range(first, last):
            connection = connections[random.randrange(4)]
            connection.request("GET", f"/{('items', 'missing', 'other')[at % 3]}/{at}")
            connection.getresponse().read()

    return work


def redis():
    connections = [socket.create_connection(("127.0.0.1", 6379)) for _ in range(4)]
    commands = [[b"GET", b"text"], [b"LPUSH", b"text", b"1"], [b"STRLEN", b"text"]]

    def encoded(words):
        return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)

    def work(first, last):
        while first < last:
            some = range(first, min(first + random.randint(1, 5), last))
            first = some.stop
            connection = connections[random.randrange(4)]
            connection.sendall(b"".join(encoded(commands[at % 3]) for at in some))
            # GET's answer has two lines.
            lines = sum(2 if at % 3 == 0 else 1 for at in some)
            while lines > 0:
                lines -= connection.recv(65536).count(b"\n")

    return work


def sql(connections, error):
    cursors = [connection.cursor() for connection in connections]

    def work(first, last):
        for at in range(first, last):
            cursor = cursors[random.randrange(4)]
            try:
                cursor.execute("SELECT id FROM " + ("one", "missing", "two")[at % 3])
                cursor.fetchall()
            except error:
                pass

    return work


def postgresql():
    import psycopg

    address = f"host=127.0.0.1 user=postgres dbname=postgres sslmode=disable password={password}"
    # A prepared statement whose text was lost would stay unknown.
    return sql([psycopg.connect(address, autocommit=True, prepare_threshold=None) for _ in range(4)], psycopg.Error)


def mysql():
    import pymysql

    login = dict(host="127.0.0.1", user="me", password=password, database="shop", autocommit=True)
    return sql([pymysql.connect(**login) for _ in range(4)], pymysql.Error)


work = {"http1": http1, "redis": redis, "postgresql": postgresql, "mysql": mysql}[protocol]()
if len(sys.argv) == 5:
    work(0, count // 2)
    print("half", flush=True)
    while not os.path.exists(sys.argv[4]):
        time.sleep(0.01)
    work(count // 2, count)
else:
    work(0, count)
