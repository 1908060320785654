#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Is peers/table.tsv still true? peers.py BUILD

Each row must say what the shipped rules do with the text, and where a peer says otherwise, why.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lint"))
from carry import through_command  # noqa: E402
from tap import Tap  # noqa: E402


def main():
    lines = (HERE / "peers" / "table.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    texts = [json.loads(row[3]) for row in rows]
    redacted = through_command(str(pathlib.Path(sys.argv[1], "gateway", "redactd")), texts)
    verdicts = ["left" if red == text else "found" for text, red in zip(texts, redacted, strict=True)]
    tap = Tap()
    for peer in sorted({row[0] for row in rows}):
        mine = [(row, ours) for row, ours in zip(rows, verdicts, strict=True) if row[0] == peer]
        agree = sum(row[1] == ours for row, ours in mine)
        tap.check(f"{peer}: agrees in {agree} of {len(mine)}; verdicts are as the table says", [row[3] for row, ours in mine if row[2] != ours])
        tap.check(f"{peer}: every other verdict has a reason", [row[3] for row, ours in mine if (row[1] != ours) != bool(row[4])])
    tap.done()


if __name__ == "__main__":
    main()
