# psycopg: prepared statements, pipelines, parameters, COPY, a slow query and a comment with its parent.
import sys

import psycopg

with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    cursor = connection.cursor()
    cursor.execute("SELECT name FROM items WHERE name = %s", ("hunterone",))
    for number in range(4):
        cursor.execute("SELECT id FROM items WHERE id = %s", (number,), prepare=True)
    for _ in range(50):
        with connection.pipeline():
            for number in range(10):
                cursor.execute("SELECT id FROM items WHERE id = %s", (number,))
    with cursor.copy("COPY items FROM STDIN") as copy:
        copy.write_row((99, "hunter99"))
    with cursor.copy("COPY items TO STDOUT") as copy:
        for _ in copy:
            pass
    cursor.execute("SELECT pg_sleep(0.15)")
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    cursor.execute(f"UPDATE items SET name = 'hunterx' WHERE id = 1 /*traceparent='{parent}'*/")
