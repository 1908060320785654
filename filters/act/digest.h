/* SPDX-License-Identifier: MIT */
/*
 * Digests: a keyed pseudonym in the place of a value, so that one person can be followed through the records
 * of a workspace without being known.
 *
 *    staff-k1e20560-9f86d081884c7d65a1b2c3d4
 *    prefix │  │    │               └ 32 bit: check of everything before it
 *      key id  │    └ 64 bit: HMAC-SHA-256 of the value
 *              └ epoch
 *
 * Keys (RFC 5869): extract(master) gives one key per configured master; from it are expanded one key per
 * workspace and epoch for values, and one for checks. So tokens of two workspaces, epochs or masters cannot
 * be linked, and no key in use tells another one.
 *
 * One value, one token: white space around the value, ASCII case and percent-encoding
 * do not count, whatever kind of value it
 * is, because the same person's address is found by a detector in one place and known by its key in another.
 *
 * A token stays what it is when it comes again. Not because it looks like one - then anybody could dress a
 * card number as a token - but because its check was made with a key of ours, of any workspace, any epoch,
 * and any key that is still configured. Guessing one takes 2^32 tries in the open and carries eight bytes.
 */
#ifndef RD_ACT_DIGEST_H
#define RD_ACT_DIGEST_H

#include "filters/act/hmac.h"
#include "filters/base/buf.h"

enum {
    RD_DIGEST_MAX_KEYS = 16,
    RD_DIGEST_MIN_KEY = 32,    /* bytes */
    RD_DIGEST_MAX_ID = 8,      /* a-z, then a-z and digits */
    RD_DIGEST_MAX_PREFIX = 24, /* a-z, digits, _ */
    RD_DIGEST_MAX_TOKEN = 80
};

typedef struct rd_digest_key_spec {
    const char *id;
    rd_slice key;
} rd_digest_key_spec;

typedef struct rd_digest_keys rd_digest_keys; /* immutable; wiped when freed */

/* The first key makes tokens; all of them know theirs again. RD_INVALID: err->what says why. */
RD_MUST_CHECK rd_outcome rd_digest_keys_build(const rd_digest_key_spec *specs, uint32_t n,
                                              rd_digest_keys **out_keys, rd_error *err);
void rd_digest_keys_free(rd_digest_keys **keys);
bool rd_digest_prefix_valid(rd_slice prefix);

/* What one thread needs to make tokens. Starts as {0}; `keys` and `workspace` are borrowed. */
typedef struct rd_digester {
    const rd_digest_keys *keys; /* NULL: no tokens are made or known */
    rd_slice workspace;
    uint32_t epoch;
    bool ready; /* `value` has the key of this workspace and epoch */
    rd_hmac value, check;
} rd_digester;

/* From now on for this workspace and epoch. */
void rd_digester_begin(rd_digester *d, const rd_digest_keys *keys, rd_slice workspace, uint32_t epoch);
void rd_digester_release(rd_digester *d);

/* Appends the token for a value; out->failed when that is not possible. */
void rd_digest_append(rd_digester *d, rd_slice prefix, rd_slice value, rd_buf *out);
/* Is text[off, off+len) a token of ours, or a part of one? */
bool rd_digest_covers(rd_digester *d, rd_slice text, size_t off, size_t len);

#endif
