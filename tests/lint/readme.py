#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""README.md says what the program says: its tables, its metrics, its defaults, and links that lead somewhere.

    readme.py BUILD             checks; BUILD is a folder with a built redactd
    readme.py BUILD --update    writes the tables into README.md
"""
import pathlib
import re
import subprocess
import sys

from tap import ROOT, Tap, tracked

README = ROOT / "README.md"
TABLES = ("keys", "outcomes", "metrics")
METRIC = re.compile(r"\bredactd_[a-z_]+[a-z]\b")


def table(redactd, name):
    return subprocess.run([redactd, "reference", name], check=True, capture_output=True, text=True).stdout


def section(text, name):
    """Where a table stands between its markers: (from, to)."""
    found = re.search(rf"<!-- redactd reference {name} -->\n(.*?)<!-- end -->\n", text, re.S)
    return found.span(1) if found else (0, 0)


def broken_links(text):
    links = re.findall(r"\]\(([^)#\s]+)\)", text)
    return [link for link in links if "://" not in link and not (ROOT / link).exists()]


def metrics_of_program():
    names = set()
    for path in tracked("gateway/*.c", "gateway/*.def"):
        names |= set(METRIC.findall("".join(re.findall(r'"(?:\\.|[^"\\\n])*"', (ROOT / path).read_text()))))
    return names


def main(build, update):
    redactd = build / "gateway" / "redactd"
    made = {name: table(redactd, name) for name in TABLES}
    text = README.read_text()
    if update:
        for name in TABLES:
            start, end = section(text, name)
            text = text[:start] + made[name] + text[end:]
        README.write_text(text)
    tap = Tap()
    for name in TABLES:
        tap.check(f"README.md has what `redactd reference {name}` prints",
                  [] if text[slice(*section(text, name))] == made[name] else ["run tests/lint/readme.py BUILD --update"])
    tap.check("README.md names every metric", sorted(metrics_of_program() - set(METRIC.findall(text))))
    tap.check("README.md shows conf/default.yaml",
              [line for line in (ROOT / "conf/default.yaml").read_text().split("\n")
               if not line.startswith("#") and line not in text])
    tap.check("links of README.md lead to files", broken_links(text))
    tap.done()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve(), "--update" in sys.argv[2:])
