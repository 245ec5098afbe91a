# gRPC with grpcio, generic handlers, so that no generated code is needed.
#   grpc_calls.py server PORT | grpc_calls.py client PORT '{"kind": COUNT, ...}' CONCURRENCY
import json
import sys
import threading
import time
from concurrent import futures

import grpc

SERVICE = "shop.Cart"
REPLIES = 3
LONG_SECONDS = 1.2


def unary(request, context):
    return request


def fail(request, context):
    context.abort(grpc.StatusCode.NOT_FOUND, "no such item: secret-text")


def broken(request, context):
    context.abort(grpc.StatusCode.INTERNAL, "broken: secret-text")


def late(request, context):
    context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "late: secret-text")


def slow(request, context):
    while context.is_active():
        time.sleep(0.01)
    return request


def server_stream(request, context):
    for _ in range(REPLIES):
        yield request


def long(request, context):
    for _ in range(REPLIES):
        time.sleep(LONG_SECONDS / REPLIES)
        yield request


def client_stream(requests, context):
    return b"%d" % sum(1 for _ in requests)


def both(requests, context):
    yield from requests


METHODS = {
    "Unary": grpc.unary_unary_rpc_method_handler(unary),
    "Fail": grpc.unary_unary_rpc_method_handler(fail),
    "Broken": grpc.unary_unary_rpc_method_handler(broken),
    "Late": grpc.unary_unary_rpc_method_handler(late),
    "Slow": grpc.unary_unary_rpc_method_handler(slow),
    "ServerStream": grpc.unary_stream_rpc_method_handler(server_stream),
    "Long": grpc.unary_stream_rpc_method_handler(long),
    "ClientStream": grpc.stream_unary_rpc_method_handler(client_stream),
    "Both": grpc.stream_stream_rpc_method_handler(both),
    "Cancel": grpc.stream_stream_rpc_method_handler(both),
}


def serve(port):
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=128))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, METHODS),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    server.wait_for_termination()


def cancel(channel, path):
    done = threading.Event()

    def requests():
        yield b"one"
        done.wait()

    answers = channel.stream_stream(path)(requests())
    next(answers)
    answers.cancel()
    done.set()
    next(answers)


def call(channel, kind):
    path = f"/{SERVICE}/{kind}"
    messages = [b"one", b"two" * 1000, b"three", b"four"]
    try:
        if kind in ("ServerStream", "Long"):
            list(channel.unary_stream(path)(b"x"))
        elif kind == "ClientStream":
            channel.stream_unary(path)(iter(messages))
        elif kind == "Both":
            list(channel.stream_stream(path)(iter(messages)))
        elif kind == "Cancel":
            cancel(channel, path)
        elif kind == "Slow":
            channel.unary_unary(path)(b"x", timeout=1)
        else:
            channel.unary_unary(path)(b"x", timeout=10)
        return "OK"
    except grpc.RpcError as error:
        return error.code().name


def run(port, counts, concurrency):
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    grpc.channel_ready_future(channel).result(timeout=10)
    results = {}
    lock = threading.Lock()

    def one(kind):
        status = call(channel, kind)
        with lock:
            results.setdefault(kind, {}).setdefault(status, 0)
            results[kind][status] += 1

    with futures.ThreadPoolExecutor(max_workers=concurrency) as pool:
        list(pool.map(one, [kind for kind, count in counts.items() for _ in range(count)]))
    channel.close()
    print(json.dumps(results))


if sys.argv[1] == "server":
    serve(int(sys.argv[2]))
else:
    run(int(sys.argv[2]), json.loads(sys.argv[3]), int(sys.argv[4]))
