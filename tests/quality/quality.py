#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Judges the shipped rules by our labelled lines, through `redactd redact` and through every way of the running gateway:

    quality.py BUILD [LINES.ndjson]     TAP, with a table of the rates; -v also names what went wrong
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lint"))
from carry import WAYS, Gateway, through_command  # noqa: E402
from score import Score  # noqa: E402
from tap import Tap  # noqa: E402


def show(rows):
    for row in rows:
        print("#  " + row)


def main():
    arguments = [a for a in sys.argv[1:] if a != "-v"]
    redactd = str(pathlib.Path(arguments[0], "gateway", "redactd"))
    path = arguments[1] if len(arguments) > 1 else HERE / "lines.ndjson"
    items = [json.loads(line) for line in open(path, encoding="utf-8")]
    texts = [item["text"] for item in items]
    tap = Tap()
    by_command = through_command(redactd, texts)
    score = Score(items, by_command)
    print("#  type               spans  leak")
    show(score.table())
    if "-v" in sys.argv:
        show(score.examples)
    tap.check("redactd redact: leaks, false positives, collateral", score.complaints())
    again = through_command(redactd, by_command)
    tap.check("redacting twice changes nothing more", [i["id"] for i, a, b in zip(items, by_command, again) if a != b])
    with Gateway(redactd) as gateway:
        for way in WAYS:
            carried = gateway.carry(way, texts)
            tap.check(f"{way}: leaks, false positives, collateral", Score(items, carried).complaints())
            tap.check(f"{way}: as on the command line", [i["id"] for i, a, b in zip(items, carried, by_command) if a != b])
    tap.done()


if __name__ == "__main__":
    main()
