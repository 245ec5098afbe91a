# Connects, says so, and goes on at SIGUSR1: a client that was there before Sonde.
import signal
import socket
import sys


def redis():
    connection = socket.create_connection(("127.0.0.1", 6379))
    connection.sendall(b"SELECT 3\r\n")
    connection.recv(100)
    yield
    for number in range(20):
        connection.sendall(b"*2\r\n$4\r\nINCR\r\n$6\r\nhunter\r\n")
        connection.recv(100)
    connection.sendall(b"*3\r\n$5\r\nLPUSH\r\n$6\r\nhunter\r\n$6\r\nhunter\r\n")
    connection.recv(100)


def postgresql():
    import psycopg

    with psycopg.connect(sys.argv[2], autocommit=True) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT %s::int + 1", (1,), prepare=True)
        yield
        for number in range(20):
            cursor.execute("SELECT %s::int + 1", (number,), prepare=True)
        for number in range(20):
            cursor.execute("SELECT relname FROM pg_class WHERE relname = %s", ("hunter",), prepare=False)


signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
steps = {"redis": redis, "postgresql": postgresql}[sys.argv[1]]()
next(steps)
print("ready", flush=True)
signal.sigwait({signal.SIGUSR1})
next(steps, None)
