/* SPDX-License-Identifier: MIT */
/* Hardware addresses in any notation, where a key or a word says that one follows. */
#ifndef RD_DETECT_MAC_H
#define RD_DETECT_MAC_H

#include "filters/detect/matcher.h"

typedef struct rd_mac {
    uint32_t from, to;
    uint16_t head; /* bytes of the vendor's half */
} rd_mac;

/* Twelve digits in groups of one size, or in six of one or two; or sixteen in one. Not all the same. */
bool rd_mac_at(const rd_view *v, uint32_t i, rd_mac *out);

#endif
