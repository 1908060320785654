#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every header compiles alone: it includes what it needs. Argument: a configured build folder (for generated headers)."""
import concurrent.futures
import json
import pathlib
import subprocess
import sys

from tap import ROOT, Tap, tracked

FLAGS = ["-std=c11", "-D_GNU_SOURCE", "-DH2O_USE_LIBUV=0", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror",
         "-fsyntax-only", "-xc", "-"]


def include_flags(build):
    """-I and -isystem of all compile commands: headers may use whatever their box is given."""
    flags = set()
    for entry in json.loads((build / "compile_commands.json").read_text()):
        for word in entry["command"].split():
            if word.startswith("-I") and not word.endswith(".p"):  # not a target's private folder
                flags.add("-I" + str((build / word[2:]).resolve()))
            elif word.startswith("-isystem"):
                flags.add(word)
    return sorted(flags)


def complaints(header, flags):
    run = subprocess.run(["cc", *flags, "-I", str(ROOT), *FLAGS], input=f'#include "{header}"\n', cwd=ROOT,
                         capture_output=True, text=True, check=False)
    return run.stderr.splitlines()[:10] if run.returncode != 0 else []


def main():
    tap = Tap()
    flags = include_flags(pathlib.Path(sys.argv[1]).resolve())
    headers = tracked("filters/*.h", "gateway/*.h", "tests/*.h")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for header, found in zip(headers, pool.map(lambda h: complaints(h, flags), headers)):
            tap.check(f"compiles alone: {header}", found)
    tap.done()


if __name__ == "__main__":
    main()
