/* SPDX-License-Identifier: MIT */
/* Hash table from credentials to workspaces: filled once, then only read. Private to workspace*.c. */
#ifndef GW_WORKSPACE_INDEX_H
#define GW_WORKSPACE_INDEX_H

#include "gateway/workspace.h"

typedef struct gw_index_entry {
    uint64_t hash; /* 0: free */
    rd_slice key;  /* borrowed; lives as long as the table */
    uint32_t workspace;
    uint8_t kind;
    gw_password_entry *passwords; /* USER */
} gw_index_entry;

typedef struct gw_index {
    gw_index_entry *entries; /* owned */
    size_t mask;             /* number of entries - 1 */
} gw_index;

/* For up to `n` keys; false: no memory. */
bool gw_index_init(gw_index *x, size_t n);
void gw_index_release(gw_index *x);
/* The entry of a key, or the free one where it belongs. Keys are compared in constant time: where they are
 * hashes of secrets, an early difference must not show. */
gw_index_entry *gw_index_find(const gw_index *x, gw_workspace_key kind, rd_slice key);
void gw_index_fill(gw_index_entry *e, gw_workspace_key kind, rd_slice key, uint32_t workspace);

#endif
