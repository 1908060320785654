/* SPDX-License-Identifier: MIT */
/*
 * Reports about YAML: from a node or a place to a diagnostic with its source line.
 *
 * Of a source line only punctuation and nodes that are `shown` are printed, everything else becomes `***`;
 * comments are left out. Messages are made of literals, key names, words of our tables and file names, never
 * of values.
 */
#ifndef GW_CONFIG_YAML_REPORT_H
#define GW_CONFIG_YAML_REPORT_H

#include "gateway/config_yaml.h"

/* At a node: a scalar itself, or the key of a list, a mapping or nothing. `hint` stands after the caret,
 * NULL: none. */
void gw_diag_at(gw_diagnostics *d, const gw_yaml_node *node, const char *hint, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* At a place in a text that could not be parsed. */
void gw_diag_syntax(gw_diagnostics *d, const gw_yaml_doc *doc, gw_yaml_mark at,
                    bool (*is_key)(const char *word, size_t n), const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* About a whole file. */
void gw_diag_file(gw_diagnostics *d, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
