# SPDX-License-Identifier: MIT
"""What every lint shares: the files under version control, and results as TAP."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tracked(*patterns):
    """Tracked files that match, e.g. tracked('*.c'), as paths from the root."""
    out = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
                         cwd=ROOT, check=True, capture_output=True)
    names = {name for name in out.stdout.decode().split("\0") if name}
    return sorted(name for name in names if (ROOT / name).is_file())


class Tap:
    """One line for each thing checked; complaints follow as comments."""

    def __init__(self):
        self.n = 0
        self.failed = 0

    def check(self, name, complaints):
        self.n += 1
        self.failed += bool(complaints)
        print(f"{'not ok' if complaints else 'ok'} {self.n} - {name}")
        for line in complaints:
            print(f"#   {line}")

    def skip(self, name, why):
        self.n += 1
        print(f"ok {self.n} - {name} # SKIP {why}")

    def done(self):
        print(f"1..{self.n}")
        sys.exit(1 if self.failed else 0)
