# psycopg: prepared statements, pipelines (one with an error), parameters, COPY, a slow query, one that is cancelled, and a
# comment with its parent.
import sys
import threading
import time

import psycopg
from psycopg.pq import TransactionStatus


def cancel(connection):
    # What has not been sent cannot be cancelled.
    while connection.info.transaction_status != TransactionStatus.ACTIVE:
        time.sleep(0.01)
    time.sleep(0.15)
    connection.cancel()


with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    cursor = connection.cursor()
    cursor.execute("SELECT name FROM items WHERE name = %s", ("hunterone",))
    for number in range(4):
        cursor.execute("SELECT id FROM items WHERE id = %s", (number,), prepare=True)
    for _ in range(50):
        with connection.pipeline():
            for number in range(10):
                cursor.execute("SELECT id FROM items WHERE id = %s", (number,))
    try:
        with connection.pipeline():
            for text in ("SELECT 1", "SELECT nosuch FROM items", "SELECT id FROM items WHERE id = %s"):
                cursor.execute(text, (1,) if "%s" in text else ())
    except psycopg.errors.UndefinedColumn:
        pass
    with cursor.copy("COPY items FROM STDIN") as copy:
        copy.write_row((99, "hunter99"))
    with cursor.copy("COPY items TO STDOUT") as copy:
        for _ in copy:
            pass
    cursor.execute("SELECT pg_sleep(0.15)")
    canceller = threading.Thread(target=cancel, args=(connection,))
    canceller.start()
    try:
        cursor.execute("SELECT pg_sleep(30) FROM items")
    except psycopg.errors.QueryCanceled:
        pass
    canceller.join()
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    cursor.execute(f"UPDATE items SET name = 'hunterx' WHERE id = 1 /*traceparent='{parent}'*/")
