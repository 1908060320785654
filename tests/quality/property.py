#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Any text with a valid secret in it comes out of `redactd redact` without it, and redacting that again changes nothing:
property.py BUILD [CASES [SEED]]

Every case joins ordinary pieces of text with one or two labelled ones, of any type and in any notation. What fails is
named by its number and type; the same seed makes the same cases.
"""
import collections
import pathlib
import random
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lint"))
from carry import through_command  # noqa: E402
from make_lines import CLEAN, LOOKALIKES, labelled, rarer_wrappers, utf8_span, wrappers  # noqa: E402
from score import is_leaked, required  # noqa: E402
from secrets_made import MAKERS  # noqa: E402
from tap import Tap  # noqa: E402

# Between pieces: what a shipper or a logger puts between fields.
JOINS = ["\n", " | ", "\t", " ; ", "\r\n", " -- ", " ... "]

# Lists that are read by a grammar of their own, with places for finds of any type and for values without one. A find may
# have blanks or quotes in it, its mask has none, and the grammar must read both alike.
FRAMES = ["Cookie: {}; {}; {}", "Set-Cookie: {}; {}; Path=/", "Cookie: a={}; {}; {}", 'cookie="{}; {}; {}"', '{{"cookie":"{}; {}; {}"}}', "Cookie: {}, {}; {}",
          "Authorization: {} {}", "Authorization: {}; {}", "{} {}; {}", "GET /x?a={}&b={}&token={}", "user={} pass={} {}", "password: {} {} {}", "token={};{};{}",
          "secret={},{},{}", "{},{},{}", "key={}|{}|{}"]
BARE = ["hunter2", "a1b2c3d4e5f6", "theme", "1", "x y", "sid=9f8e7d6c5b4a", "HttpOnly", "Qm9va21hcms4", "deadbeef0123", "Tr0ub4dor&3"]


def framed(r):
    frame = r.choice(FRAMES)
    return frame.format(*(r.choice(BARE) if r.random() < 0.6 else MAKERS[r.choice(list(MAKERS))](r) for _ in range(frame.count("{}"))))


def any_piece(r):
    return r.choice(CLEAN + LOOKALIKES)(r)


def any_labelled(r):
    while True:
        made = labelled(r, r.choice(list(MAKERS)), r.randrange(1000), r.choice([wrappers, wrappers, rarer_wrappers]))
        if made is not None:
            return made


def case(r):
    pieces = [(any_piece(r), []) for _ in range(r.randrange(4))] + [any_labelled(r) for _ in range(r.randrange(1, 3))]
    r.shuffle(pieces)
    text, spans = "", []
    for i, (piece, inside) in enumerate(pieces):
        text += r.choice(JOINS) if i else ""
        spans += [utf8_span(text + piece, len(text) + start, len(text) + end, typ) for start, end, typ in inside]
        text += piece
    return {"text": text, "spans": spans}


def main():
    cases, seed = (int(a) for a in (sys.argv[2:] + ["6000", "1"][len(sys.argv) - 2:])[:2])
    r = random.Random(seed)
    items = [case(r) for _ in range(cases)]
    redactd = str(pathlib.Path(sys.argv[1], "gateway", "redactd"))
    redacted = through_command(redactd, [item["text"] for item in items])
    frames = through_command(redactd, [framed(r) for _ in range(cases)])
    again = through_command(redactd, redacted + frames)
    complaints, types = [], collections.Counter()
    for i, (item, red) in enumerate(zip(items, redacted, strict=True)):
        for span in required(item):
            types[span["type"]] += 1
            if is_leaked(item, span, red):
                complaints.append(f"case {i} of seed {seed}: {span['type']}")
    tap = Tap()
    tap.check(f"{sum(types.values())} secrets of {len(types)} types in {cases} texts are gone", complaints)
    changed = [f"case {i} of seed {seed}" for i, (a, b) in enumerate(zip(redacted + frames, again, strict=True)) if a != b]
    tap.check(f"redacting {len(again)} texts again changes none", changed)
    tap.check("every type was there", sorted(set(MAKERS) - set(types)))
    tap.done()


if __name__ == "__main__":
    main()
