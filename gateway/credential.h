/* SPDX-License-Identifier: MIT */
/*
 * What a sender shows of itself in a request's head. Pure functions over bytes; nothing here is believed yet.
 * Sources: RFC 9110 section 11.4, RFC 6750 section 2.1 (Bearer), RFC 7617 (Basic).
 */
#ifndef GW_CREDENTIAL_H
#define GW_CREDENTIAL_H

#include "filters/base/buf.h"
#include "gateway/frontend.h"

/* Characters of a credential, encoded: a JWT with many claims is below. */
enum { GW_CREDENTIAL_MAX = 8192 };

typedef enum gw_scheme { GW_SCHEME_NONE, GW_SCHEME_BEARER, GW_SCHEME_BASIC, GW_SCHEME_OTHER } gw_scheme;

/* The scheme of an Authorization value; NONE: it is empty. *out_value: what stands behind it, without white
 * space around it. OTHER also stands for what is no credential at all. */
gw_scheme gw_credential_scheme(rd_slice authorization, rd_slice *out_value);

/* Decodes user and password of a Basic credential into `out`, which the caller wipes; both slices point into
 * it. False: it is none. */
bool gw_credential_basic(rd_slice value, rd_buf *out, rd_slice *out_user, rd_slice *out_password);

/* The value of a header of any name, without white space around it; how often the header is there. Of
 * several, the first one's. */
unsigned gw_credential_header(const gw_head *h, const char *name, rd_slice *out_value);

#endif
