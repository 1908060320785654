/* SPDX-License-Identifier: MIT */
/*
 * The table of workspaces: who a request can belong to, and everything that is decided per workspace.
 *
 *    workspaces.list, workspaces.file ─► gw_workspaces (immutable, its own generation) ─► gw_workspace
 *
 * Shared by all threads and reference-counted. It is made anew, alone, when the file of workspaces changes;
 * each request pins the table that it began with until it ends, and with it every gw_workspace. What other
 * modules keep per workspace (limits, rules) hangs in `ext`, made and freed by their hooks together with the
 * table. What a workspace has used and how long it is blocked outlives every table: see quota_table.h.
 */
#ifndef GW_WORKSPACE_H
#define GW_WORKSPACE_H

#include <stdatomic.h>

#include "filters/base/slice.h"
#include "gateway/config.h"
#include "gateway/jwt.h"
#include "gateway/peer.h"
#include "gateway/quota.h"

enum { GW_WORKSPACE_WHY_BYTES = 256 };

/* What modules keep per workspace. */
typedef enum gw_workspace_ext {
    GW_WORKSPACE_LIMITS, /* quotas */
    GW_WORKSPACE_POLICY, /* redaction rules */
    GW_WORKSPACE_EXTS
} gw_workspace_ext;

typedef struct gw_workspace {
    const char *name, *tenant; /* live as long as the table */
    const gw_workspace_cfg
        *cfg;      /* what its entry says; of an anonymous workspace without one: the defaults */
    unsigned slot; /* for metrics, once the table is in force; 0: shares `__other__` */
    const gw_workspaces_cfg *all; /* what the configuration of the table says about all workspaces */
    gw_quota *_Atomic quota;      /* found on first use; NULL: not yet. By gw_workspace_quota only */
    /* What is stamped, into OTLP and into Loki; made on first use by scrub_stamp.c, freed with the table. */
    void *_Atomic stamps[2];
    void *ext[GW_WORKSPACE_EXTS]; /* by the hooks; NULL: nothing of its own */
} gw_workspace;

typedef struct gw_workspaces gw_workspaces;

/* How senders are told apart. */
typedef struct gw_identity_rules {
    gw_identity_source order[GW_IDENTITY_SOURCE_COUNT];
    unsigned n_order;
    const char *header; /* name of the trusted one */
    gw_network *networks;
    unsigned n_networks;
    bool with_certificate;
    gw_jwt_rules jwt;      /* keys NULL: none */
    const char *challenge; /* for WWW-Authenticate */
} gw_identity_rules;

/* How a module hangs something of its own into each workspace. `make` runs while the table is built, on the
 * thread that loads it: `before` is the workspace of that name in the table in force (NULL: none), from which
 * state may be taken over (count references: both tables live for a while). It stores what it made in *out
 * (NULL is fine) or says in `why` (GW_WORKSPACE_WHY_BYTES) what is wrong and returns false; then the new
 * table is dropped. `free` gets what is not NULL. */
typedef struct gw_workspace_hook {
    bool (*make)(void *arg, const gw_workspace *w, const gw_workspace *before, void **out, char *why);
    void (*free)(void *ext);
} gw_workspace_hook;

/* Once, at start-up, before the first table. */
void gw_workspaces_hook(gw_workspace_ext which, const gw_workspace_hook *hook);

/* Makes the table of `cfg` (a reference is taken), with the file it names. `before`: the table in force;
 * NULL: none. `arg` goes to the hooks. NULL: there were errors, all of them are
 * in `d`. */
gw_workspaces *gw_workspaces_new(gw_config *cfg, const gw_workspaces *before, void *arg, gw_diagnostics *d);
gw_workspaces *gw_workspaces_ref(gw_workspaces *t);
void gw_workspaces_unref(gw_workspaces **t);

/* Counts from 1 with each table. */
uint64_t gw_workspaces_generation(const gw_workspaces *t);
size_t gw_workspaces_count(const gw_workspaces *t);
/* Where in the table it is; the other way round: gw_workspaces_at. */
size_t gw_workspaces_index(const gw_workspaces *t, const gw_workspace *w);
const gw_workspace *gw_workspaces_at(const gw_workspaces *t, size_t i);
/* By name, in O(1); NULL: none. */
const gw_workspace *gw_workspaces_find(const gw_workspaces *t, rd_slice name);
/* By what a sender can show, in O(1); NULL: nobody's.
 *    NAME   its name or an alias        TOKEN  the 32 bytes of SHA-256
 *    USER   name of a user; *out_entry is the first of its password entries
 *    CERTIFICATE  one name of a certificate, as peer.h writes it */
typedef enum gw_workspace_key {
    GW_WORKSPACE_NAME,
    GW_WORKSPACE_TOKEN,
    GW_WORKSPACE_USER,
    GW_WORKSPACE_CERTIFICATE
} gw_workspace_key;

typedef struct gw_password_entry {
    const char *hash;                     /* argon2id, encoded */
    const struct gw_password_entry *next; /* of the same user; NULL: none */
} gw_password_entry;

const gw_workspace *gw_workspaces_by(const gw_workspaces *t, gw_workspace_key kind, rd_slice key,
                                     const gw_password_entry **out_entry);

/* What the configuration says about identity; it lives as long as the table. */
const struct gw_identity_rules *gw_workspaces_rules(const gw_workspaces *t);

/* That of senders without a credential; NULL: they are refused. */
const gw_workspace *gw_workspaces_anonymous(const gw_workspaces *t);
/* What the table was made of; lives as long as the table. */
const gw_config *gw_workspaces_config(const gw_workspaces *t);

/* Whether a file that the table was made from has changed since. */
bool gw_workspaces_stale(const gw_workspaces *t);
/* Takes the files as they are now for known, e.g. because they could not be loaded. For the one thread that
 * loads. */
void gw_workspaces_looked(gw_workspaces *t);

/* The table in force, for those who do not serve requests: a new reference, NULL before the first. */
gw_workspaces *gw_workspaces_current(void);
/* Puts `t` in force (a reference is taken): before any request begins with it. */
void gw_workspaces_publish(gw_workspaces *t);
/* What the workspace has used; made if there is nothing yet. Thread-safe; lives as long as the process. */
gw_quota *gw_workspace_quota(const gw_workspace *w);

#endif
