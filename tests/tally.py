#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts test cases: prints "PASSED FAILED SKIPPED" of one log.

  tally.py meson LOG      meson-logs/testlog.json; cmocka cases, or one case for a program that is none
  tally.py tap LOG        TAP as our lints write it, or of node's test runner
"""
import json
import re
import sys

CMOCKA = {word: re.compile(rf"\[\s*{word}\s*\] (\d+) test\(s\)") for word in ["PASSED", "FAILED", "SKIPPED"]}


def meson(text):
    counts = [0, 0, 0]
    for line in filter(None, text.split("\n")):
        test = json.loads(line)
        output = (test.get("stdout") or "") + (test.get("stderr") or "")
        cases = [sum(map(int, pattern.findall(output))) for pattern in CMOCKA.values()]
        good = test["result"] in ("OK", "EXPECTEDFAIL")
        if test["result"] == "SKIP":
            cases = [0, 0, 1]
        elif sum(cases) == 0:
            cases = [int(good), 0, 0]
        if not good and test["result"] != "SKIP" and cases[1] == 0:
            cases[1] = 1  # a crash or a time-out ends a program before it can count
        counts = [a + b for a, b in zip(counts, cases)]
    return counts


def tap(text):
    """node's own totals where it gives them, else the points."""
    counts = [0, 0, 0]
    for word, i in (("pass", 0), ("fail", 1), ("cancelled", 1), ("skipped", 2)):
        found = re.findall(rf"^# {word} (\d+)$", text, re.M)
        counts[i] += int(found[-1]) if found else 0
    if re.search(r"^# tests \d+$", text, re.M):
        return counts
    for line in re.findall(r"^(?:not )?ok \d+.*$", text, re.M):
        counts[2 if "# SKIP" in line else 1 if line.startswith("not") else 0] += 1
    return counts


def main():
    with open(sys.argv[2], encoding="utf-8", errors="replace") as f:
        counts = {"meson": meson, "tap": tap}[sys.argv[1]](f.read())
    print(*(counts if sum(counts) else (0, 1, 0)))  # a log that says nothing is a failure


if __name__ == "__main__":
    main()
