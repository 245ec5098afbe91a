# PyMySQL: parameters, several statements, a slow query, packets of 17 MiB; and prepared statements, which it does not
# have, by their own packets.
import struct
import sys

import pymysql
from pymysql.constants import CLIENT

connection = pymysql.connect(
    host="127.0.0.1",
    user="me",
    password=sys.argv[1],
    database="shop",
    autocommit=True,
    client_flag=CLIENT.MULTI_STATEMENTS,
    max_allowed_packet=64 << 20,
)
cursor = connection.cursor()
cursor.execute("SET GLOBAL max_allowed_packet = 67108864")
connection.close()
connection.connect()
cursor = connection.cursor()
for number in range(300):
    cursor.execute("SELECT id FROM items WHERE id = %s AND name <> %s", (number, "hunter"))
    cursor.fetchall()
cursor.execute("SELECT 'hunter'; SELECT 2; UPDATE items SET name = 'hunterx' WHERE id = 1")
while cursor.nextset():
    pass
connection.ping()
cursor.execute("SELECT SLEEP(0.15)")
cursor.execute("INSERT INTO items VALUES (100, %s)", ("hunter" * (17 << 18),))
cursor.execute("SELECT name FROM items WHERE id = 100")
assert len(cursor.fetchall()[0][0]) == 6 * (17 << 18)


def packets(until_eofs):
    eofs = 0
    while eofs < until_eofs:
        packet = connection._read_packet()
        packet.check_error()
        eofs += packet.is_eof_packet()


connection._execute_command(0x16, "SELECT id FROM items WHERE id = ? AND name <> ?")
answer = connection._read_packet().get_all_data()
(statement,) = struct.unpack_from("<I", answer, 1)
packets(2)
for number in range(100):
    body = struct.pack("<IBI", statement, 0, 1) + bytes([0, 1, 8, 0, 0xFE, 0])
    body += struct.pack("<q", number) + b"\x06hunter"
    connection._execute_command(0x17, body)
    packets(2)
connection._execute_command(0x19, struct.pack("<I", statement))
connection.close()
