/* SPDX-License-Identifier: MIT */
#ifndef RD_DETECT_BASE64_TEXT_H
#define RD_DETECT_BASE64_TEXT_H

#include <stdint.h>

/* Decodes `n` characters of the standard or the URL-safe alphabet, up to 64 KiB of them, to `to` (as much
 * room as there are characters); returns how many bytes. */
uint32_t rd_base64_text_decode(const uint8_t *from, uint32_t n, uint8_t *to);

#endif
