/* SPDX-License-Identifier: MIT */
/* Loki push JSON, v1 (`stream` + `values`) and legacy (`labels` + `entries`); both member sets are
 * understood in every stream object, because servers differ in which they read.
 * Source: Loki HTTP API, "Ingest logs". */
#ifndef RD_LOKI_LOKI_JSON_H
#define RD_LOKI_LOKI_JSON_H

#include "filters/base/doc.h"

/* Fills `doc`; n_groups are streams, n_items entries. No stream at all is RD_EMPTY. A label name that is not
 * [a-zA-Z_][a-zA-Z0-9_]* is RD_INVALID: Loki writes names unescaped into label text, so such a name could
 * inject labels. So is everything else that Loki would answer with 400: a timestamp that is not a string of
 * an integer, a line or a metadata value that is not a string; and elements it would not read. */
RD_MUST_CHECK rd_outcome rd_loki_json_walk(const rd_limits *lim, const rd_visitor *v, rd_doc *doc,
                                           rd_error *err);

#endif
