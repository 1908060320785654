/* SPDX-License-Identifier: MIT */
#ifndef RD_DETECT_PRIVATE_KEY_H
#define RD_DETECT_PRIVATE_KEY_H

#include "filters/detect/matcher.h"

/* Where the private key ends whose "BEGIN" is at `at`, behind at least one hyphen; 0: there is none. */
uint32_t rd_private_key_end(const rd_view *v, uint32_t at);

#endif
