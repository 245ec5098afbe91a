# What changes how answers are read: channels in RESP2 and RESP3, the client-side cache, CLIENT REPLY, RESET, a replica;
# and what carries passwords. Each answer is read before the next command, unless several are sent at once.
import socket
import subprocess
import tempfile


class Connection:
    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", 6379))
        self.stream = self.socket.makefile("rb")

    def send(self, *commands):
        text = b""
        for command in commands:
            words = [word.encode() for word in command] if isinstance(command, list) else command.encode().split(b" ")
            text += b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
        self.socket.sendall(text)

    def read(self):
        line = self.stream.readline()
        kind, rest = line[:1], line[1:-2]
        if kind in (b"$", b"=") and rest != b"-1":
            return self.stream.read(int(rest) + 2)[:-2]
        if kind in (b"*", b"~", b">", b"%") and rest != b"-1":
            return [self.read() for _ in range(int(rest) * (2 if kind == b"%" else 1))]
        if kind == b"":
            raise SystemExit("closed")
        return line[:-2]

    def ask(self, command, *expected):
        self.send(command)
        answers = [self.read() for _ in expected or (None,)]
        for answer, start in zip(answers, expected):
            first = answer[0] if isinstance(answer, list) and answer else answer
            assert (first or b"").startswith(start), (command, answers)
        return answers[0]


one, two = Connection(), Connection()

# RESP2: the invalidations of one connection come to another one as messages.
number = one.ask("CLIENT ID").decode()[1:]
one.ask("SUBSCRIBE __redis__:invalidate", b"subscribe")
two.ask(f"CLIENT TRACKING ON REDIRECT {number}", b"+OK")
two.ask("SET huntera message", b"+OK")
two.ask("GET huntera", b"message")
two.ask("SET huntera message", b"+OK")
assert one.read()[0] == b"message"
one.ask("PING hunter", b"pong")
one.ask("PSUBSCRIBE hunter* hunterx*", b"psubscribe", b"psubscribe")
one.ask("SSUBSCRIBE huntershard", b"ssubscribe")
one.ask("GET huntera", b"-ERR")
two.ask("PUBLISH hunterx hunterxmessage", b":2")
two.ask("SPUBLISH huntershard huntermessage", b":1")
for kind in (b"pmessage", b"pmessage", b"smessage"):
    assert one.read()[0] == kind
# For all of them, and then at once what ends the mode.
one.send("PUNSUBSCRIBE", "UNSUBSCRIBE", "SUNSUBSCRIBE", "UNSUBSCRIBE", "GET huntera")
assert [one.read()[0] for _ in range(5)] == [b"punsubscribe"] * 2 + [b"unsubscribe", b"sunsubscribe", b"unsubscribe"]
assert one.read() == b"message"

# RESP3: pushes among answers that look like messages.
two.ask("CLIENT TRACKING OFF", b"+OK")
one.ask("HELLO 3 SETNAME hunter", b"server")
one.ask("CLIENT TRACKING ON", b"+OK")
one.ask("RPUSH hunterlist message hunterone huntertwo", b":3")
one.ask("SUBSCRIBE hunterone huntertwo", b"subscribe", b"subscribe")
one.ask("LRANGE hunterlist 0 -1", b"message")
two.ask("RPUSH hunterlist hunter", b":4")
assert one.read()[0] == b"invalidate"
two.ask("PUBLISH hunterone hunter", b":1")
assert one.read()[0] == b"message"
one.send("LRANGE hunterlist 0 1", "PING", "UNSUBSCRIBE", "LRANGE hunterlist 0 2")
assert one.read()[0] == b"message"
assert one.read() == b"+PONG"
assert [one.read()[0] for _ in range(3)] == [b"unsubscribe", b"unsubscribe", b"message"]

# RESET goes back to RESP2, database 0, and answers.
one.ask("SELECT 5", b"+OK")
one.ask("INCR huntercount", b":1")
one.ask("RESET", b"+RESET")
one.ask("INCR huntercount", b":1")
one.ask("MULTI", b"+OK")
one.ask("SELECT 7", b"+QUEUED")
one.ask("DISCARD", b"+OK")
one.ask("INCRBY huntercount 1", b":2")

# Transactions that fail: when a command is queued, when it runs.
one.send("MULTI", "SET huntera", "INCR huntera", "EXEC")
answers = [one.read() for _ in range(4)]
assert answers[3].startswith(b"-EXECABORT"), answers
one.send("MULTI", "INCR huntera", "ECHO hunter", "EXEC")
answers = [one.read() for _ in range(4)]
assert answers[3][0].startswith(b"-ERR"), answers
one.ask("WATCH huntera", b"+OK")
two.ask("SET huntera hunter", b"+OK")
one.ask("MULTI", b"+OK")
one.ask("EXEC", b"*-1")

# Blocking: a stream, and what another client unblocks.
one.ask("XREAD BLOCK 20 STREAMS hunterstream $", b"*-1")
one.send("BLMOVE hunterfrom hunterto LEFT RIGHT 0")
while two.ask(f"CLIENT UNBLOCK {number} ERROR") != b":1":
    pass
assert one.read().startswith(b"-UNBLOCKED")

# Scripts.
script = ["SCRIPT", "LOAD", "return {'message', redis.error_reply('HUNTED hunter')}"]
digest = one.ask(script).decode()
one.ask(f"EVALSHA {digest} 1 hunterkey hunterargument", b"message")
one.ask("EVALSHA 0000000000000000000000000000000000000000 0 hunter", b"-NOSCRIPT")
one.ask(["FUNCTION", "LOAD", "#!lua name=hunter\nredis.register_function('hunted', function() return 'hunter' end)"])
one.ask("FCALL hunted 0", b"hunter")

# No answers, in part or at all.
two.send("CLIENT REPLY SKIP", "SET hunterskip hunter", "STRLEN hunterskip")
assert two.read() == b":6"
two.send("CLIENT REPLY OFF", "APPEND hunterskip x", "SELECT 4", "APPEND hunterskip x", "CLIENT REPLY ON", "STRLEN hunterskip")
assert [two.read(), two.read()] == [b"+OK", b":1"]
two.send("CLIENT REPLY OFF", "APPEND hunterskip x", "RESET", "STRLEN hunterskip")
assert [two.read(), two.read()] == [b"+RESET", b":7"]

# Passwords, and what a user mistook for a name of Redis'.
two.ask("ACL SETUSER hunteruser on >hunterpassword ~hunter* +@all", b"+OK")
two.ask("AUTH hunteruser hunterwrong", b"-WRONGPASS")
one.ask("HELLO 3 AUTH hunteruser hunterpassword", b"server")
one.ask("SET nothers 1", b"-NOPERM")
one.ask("HELLO 2", b"server")
two.ask("CONFIG SET requirepass hunterpassword", b"+OK")
two.ask("OBJECT hunterskip", b"-ERR")
two.ask("CONFIG huntersecret", b"-ERR")

# A replica: PSYNC, and then the stream.
two.ask("CONFIG SET repl-diskless-sync-delay 0", b"+OK")
with tempfile.TemporaryDirectory() as directory:
    arguments = ["--port", "6390", "--dir", directory, "--save", "", "--replicaof", "127.0.0.1 6379"]
    replica = subprocess.Popen(
        ["redis-server", *arguments, "--masterauth", "hunterpassword"], stdout=subprocess.DEVNULL
    )
    try:
        two.ask("WAIT 1 60000", b":1")
        two.ask("MIGRATE 127.0.0.1 6390 huntera 0 5000 COPY REPLACE AUTH hunterpassword")
    finally:
        replica.terminate()
        replica.wait()
two.ask(["CONFIG", "SET", "requirepass", ""], b"+OK")
two.ask("QUIT", b"+OK")
