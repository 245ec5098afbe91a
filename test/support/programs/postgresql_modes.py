# What changes how answers are read: cursors, copies that fail, statements in one text, notifications, functions by their
# number, pipelines that are given up, connections that the server ends.
import select
import sys

import psycopg
from psycopg import pq

ADDRESS = sys.argv[1].encode()
OK = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)


def connect(extra=b""):
    connection = pq.PGconn.connect(ADDRESS + extra)
    assert connection.status == pq.ConnStatus.OK, connection.error_message
    return connection


def run(connection, *texts, state=None):
    for text in texts:
        result = connection.exec_(text.encode())
        failed = result.error_field(pq.DiagnosticField.SQLSTATE)
        assert failed == (state and state.encode()), (text, result.error_message)
    return result


one, two = connect(), connect()

# Rows that are returned, and rows that are not.
run(one, "CREATE TABLE stock AS SELECT g AS id, 'hunter' || g AS name FROM generate_series(1, 30) g")
run(one, "INSERT INTO stock VALUES (31, 'hunter'), (32, 'hunter') RETURNING id", "SHOW search_path")
run(one, "BEGIN", "DECLARE hunted CURSOR FOR SELECT id FROM stock", "FETCH 7 FROM hunted", "MOVE 3 FROM hunted")
run(one, "FETCH ALL FROM hunted", "FETCH ALL FROM hunted", "CLOSE hunted", "COMMIT")
run(one, "PREPARE hunted AS SELECT id FROM stock WHERE name <> $1", "EXECUTE hunted('hunter')")

# Several statements, one of which fails: those behind it do not run.
run(one, "SELECT 1 FROM stock; SELECT 'hunter'::int; SELECT 2", state="22P02")
run(one, "SELECT id FROM stock LIMIT 2; ; SELECT name FROM stock LIMIT 3;", "")

# Notifications and parameters come between answers.
run(one, "LISTEN hunted")
for _ in range(3):
    run(two, "NOTIFY hunted, 'hunter'")
    run(one, "SET TimeZone = 'UTC'")
run(one, "SET application_name = 'hunter'", "UNLISTEN *")

# Copies: both ends may end them.
run(one, "CREATE TABLE copied(id int)")
for text, ends_with in ((b"1\n2\n", None), (b"hunter\n", None), (b"3\n", b"hunter has enough")):
    for extended in (False, True):
        start = one.exec_params(b"COPY copied FROM STDIN", None) if extended else one.exec_(b"COPY copied FROM STDIN")
        assert start.status == pq.ExecStatus.COPY_IN
        one.put_copy_data(text)
        one.put_copy_end(ends_with)
        while one.get_result() is not None:
            pass
        run(one, "SELECT id FROM copied")
run(one, "COPY nosuch FROM STDIN", state="42P01")
assert one.exec_params(b"COPY copied TO STDOUT", None).status == pq.ExecStatus.COPY_OUT
while one.get_copy_data(0)[0] > 0:
    pass
while one.get_result() is not None:
    pass

# A pipeline of which a part fails, with a Sync in the middle.
one.enter_pipeline_mode()
for text in ("SELECT 1", "SELECT 'hunter'::int", "SELECT 3 FROM stock"):
    one.send_query_params(text.encode(), None)
one.pipeline_sync()
one.send_query_params(b"SELECT $1::int", [b"4"])
one.pipeline_sync()
syncs = 0
while syncs < 2:
    result = one.get_result()
    syncs += result is not None and result.status == pq.ExecStatus.PIPELINE_SYNC
one.exit_pipeline_mode()

# Ended by the server: the statement, the connection while it works, and while nothing is asked.
run(connect(b" options='-c statement_timeout=30'"), "SELECT pg_sleep(10)", state="57014")
one.exec_(b"SELECT pg_terminate_backend(pg_backend_pid())")
assert one.status == pq.ConnStatus.BAD
idle = connect()
run(idle, "SET idle_session_timeout = 30")
run(two, "SELECT 1")
select.select([idle.socket], [], [])
idle.finish()

# A connection for replication is opaque, whatever is asked.
walsender = connect(b" replication=database")
run(walsender, "IDENTIFY_SYSTEM", "SELECT 'hunter' FROM stock")
walsender.finish()
two.finish()
