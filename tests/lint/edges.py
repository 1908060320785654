#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Includes point down, never up or sideways: the rooms of the architecture and who may know whom.

In filters/ a box is a folder (or a file directly in filters/). In gateway/ a box is a module: a file together with
those whose names begin with its name and an underscore (store, store_writer). A new box fails here until it has a row.
"""
import pathlib
import re

from tap import ROOT, Tap, tracked

FILTERS = {
    "base": [],
    "coding": ["base"],
    "schema": ["base"],
    "wire": ["base", "schema", "json"],  # renders JSON for the store
    "json": ["base", "schema"],
    "loki": ["base", "json", "wire"],
    "detect": ["base"],
    "act": ["base"],
    "policy": ["base", "detect", "act"],
    "stamp": ["base", "wire", "json", "loki"],
    "redact": ["stamp", "base", "coding", "schema", "wire", "json", "loki", "detect", "act", "policy"],
}

# Gateway modules from the ground up: a module may include those of the lines above its own, none of its own line.
LAYERS = [
    ["level", "clock", "files"],
    ["signal", "limit", "scrubbed", "log", "outcome", "call_result", "budget", "frontend", "peer", "password", "verdict_cache", "jwt"],
    ["config", "media", "metrics", "redis", "credential"],
    ["breaker", "adaptive", "retry_budget", "balance", "hold", "waitq", "quota"],
    ["route", "tls", "store", "ledger", "endpoint", "admin_tokens", "workspace", "upstream"],
    ["generation", "reply", "identity"],
    ["policies"],
    ["scrub", "upstream_metrics"],
    ["thread", "translate"],
    ["worker", "deliver", "checker", "admission"],
    ["exchange", "http1", "admin", "turnaway"],
    ["listener"],
    ["server"],
    ["cli"],
    ["main"],
]
# Files that belong to a module although their names do not say so.
PART_OF = {"diagnostics": "config", "nearest": "config"}

# What of filters/ the gateway may know. Redaction only through scrub.
FILTERS_FOR = {
    None: ["base"],
    "config": ["base", "detect", "act"],  # how an action is written
    "metrics": ["base", "act"],  # what was done, in words
    "media": ["base", "coding"],
    "generation": ["base", "policy", "detect"],  # what is wrong with a pattern
    "policies": ["base", "policy"],
    "reply": ["base", "wire", "json"],
    "cli": ["base", "detect", "policy", "redact"],
    "scrub": ["base", "coding", "wire", "json", "loki", "redact", "policy", "stamp"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
RANK = {module: rank for rank, layer in enumerate(LAYERS) for module in layer}


def filters_box(path):
    parts = path.split("/")
    return parts[1] if len(parts) > 2 else re.split(r"[._]", parts[1])[0]


def gateway_module(path):
    stem = pathlib.PurePath(path).name.split(".")[0]
    while stem not in RANK and stem not in PART_OF and "_" in stem:
        stem = stem.rsplit("_", 1)[0]
    return PART_OF.get(stem, stem)


def filters_complaint(path, target):
    box = filters_box(path)
    if box not in FILTERS:
        return f"box {box} has no row"
    if not target.startswith("filters/"):
        return f"includes {target}"
    other = filters_box(target)
    return None if other == box or other in FILTERS[box] else f"{box} must not know {other}"


def gateway_complaint(path, target):
    module = gateway_module(path)
    if module not in RANK:
        return f"module {module} has no row"
    if target.startswith("filters/"):
        box = filters_box(target)
        return None if box in FILTERS_FOR.get(module, FILTERS_FOR[None]) else f"{module} must not know filters/{box}"
    other = gateway_module(target)
    if other not in RANK:
        return f"module {other} has no row"
    return None if other == module or RANK[other] < RANK[module] else f"{module} must not know {other}"


def complaints(path):
    judge = filters_complaint if path.startswith("filters/") else gateway_complaint
    text = (ROOT / path).read_text()
    for target in INCLUDE.findall(text):
        if target.startswith(("filters/", "gateway/")):
            complaint = judge(path, target)
            if complaint:
                yield f"{path}: {complaint} ({target})"
        elif target.startswith(("tests/", "perf/", "../")):
            yield f"{path}: includes {target}"


def main():
    tap = Tap()
    sources = tracked("filters/*.c", "filters/*.h", "gateway/*.c", "gateway/*.h")
    for room in ["filters/", "gateway/"]:
        found = [c for path in sources if path.startswith(room) for c in complaints(path)]
        tap.check(f"includes of {room} point down", found)
    allowed = ("gateway/scrub.c", "gateway/scrubbed.c", "tests/")
    found = [path for path in tracked("*.c", "*.h")
             if 'include "gateway/scrubbed_private.h"' in (ROOT / path).read_text() and not path.startswith(allowed)]
    tap.check("only scrub makes a scrubbed body", found)
    tap.done()


if __name__ == "__main__":
    main()
