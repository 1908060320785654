# SPDX-License-Identifier: MIT
"""Ways through redactd: texts in, redacted texts out. The command line, and the running gateway with a recording backend
behind it: OTLP bodies and attributes, Loki lines, each as JSON and as protobuf."""
import http.server
import json
import pathlib
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request

BATCH = 250
NEUTRAL_KEY = "note"


def through_command(redactd, texts):
    lines = "".join(json.dumps({"text": t}) + "\n" for t in texts)
    run = subprocess.run([redactd, "redact", "--field", "text"], input=lines.encode(), capture_output=True, check=True)
    return [json.loads(line)["text"] for line in run.stdout.splitlines()]


# --- protobuf and snappy, as much as these bodies need ---

def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(number, *parts):
    body = b"".join(p.encode() if isinstance(p, str) else p for p in parts)
    return varint(number << 3 | 2) + varint(len(body)) + body


def read_varint(b, at):
    n = shift = 0
    while True:
        n |= (b[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if b[at - 1] < 128:
            return n, at


def inside(b, path):
    """The bodies of all fields at this path of numbers, in order."""
    if not path:
        return [b]
    out, at = [], 0
    while at < len(b):
        tag, at = read_varint(b, at)
        if tag & 7 == 2:
            n, at = read_varint(b, at)
            if tag >> 3 == path[0]:
                out += inside(b[at:at + n], path[1:])
            at += n
        elif tag & 7 == 0:
            _, at = read_varint(b, at)
        else:
            at += 8 if tag & 7 == 1 else 4
    return out


def snappy(b):
    out = varint(len(b))
    for at in range(0, len(b), 60):
        part = b[at:at + 60]
        out += bytes([len(part) - 1 << 2]) + part
    return out


def unsnappy(b):
    n, at = read_varint(b, 0)
    out = bytearray()
    while at < len(b):
        tag = b[at]
        at += 1
        if tag & 3 == 0:
            size, more = tag >> 2, max(0, (tag >> 2) - 59)
            if more:
                size = int.from_bytes(b[at:at + more], "little")
            at += more
            out += b[at:at + size + 1]
            at += size + 1
            continue
        if tag & 3 == 1:
            size, back, more = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | b[at], 1
        else:
            more = 2 if tag & 3 == 2 else 4
            size, back = (tag >> 2) + 1, int.from_bytes(b[at:at + more], "little")
        at += more
        for _ in range(size):
            out.append(out[-back])
    assert len(out) == n
    return bytes(out)


# --- one body of texts, and the texts of one body ---

def otlp_json(texts, place):
    records = [{"body": {"stringValue": t if place == "body" else "-"}, "attributes": [] if place == "body" else [{"key": NEUTRAL_KEY, "value": {"stringValue": t}}]} for t in texts]
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}, ensure_ascii=False).encode()


def from_otlp_json(body, place):
    records = json.loads(body)["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    return [(r["body"] if place == "body" else r["attributes"][0]["value"])["stringValue"] for r in records]


def otlp_protobuf(texts, place):
    def record(t):
        return field(2, field(5, field(1, t))) if place == "body" else field(2, field(6, field(1, NEUTRAL_KEY), field(2, field(1, t))))
    return field(1, field(2, *map(record, texts)))


def from_otlp_protobuf(body, place):
    return [b.decode() for b in inside(body, [1, 2, 2, 5, 1] if place == "body" else [1, 2, 2, 6, 2, 1])]


def loki_json(texts, _):
    now = time.time_ns()
    return json.dumps({"streams": [{"stream": {"job": "quality"}, "values": [[str(now + i), t] for i, t in enumerate(texts)]}]}).encode()


def from_loki_json(body, _):
    return [v[1] for v in json.loads(body)["streams"][0]["values"]]


def loki_protobuf(texts, _):
    entries = [field(2, field(1, varint(1 << 3) + varint(int(time.time()))), field(2, t)) for t in texts]
    return snappy(field(1, field(1, '{job="quality"}'), *entries))


def from_loki_protobuf(body, _):
    return [b.decode() for b in inside(unsnappy(body), [1, 2, 2])]


JSON, PROTOBUF = "application/json", "application/x-protobuf"
WAYS = {
    "OTLP/JSON body": ("/v1/logs", JSON, otlp_json, from_otlp_json, "body"),
    "OTLP/JSON attribute": ("/v1/logs", JSON, otlp_json, from_otlp_json, "attribute"),
    "OTLP protobuf body": ("/v1/logs", PROTOBUF, otlp_protobuf, from_otlp_protobuf, "body"),
    "OTLP protobuf attribute": ("/v1/logs", PROTOBUF, otlp_protobuf, from_otlp_protobuf, "attribute"),
    "Loki JSON line": ("/loki/api/v1/push", JSON, loki_json, from_loki_json, None),
    "Loki protobuf line": ("/loki/api/v1/push", PROTOBUF, loki_protobuf, from_loki_protobuf, None),
}


class Backend(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bodies: list = []

    def do_POST(self):
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        loki = self.path.startswith("/loki")
        self.send_response(204 if loki else 200)
        if not loki:
            reply = b"{}" if self.headers["Content-Type"] == JSON else b""
            self.send_header("Content-Type", self.headers["Content-Type"])
            self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        if not loki:
            self.wfile.write(reply)

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Gateway:
    """`with Gateway(redactd) as g: g.carry(way, texts)`"""

    def __init__(self, redactd):
        self.redactd, self.port, self.admin = redactd, free_port(), free_port()

    def __enter__(self):
        self.dir = tempfile.TemporaryDirectory()
        self.backend = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backend)
        threading.Thread(target=self.backend.serve_forever, daemon=True).start()
        config = {"version": 1, "listeners": [{"address": f"127.0.0.1:{self.port}"}], "admin": {"address": f"127.0.0.1:{self.admin}"},
                  "upstreams": {"backend": {"endpoints": [f"http://127.0.0.1:{self.backend.server_port}"]}},
                  "routes": [{"version": "v1", "signal": s, "upstream": "backend"} for s in ("logs", "loki_push")], "workspaces": {"anonymous": "quality"}}
        path = pathlib.Path(self.dir.name, "redactd.yaml")
        path.write_text(json.dumps(config))
        self.log = open(pathlib.Path(self.dir.name, "log"), "wb")
        self.process = subprocess.Popen([self.redactd, "run", "-c", str(path)], stderr=self.log, stdout=self.log)
        try:
            self.wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait(self):
        until = time.monotonic() + 20
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/readyz", timeout=2):
                    return
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise
                time.sleep(0.05)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        self.backend.shutdown()
        self.backend.server_close()
        self.log.close()
        self.dir.cleanup()

    def carry(self, way, texts):
        path, kind, make, read, place = WAYS[way]
        out = []
        for at in range(0, len(texts), BATCH):
            Backend.bodies.clear()
            request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", make(texts[at:at + BATCH], place), {"Content-Type": kind})
            with urllib.request.urlopen(request, timeout=20) as answer:
                assert answer.status in (200, 204)
            assert len(Backend.bodies) == 1
            out += read(Backend.bodies[0], place)
        return out
