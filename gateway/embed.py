# SPDX-License-Identifier: MIT
"""Writes files as a C table: embed.py OUT.c NAME=FILE ... (the build calls it; see gateway/meson.build)."""
import sys

out, pairs = sys.argv[1], [a.split("=", 1) for a in sys.argv[2:]]
with open(out, "w", encoding="ascii") as c:
    c.write('/* Made by gateway/embed.py. */\n#include "gateway/config_load.h"\n\n#include <string.h>\n\n')
    for i, (_, path) in enumerate(pairs):
        with open(path, "rb") as f:
            data = f.read()
        rows = [", ".join(map(str, data[at : at + 24])) for at in range(0, len(data), 24)]
        c.write("static const unsigned char file_%d[] = {\n    %s};\n" % (i, ",\n    ".join(rows + ["0"])))
    c.write("\nstatic const struct {\n    const char *name;\n    const unsigned char *bytes;\n    size_t n;\n} files[] = {\n")
    for i, (name, _) in enumerate(pairs):
        c.write('    {"%s", file_%d, sizeof file_%d - 1},\n' % (name, i, i))
    c.write(
        "};\n\nconst char *gw_embedded(const char *name, size_t *out_n)\n{\n"
        "    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {\n"
        "        if (strcmp(files[i].name, name) != 0)\n            continue;\n"
        "        *out_n = files[i].n;\n        return (const char *)files[i].bytes;\n    }\n    return NULL;\n}\n"
    )
