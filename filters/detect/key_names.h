/* SPDX-License-Identifier: MIT */
/*
 * Where names of keys may stand before a separator inside texts, found by the candidate pass. Whether one
 * does, and what its value is, inline_keys.h tells.
 */
#ifndef RD_DETECT_KEY_NAMES_H
#define RD_DETECT_KEY_NAMES_H

#include "filters/detect/detect.h"
#include "filters/detect/matcher.h"

struct rd_key_hits {
    rd_key_hit *list; /* owned; in order, some may be the same */
    uint32_t n, cap;
    bool failed; /* no memory */
};

void rd_key_hits_reset(rd_key_hits *h);
void rd_key_hits_release(rd_key_hits *h);

/* Is there a separator at `i` that may stand between a key and its value: `=`, a colon behind a quote or
 * beside a space, or one of them percent-encoded? */
bool rd_key_separates(const rd_view *v, uint32_t i);

#endif
