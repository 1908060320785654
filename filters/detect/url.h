/* SPDX-License-Identifier: MIT */
/* Credentials of URLs that the matcher of `://` cannot see. */
#ifndef RD_DETECT_URL_H
#define RD_DETECT_URL_H

#include "filters/detect/matcher.h"

/* user:password@tcp(host:3306)/db (Go), https:\/\/user:password@host (JSON): `at` is the at sign. Returns
 * whether it is one of these. */
bool rd_url_without_scheme(rd_find *f, uint32_t at);

#endif
