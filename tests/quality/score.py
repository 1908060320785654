# SPDX-License-Identifier: MIT
"""What a redacted text still shows of a labelled one.

    leak        the core of a span can still be read: what remains of its value without the parts that a mask may show
    false pos.  a line without spans that changed
    collateral  bytes outside of spans that are gone
"""
import collections
import difflib
import re

# Percent of the spans (micro) and of the types (macro) that may leak, of lines that may change, of bytes that may go.
MAX_ALL, MAX_OTHER = 2.0, 2.0
MAX_LEAK = {"ipv4": 0.3, "email": 1.5, "mac": 1.5, "private_key": 1.5, "phone": 6.0, "password": 8.0, "person_name": 12.0, "date_of_birth": 4.0} | dict.fromkeys(
    ["credit_card", "iban", "jwt", "bearer_token", "basic_auth", "aws_access_key", "github_token", "google_api_key", "stripe_key", "slack_token", "url_credentials"], 1.0)
MAX_CHANGED = {"clean": 0.3, "lookalike": 2.0}
MAX_COLLATERAL = 0.1


def inner(value, what, head, tail):
    """`value` from the head-th to the tail-th last of the characters that match `what`."""
    at = [m.start() for m in re.finditer(what, value)]
    return value[at[head]:at[len(at) - 1 - tail] + 1] if len(at) > head + tail else value


def pieces(core, share):
    """Any part of this share of the core tells too much."""
    n = min(16, max(4, round(len(core) * share)))
    return {core[i:i + n] for i in range(len(core) - n + 1)} if len(core) > n else {core}


def digits_and(core, share):
    return pieces(core, share) | pieces(re.sub(r"[\s-]", "", core), share)


CORES = {
    "email": lambda v: pieces(re.sub(r"(@|%(25)*40|\\+u0040|&#64;).*", "", v)[1:], 0.7),
    "ipv4": lambda v: {v.split(".", 1)[1]},
    "ipv6": lambda v: {v[(len(v) + 1) // 2:]},
    "mac": lambda v: {inner(v, "[0-9A-Fa-f]", 6, 0)},
    "credit_card": lambda v: digits_and(inner(v, r"\d", 6, 4), 0.8),
    "iban": lambda v: digits_and(inner(v, r"\w", 4, 4), 0.6),
    "us_ssn": lambda v: {v[:6]},
    "de_steuer_id": lambda v: digits_and(inner(v, r"\d", 3, 3), 0.8),
    "de_svnr": lambda v: digits_and(inner(v, r"\w", 2, 4), 0.8),
    "phone": lambda v: digits_and(inner(v, r"\d", 3, 2), 0.7),
    "jwt": lambda v: pieces(v.split(".")[1], 0.4),
    "private_key": lambda v: pieces(re.sub(r"-----[A-Z ]+-----", "", v), 0.1),
    "slack_token": lambda v: pieces(re.split("[-/]|%2F", v)[-1], 0.5),
    "date_of_birth": lambda v: {v},
    "person_name": lambda v: {w for w in re.split(r"[\s,+]|%20|%2C", v) if len(w) > 3} or {v},
}


def core_pieces(typ, value):
    return CORES.get(typ, lambda v: pieces(v[len(v) // 5:], 0.5))(value)


def required(item):
    """All spans but those that may as well stay."""
    return [s for s in item["spans"] if s["type"] != "other"]


def is_leaked(item, span, redacted):
    """A piece of the core stands more often in the result than outside of all spans of the original."""
    raw, outside, at = item["text"].encode(), b"", 0
    for s in item["spans"]:
        outside += raw[at:s["start"]] + b"\0"
        at = s["end"]
    outside += raw[at:]
    value = raw[span["start"]:span["end"]].decode()
    for piece in core_pieces(span["type"], value):
        p = piece.encode()
        if redacted.encode().count(p) > outside.count(p):
            return True
    return False


def lost_outside(item, redacted):
    """(bytes outside of spans that are gone, all bytes outside of spans)"""
    raw, red, parts, at, lost = item["text"].encode(), redacted.encode(), [], 0, 0
    for s in item["spans"]:
        parts.append(raw[at:s["start"]])
        at = s["end"]
    parts.append(raw[at:])
    total, at = sum(map(len, parts)), 0
    for part in parts:
        found = red.find(part, at)
        if found < 0:
            blocks = difflib.SequenceMatcher(None, part, red[at:], autojunk=False).get_matching_blocks()
            lost += len(part) - sum(b.size for b in blocks)
        else:
            at = found + len(part)
    return lost, total


class Score:
    def __init__(self, items, redacted):
        self.spans, self.leaks = collections.Counter(), collections.Counter()
        self.lines, self.changed = collections.Counter(), collections.Counter()
        self.lost = self.outside = 0
        self.examples = []
        for item, red in zip(items, redacted, strict=True):
            self.add(item, red)

    def add(self, item, red):
        for span in required(item):
            self.spans[span["type"]] += 1
            if is_leaked(item, span, red):
                self.leaks[span["type"]] += 1
                self.examples.append(f"leak of {span['type']} in {item['id']}")
        if not item["spans"]:
            self.lines[item["kind"]] += 1
            if red != item["text"]:
                self.changed[item["kind"]] += 1
                self.examples.append(f"{item['kind']} line {item['id']} changed")
        lost, total = lost_outside(item, red)
        self.lost += lost
        self.outside += total
        if lost:
            self.examples.append(f"{lost} bytes outside of spans are gone from {item['id']}")

    def rate(self, typ):
        return 100 * self.leaks[typ] / self.spans[typ]

    def micro(self):
        return 100 * sum(self.leaks.values()) / sum(self.spans.values())

    def macro(self):
        return sum(map(self.rate, self.spans)) / len(self.spans)

    def collateral(self):
        return 100 * self.lost / self.outside

    def complaints(self, slack=1.0):
        """What is over its limit; `slack` times as much is allowed."""
        limits = [("all spans, micro", self.micro(), MAX_ALL), ("all spans, macro", self.macro(), MAX_ALL), ("collateral", self.collateral(), MAX_COLLATERAL)]
        limits += [(t, self.rate(t), MAX_LEAK.get(t, MAX_OTHER)) for t in self.spans]
        limits += [(f"{k} lines", 100 * self.changed[k] / n, MAX_CHANGED[k]) for k, n in self.lines.items()]
        return [f"{what}: {value:.2f} % of at most {most} %" for what, value, most in ((w, v, m * slack) for w, v, m in limits) if value > most]

    def table(self):
        rows = [f"{t:18} {self.spans[t]:5} {self.leaks[t]:5} {self.rate(t):7.2f} %" for t in self.spans]
        rows += [f"{'all':18} {sum(self.spans.values()):5} {sum(self.leaks.values()):5} {self.micro():7.2f} %   macro {self.macro():.2f} %"]
        rows += [f"{k + ' lines':18} {n:5} {self.changed[k]:5} {100 * self.changed[k] / n:7.2f} % changed" for k, n in self.lines.items()]
        return rows + [f"{'collateral':18} {self.outside:5} {self.lost:5} {self.collateral():7.3f} %"]
