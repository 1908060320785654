/* SPDX-License-Identifier: MIT */
/*
 * A generation: one configuration and everything compiled from it. Immutable, shared by all threads,
 * reference-counted. A reload makes a new one and swaps pointers; a request keeps the one it began with until
 * it is answered.
 */
#ifndef GW_GENERATION_H
#define GW_GENERATION_H

#include <openssl/ssl.h>
#include <stdatomic.h>

#include "filters/policy.h"
#include "gateway/admin_tokens.h"
#include "gateway/config.h"
#include "gateway/route.h"
#include "gateway/store.h"
#include "gateway/upstream.h"

enum { GW_WHY_BYTES = 512 };
/* As a generation's number: never to be opened. */
enum { GW_GENERATION_CHECK = 0 };

typedef struct gw_generation {
    _Atomic unsigned refs;
    uint64_t number;
    gw_config *cfg;    /* owned */
    rd_policy *policy; /* owned */
    gw_routes *routes; /* owned */
    SSL_CTX **tls;     /* owned; per listener, NULL: plain */
    gw_store **stores; /* per upstream, NULL: HTTP or not opened; owned by the stores of the process */
    rd_limits limits;
    unsigned *rule_slots, *upstream_slots; /* owned: metrics slots */
    gw_admin_tokens *admin_tokens;         /* owned */
    gw_upstream **upstreams;               /* owned; per upstream, NULL for stores */
} gw_generation;

/* Compiles everything and changes nothing outside. Takes `cfg` (also on failure). NULL: `why` (GW_WHY_BYTES)
 * says what is wrong. */
gw_generation *gw_generation_new(gw_config *cfg, uint64_t number, char *why);
/* Once, before the first request begins with it: opens its stores (or takes over those that are open already,
 * because one process may open a directory once), makes the admin token's file, takes metrics slots, and
 * gives breakers and limits that are there already their new settings. False: nothing of that happened, and
 * `why` says why; the generation is of no use then. From the thread that reloads only. */
RD_MUST_CHECK bool gw_generation_open(gw_generation *g, char *why);
/* The policy of these rules. False: `why` (GW_WHY_BYTES) says what is wrong. */
RD_MUST_CHECK bool gw_policy_build(const gw_redaction_cfg *cfg, rd_policy **out_policy, char *why);
/* Logs rules whose patterns are tried on every text. */
void gw_generation_tell_slow_rules(const gw_generation *g);
uint32_t gw_generation_slow_rules(const gw_generation *g);
gw_generation *gw_generation_ref(gw_generation *g);
void gw_generation_unref(gw_generation **g);

/* At the end of the process, after all threads ended: writes out and closes every store. */
void gw_generation_close_stores(void);

#endif
