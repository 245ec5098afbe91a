"""HTTP client of the tests on http.client, a thread per connection. The plan is node_client.mjs's."""
import http.client
import json
import queue
import socket
import sys
import threading

plan = json.loads(sys.argv[1])
paths = queue.SimpleQueue()
for path in plan["paths"]:
    paths.put(path)
statuses, failures, lock = {}, [], threading.Lock()


def connect():
    connection = http.client.HTTPConnection(plan.get("host", "localhost"), plan.get("port", 80))
    if plan.get("socketPath"):
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(plan["socketPath"])
    return connection


def work():
    connection = None
    while True:
        try:
            path = paths.get_nowait()
        except queue.Empty:
            return
        try:
            connection = connection or connect()
            body = b"x" * plan.get("bodyBytes", 0) or None
            headers = {} if plan["keepAlive"] else {"Connection": "close"}
            connection.request(plan["method"], path, body, headers)
            response = connection.getresponse()
            response.read()
            with lock:
                statuses[response.status] = statuses.get(response.status, 0) + 1
            if not plan["keepAlive"]:
                connection.close()
                connection = None
        except OSError as error:
            connection = None
            with lock:
                failures.append(f"{path}: {error}")


threads = [threading.Thread(target=work) for _ in range(plan["concurrency"])]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps({"statuses": statuses, "failures": failures}))
