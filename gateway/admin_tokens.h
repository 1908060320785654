/* SPDX-License-Identifier: MIT */
/*
 * Who may use the admin API: bearer tokens, of which this process keeps only SHA-256.
 *
 *   admin.tokens       named in the configuration by their hashes
 *   admin.token_file   one operator token in plain, for who works on this machine; made when absent, so that
 * a fresh install can be operated and yet has no secret that others know
 *
 * Immutable once made; part of a generation, so a reload takes tokens away at once.
 */
#ifndef GW_ADMIN_TOKENS_H
#define GW_ADMIN_TOKENS_H

#include "filters/base/slice.h"
#include "gateway/config.h"

/* The name of who uses the token of token_file. */
#define GW_ADMIN_TOKEN_FILE_NAME "token_file"
enum { GW_ADMIN_TOKEN_MAX = 256 /* characters of a token */ };

typedef struct gw_admin_tokens gw_admin_tokens;

typedef struct gw_admin_caller {
    char name[65];
    gw_admin_role role;
} gw_admin_caller;

/* `make`: token_file is made when it is absent; else an absent one grants nothing. NULL: `why` says what is
 * wrong with the file. */
gw_admin_tokens *gw_admin_tokens_new(const gw_admin_cfg *cfg, bool make, char *why, size_t n_why);
void gw_admin_tokens_free(gw_admin_tokens **t);

/* Whose token is this? Takes the same time for every wrong token. NULL: nobody's. */
const gw_admin_caller *gw_admin_tokens_find(const gw_admin_tokens *t, rd_slice token);
/* Is there any token that could be shown? */
bool gw_admin_tokens_any(const gw_admin_tokens *t);

/* What a token file holds: one line of 16 to GW_ADMIN_TOKEN_MAX visible characters. False: `why` says why
 * not. The caller wipes `out`. */
bool gw_admin_token_read(const char *path, char out[GW_ADMIN_TOKEN_MAX + 1], char *why, size_t n_why);

#endif
