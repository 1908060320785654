/* SPDX-License-Identifier: MIT */
/* Base64 (RFC 4648): decodes the standard and the URL-safe alphabet, padded or not; encodes the standard one.
 */
#ifndef RD_BASE_BASE64_H
#define RD_BASE_BASE64_H

#include "filters/base/buf.h"

/* Appends the decoded bytes; false (and nothing appended) when `text` is not base64 or memory ends. */
bool rd_base64_decode(rd_slice text, rd_buf *out);
void rd_base64_encode(rd_slice bytes, rd_buf *out);

#endif
