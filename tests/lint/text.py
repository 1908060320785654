#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rules on the text of the sources: licence line, length of functions and files, functions that are not used here,
shell scripts, the lock file of npm."""
import pathlib
import re
import shutil
import subprocess

from tap import ROOT, Tap, tracked

MAX_FUNCTION_LINES = 100
MAX_FILE_LINES = 700
MAX_TEST_FILE_LINES = 1000  # a list of cases is read in pieces anyway
BANNED = re.compile(r"(?<![\w.>])(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|alloca)\s*\(")


def functions(text):
    """(name, first line, lines) of each function: its braces stand in the first column."""
    start = None
    lines = text.split("\n")
    for i, line in enumerate(lines):
        if line == "{":
            start = i
        elif line.startswith("}") and start is not None:
            head = next((lines[j] for j in range(start - 1, -1, -1) if re.match(r"\w.*\(", lines[j])), "?")
            yield re.sub(r"\(.*", "", head).split(" ")[-1].lstrip("*"), start, i - start + 1
            start = None


def code_only(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def shell_scripts():
    return tracked("*.sh") + [".ci/run"]


def shellcheck(path):
    run = subprocess.run(["shellcheck", "-x", path], cwd=ROOT, capture_output=True, text=True, check=False)
    return run.stdout.splitlines() if run.returncode != 0 else []


def main():
    tap = Tap()
    c_files = tracked("*.c", "*.h")
    text = {path: (ROOT / path).read_text() for path in c_files}
    named = tracked("*.c", "*.h", "*.def", "*.py", "*.sh", "*.mjs", "*.proto", "*meson.build", ".ci/run")
    tap.check("every source names its licence",
              [p for p in named if "SPDX-License-Identifier: MIT" not in "".join((ROOT / p).read_text().split("\n")[:3])])
    tap.check(f"functions have at most {MAX_FUNCTION_LINES} lines",
              [f"{path}:{at}: {name} has {n}" for path in c_files for name, at, n in functions(text[path]) if n > MAX_FUNCTION_LINES])
    tap.check(f"files have at most {MAX_FILE_LINES} lines, tests {MAX_TEST_FILE_LINES}",
              [path for path in c_files
               if text[path].count("\n") > (MAX_TEST_FILE_LINES if path.startswith("tests/") else MAX_FILE_LINES)])
    tap.check("no function that invites an overflow",
              [f"{path}: {m[1]}" for path in c_files for m in BANNED.finditer(code_only(text[path]))])
    if shutil.which("shellcheck"):
        for path in shell_scripts():
            tap.check(f"shellcheck {path}", shellcheck(path))
    else:
        tap.skip("shellcheck", "not installed")
    lock = [p for p in tracked("*package-lock.json") if '"resolved"' in (ROOT / p).read_text()]
    tap.check("npm's lock file names no host", lock)
    tap.done()


if __name__ == "__main__":
    assert pathlib.Path(ROOT / "meson.build").exists()
    main()
