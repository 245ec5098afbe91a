"""HTTP server of the tests on Python's http.server. One JSON line per request on stdout.

usage: http_server.py ADDRESS:PORT|/path/to/socket ...
"""
import http.server
import json
import os
import socket
import socketserver
import sys
import threading
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One write per answer: a second small one would wait for the client's delayed acknowledgement.
    wbufsize = -1

    def parse_request(self):
        self.began = time.perf_counter()
        return super().parse_request()

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if "/slow/" in self.path:
            time.sleep(0.03)
        missing = "/missing/" in self.path
        text = b"not found\n" if missing else b"hello world\n"
        self.send_response(404 if missing else 200)
        self.send_header("Content-Length", str(len(text)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)
        self.wfile.flush()
        seconds = time.perf_counter() - self.began
        line = {"method": self.command, "path": self.path, "status": 404 if missing else 200}
        line.update(seconds=seconds, received=len(body))
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer

    def log_message(self, *arguments):
        pass

    def address_string(self):
        return "client"


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True

    def server_bind(self):
        # HTTPServer asks the resolver for its own name here; a test namespace has none.
        socketserver.TCPServer.server_bind(self)
        self.server_name = "test"
        self.server_port = 0

    def get_request(self):
        connection, address = self.socket.accept()
        return connection, address or ("unix", 0)


class Server6(Server):
    address_family = socket.AF_INET6


class UnixServer(Server):
    address_family = socket.AF_UNIX


def make(address):
    if address.startswith("/"):
        if os.path.exists(address):
            os.unlink(address)
        return UnixServer(address, Handler)
    host, port = address.rsplit(":", 1)
    return (Server6 if ":" in host else Server)((host, int(port)), Handler)


servers = [make(address) for address in sys.argv[1:]]
for server in servers[1:]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
servers[0].serve_forever()
