#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a sick backend costs: redactd before a backend that is well, then dead, then hangs; in turns, in one run.

    perf/sick.py BUILD          BUILD is a folder with a release build of redactd and perf/
    ROUNDS=5 REQUESTS=3000 CONNECTIONS=16 perf/sick.py BUILD

dead      from the trip on: CPU of the server per refused request against a normal one, and the p99 of both
hanging   the longest that any request waited against its deadline, and against nothing at all once the breaker is open
Exits with 1 when a target is missed. What the rows mean: README.md in this directory.
"""
import asyncio
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS, REQUESTS, CONNECTIONS = (int(os.environ.get(name, default))
                                 for name, default in (("ROUNDS", 5), ("REQUESTS", 3000), ("CONNECTIONS", 16)))
PORT, ADMIN, SINK = 14318, 14319, 14399
DEADLINE_S, SLACK_S = 2.0, 0.5
CONFIG = f"""
version: 1
threads: 1
listeners: [{{address: 127.0.0.1:{PORT}}}]
admin: {{address: 127.0.0.1:{ADMIN}}}
upstreams:
  sink: {{endpoints: [http://127.0.0.1:{SINK}], connect_timeout: 500ms, first_byte_timeout: {DEADLINE_S:.0f}s, total_timeout: {DEADLINE_S:.0f}s}}
routes: [{{version: v1, signal: logs, upstream: sink}}]
workspaces: {{anonymous: perf}}
"""


def cpu_us(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1_000_000 // os.sysconf("SC_CLK_TCK")


def wait_for_port(port):
    for _ in range(100):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"nothing listens on port {port}")


class Backend:
    """The sink, which can die, be back, hang and go on."""

    def __init__(self, build):
        self.command = ["taskset", "-c", str(os.cpu_count() - 1), str(build / "perf/sink"), str(SINK)]
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command)
        wait_for_port(SINK)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def hang(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)


class Sender:
    """Keep-alive connections, each with one request at a time: (start, seconds, status, refused by the breaker)."""

    def __init__(self, bodies):
        self.requests = [b"POST /v1/logs HTTP/1.1\r\nHost: perf\r\nContent-Type: application/x-protobuf\r\n"
                         b"Content-Length: %d\r\n\r\n" % len(b) + b for b in bodies]
        self.connections = 0

    async def one(self, stream, i):
        reader, writer = stream
        start = time.monotonic()
        writer.write(self.requests[i % len(self.requests)])
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = [line.split(":")[1] for line in head.split("\r\n") if line.lower().startswith("content-length")]
        body = await reader.readexactly(int(length[0])) if length else b""
        return start, time.monotonic() - start, int(head.split(" ")[1]), b"is not called for now" in body

    async def line(self, count, until):
        rows = []
        stream = await asyncio.open_connection("127.0.0.1", PORT)
        self.connections += 1
        while len(rows) < count and time.monotonic() < until:
            try:
                rows.append(await self.one(stream, len(rows)))
            except (asyncio.IncompleteReadError, ConnectionError):
                stream = await asyncio.open_connection("127.0.0.1", PORT)
                self.connections += 1
        stream[1].close()
        return rows

    def send(self, count, connections=CONNECTIONS, for_s=120.0):
        async def all_lines():
            until = time.monotonic() + for_s
            lines = [self.line(count // connections, until) for _ in range(connections)]
            return sum(await asyncio.gather(*lines), [])
        return asyncio.run(all_lines())


def p99_ms(rows):
    return sorted(seconds for _, seconds, _, _ in rows)[int(len(rows) * 0.99)] * 1000


class Bench:
    def __init__(self, build, work):
        subprocess.run([build / "perf/make_bodies", work, "8"], check=True, stdout=subprocess.DEVNULL)
        self.sender = Sender([p.read_bytes() for p in sorted(pathlib.Path(work).glob("otlp-protobuf.*"))])
        config = pathlib.Path(work) / "redactd.yaml"
        config.write_text(CONFIG)
        self.backend = Backend(build)
        self.server = subprocess.Popen(["taskset", "-c", "0", build / "gateway/redactd", "run", "-c", config],
                                       stderr=subprocess.DEVNULL)
        wait_for_port(PORT)
        self.missed = 0

    def end(self):
        self.server.terminate()
        self.server.wait()
        self.backend.go_on()
        self.backend.kill()

    def measure(self, status):
        before = cpu_us(self.server.pid)
        rows = self.sender.send(REQUESTS)
        cpu = (cpu_us(self.server.pid) - before) / len(rows)
        wrong = [row for row in rows if row[2] != status]
        if wrong:
            sys.exit(f"{len(wrong)} of {len(rows)} answers are {wrong[0][2]}, not {status}")
        return cpu, p99_ms(rows)

    def until(self, what, refused):
        for _ in range(2000):
            if all(row[3] == refused and (refused or row[2] == 200) for row in self.sender.send(8, connections=4)):
                return
            time.sleep(0.01)
        sys.exit(f"waited in vain for {what}")

    def row(self, text, value, target):
        ok = value <= target
        self.missed += not ok
        print(f"{text:<66} {value:8.3f}   target {target:<6g} {'ok' if ok else 'MISSED'}")

    def dead(self):
        normal, refused = [], []
        for _ in range(ROUNDS):
            self.sender.send(10 * CONNECTIONS)
            normal.append(self.measure(200))
            self.backend.kill()
            self.until("the breaker to open", True)
            self.sender.connections = 0
            refused.append(self.measure(503))
            reconnects = self.sender.connections - CONNECTIONS
            self.backend.start()
            self.until("traffic", False)
            time.sleep(2)  # the limit grows again
            self.sender.send(40 * CONNECTIONS)
        for name, rows in (("normal", normal), ("refused", refused)):
            print(f"{name:<8} server CPU {statistics.median(r[0] for r in rows):7.1f} us a request,"
                  f" p99 {statistics.median(r[1] for r in rows):7.2f} ms")
        print(f"connections that senders had to open anew while refused: {reconnects}")
        ratio = statistics.median
        self.row("dead: CPU of a refused request to that of a normal one",
                 ratio(r[0] / n[0] for n, r in zip(normal, refused)), 0.25)
        self.row("dead: p99 of a refused request to that of a normal one",
                 ratio(r[1] / n[1] for n, r in zip(normal, refused)), 1)

    def hanging(self):
        self.backend.hang()
        rows = self.sender.send(100000, connections=64, for_s=3 * DEADLINE_S)
        self.backend.go_on()
        trip = min(start + seconds for start, seconds, _, refused in rows if refused)
        after = [row for row in rows if row[0] > trip]
        waited = [row for row in after if not row[3]]
        print(f"hanging  {len(rows)} requests, {len(after)} of them after the trip, "
              f"{trip - min(r[0] for r in rows):.2f} s after the first; p99 of those {p99_ms(after):.1f} ms")
        self.row("hanging: longest wait to the deadline of a request",
                 max(seconds for _, seconds, _, _ in rows) / (DEADLINE_S + SLACK_S), 1)
        self.row("hanging: requests that were not refused at once after the trip", len(waited), 0)
        began = time.monotonic()
        self.until("traffic", False)
        self.row("hanging: seconds from the end of it to traffic", time.monotonic() - began, 2)


def main(build):
    os.sched_setaffinity(0, {os.cpu_count() - 1})
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(build, work)
        try:
            bench.dead()
            bench.hanging()
        finally:
            bench.end()
        sys.exit(bench.missed > 0)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve())
