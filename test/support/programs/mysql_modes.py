# What changes how answers are read: statements that SQL prepares, procedures, cursors, parameters in pieces, several
# statements of which one fails, another user, files that are refused, a replica, connections that the server ends.
import struct
import sys

import pymysql
from pymysql.constants import CLIENT

PASSWORD = sys.argv[1]


class Connection(pymysql.Connection):
    """With MariaDB's own capabilities, of which it is asked for those of COM_STMT_BULK_EXECUTE."""

    def write_packet(self, payload):
        if self._next_seq_id == 1 and payload[9:32] == bytes(23):
            payload = bytes([payload[0] & ~1]) + payload[1:28] + struct.pack("<I", 1 << 2) + payload[32:]
        super().write_packet(payload)


def connect(**options):
    return Connection(
        host="127.0.0.1", user="me", password=PASSWORD, database="modes", client_flag=CLIENT.MULTI_STATEMENTS, **options
    )


def run(connection, *texts, error=None):
    for text in texts:
        try:
            cursor = connection.cursor()
            cursor.execute(text)
            while cursor.nextset():
                pass
            assert error is None, text
        except pymysql.MySQLError as raised:
            assert raised.args[0] == error, (text, raised)


def packets(connection, until_eofs):
    count = 0
    while until_eofs > 0:
        packet = connection._read_packet()
        until_eofs -= packet.is_eof_packet()
        count += 1
    return count


def prepare(connection, text, parameters, columns):
    connection._execute_command(0x16, text)
    (statement,) = struct.unpack_from("<I", connection._read_packet().get_all_data(), 1)
    packets(connection, (parameters > 0) + (columns > 0))
    return statement


def connection_error(connection, answer=None):
    try:
        while True:
            connection._read_packet()
            if answer is not None:
                connection.write_packet(answer)
    except pymysql.MySQLError as raised:
        return raised.args[0]


def asks(connection, text):
    cursor = connection.cursor()
    cursor.execute(text)
    return cursor.fetchall()


one, two = connect(), connect()
run(one, "CREATE DATABASE other", "CREATE TABLE other.kept(id int)")
run(one, "CREATE TABLE stock(id int, name varchar(40))")
run(one, "INSERT INTO stock SELECT seq, CONCAT('hunter', seq) FROM seq_1_to_30")
run(one, "INSERT INTO stock VALUES (31, 'hunter'), (32, 'hunter') RETURNING id")

# SQL's own preparation.
run(one, "PREPARE hunted FROM 'SELECT id FROM stock WHERE name <> ?'", "SET @name = 'hunter'")
run(one, "EXECUTE hunted USING @name", "EXECUTE IMMEDIATE 'SELECT id FROM stock WHERE name = ''hunter'''")
run(one, "DEALLOCATE PREPARE hunted")
run(one, "EXECUTE hunted USING @name", error=1243)

# As many results as it likes, and an error behind two.
run(one, "CREATE PROCEDURE several() BEGIN SELECT 1; SELECT id FROM stock LIMIT 3; UPDATE stock SET id = id; END")
run(one, "CALL several()")
run(one, "SELECT 1 FROM stock; SELECT nosuch FROM stock; SELECT 'hunter'", error=1054)
run(one, "SELECT 1; UPDATE stock SET id = id; SELECT 'hunter'")

# A cursor: rows come when they are fetched.
statement = prepare(one, "SELECT id FROM stock WHERE id <= ?", 1, 1)
one._execute_command(0x17, struct.pack("<IBI", statement, 1, 1) + b"\0\1\x03\0" + struct.pack("<i", 20))
packets(one, 1)
for count, rows in ((8, 9), (8, 9), (8, 5)):
    one._execute_command(0x1C, struct.pack("<II", statement, count))
    assert packets(one, 1) == rows, rows
one._execute_command(0x1A, struct.pack("<I", statement))
one._read_packet()
one._execute_command(0x19, struct.pack("<I", statement))

# A parameter in pieces, which has no answer; many rows of parameters in one command.
statement = prepare(one, "INSERT INTO stock VALUES (?, ?)", 2, 0)
for _ in range(3):
    one._execute_command(0x18, struct.pack("<IH", statement, 1) + b"hunter")
one._execute_command(0x17, struct.pack("<IBI", statement, 0, 1) + b"\0\1\x03\0\xfc\0" + struct.pack("<i", 40))
one._read_packet().check_error()
rows = b"".join(b"\0" + struct.pack("<i", row) + b"\0\x06hunter" for row in range(50, 55))
one._execute_command(0xFA, struct.pack("<IH", statement, 128) + b"\x03\0\xfd\0" + rows)
one._read_packet().check_error()

# What a connection is brought back to.
one._execute_command(0x1F, b"")
one._read_packet().check_error()
run(one, "USE other", "SELECT 1 FROM other.kept")

# Another user: refused, which ends the connection.
one._execute_command(0x11, b"nobody\0\x14" + b"\1" * 20 + b"modes\0\x21\0mysql_native_password\0\0")
assert connection_error(one, answer=b"\1" * 20) == 1045

# Ended by another connection: while it works, while nothing is asked.
three = connect()
three._execute_command(0x03, "SELECT SLEEP(10)")
while not asks(two, "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(10)'"):
    pass
run(two, f"KILL QUERY {three.thread_id()}")
assert connection_error(three) == 1317
run(three, "SELECT 1 FROM stock")
run(two, f"KILL {three.thread_id()}")
while three._sock.recv(1000):
    pass
run(two, "LOAD DATA LOCAL INFILE '/nosuch/hunter' INTO TABLE stock", error=4166)
two.close()
four = connect(local_infile=True)
run(four, "LOAD DATA LOCAL INFILE '/nosuch/hunter' INTO TABLE stock", error=1017)
run(four, "SELECT 1 FROM stock")
four.close()
