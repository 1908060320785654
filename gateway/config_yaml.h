/* SPDX-License-Identifier: MIT */
/*
 * YAML text to a tree of nodes that know where they stand.
 *
 * libyaml does the scanning and parsing; this composes its events into a tree and refuses what a
 * configuration does not need: several documents, anchors and aliases (a few bytes of them can stand for
 * gigabytes), tags, NUL characters, keys that are not plain text. Depth and number of nodes have ceilings, so
 * memory is bounded by the size of the file.
 *
 * Nodes belong to the document. `shown` says whether diagnostics may print the node's text: nothing is shown
 * until the key table has recognised it as no secret (see gw_yaml_show and config.c).
 */
#ifndef GW_CONFIG_YAML_H
#define GW_CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/config_mem.h"
#include "gateway/diagnostics.h"

enum { GW_YAML_MAX_BYTES = 16 << 20, GW_YAML_MAX_NODES = 250000, GW_YAML_MAX_DEPTH = 32 };

typedef enum gw_yaml_kind { GW_YAML_SCALAR, GW_YAML_SEQUENCE, GW_YAML_MAPPING } gw_yaml_kind;

/* Counted from 1; columns are characters. Line 0: not from a file. */
typedef struct gw_yaml_mark {
    uint32_t line, column;
} gw_yaml_mark;

typedef struct gw_yaml_doc gw_yaml_doc;
typedef struct gw_yaml_node gw_yaml_node;

struct gw_yaml_node {
    gw_yaml_kind kind;
    bool plain; /* scalar without quotes, not a block */
    bool shown;
    gw_yaml_mark start, end; /* end is exclusive */
    const char *text;        /* scalar: NUL-terminated, without NUL inside */
    gw_yaml_node *key;       /* of this value in its mapping */
    gw_yaml_node *parent;
    gw_yaml_node *first, *last, *next; /* children: items, or values of a mapping */
    gw_yaml_node *next_scalar;         /* all scalars in file order, keys too */
    uint32_t index;                    /* among the siblings */
    uint32_t n_children;
    const gw_yaml_doc *doc;
};

struct gw_yaml_doc {
    const char *name; /* for diagnostics */
    const char *text; /* borrowed until gw_yaml_free */
    size_t n;
    gw_yaml_node *root; /* NULL: nothing in the file */
    gw_yaml_node *first_scalar;
    gw_mem mem;
};

/* Composes `text`; false when it could not, the reason is in `d`. Syntax errors show of the source no more
 * than a leading word that `is_key` knows. */
bool gw_yaml_parse(gw_yaml_doc *doc, const char *text, size_t n, const char *name,
                   bool (*is_key)(const char *word, size_t n), gw_diagnostics *d);
void gw_yaml_free(gw_yaml_doc *doc);

/* The items of one long list, {KEY: [item, ...]} with few other keys: each goes to `on_item` when it is
 * complete, as the root of a document of its own that is gone when the call returns, so that memory and the
 * ceiling of nodes are those of one item. */
typedef struct gw_yaml_items {
    const char *key;
    void (*on_item)(void *arg, gw_yaml_doc *item);
    void *arg;
} gw_yaml_items;

enum { GW_YAML_MAX_LIST_BYTES = 256 << 20 };

/* As gw_yaml_parse; in `doc` the list of `items` has its count of children, and no children. */
bool gw_yaml_parse_items(gw_yaml_doc *doc, const char *text, size_t n, const char *name,
                         bool (*is_key)(const char *word, size_t n), const gw_yaml_items *items,
                         gw_diagnostics *d);

/* Lets diagnostics print the node and everything below. */
void gw_yaml_show(gw_yaml_node *node);
/* Reports every key that its mapping has twice. */
void gw_yaml_find_duplicates(const gw_yaml_doc *doc, gw_diagnostics *d);

/* The value of `key`, NULL: none (or not a mapping). */
gw_yaml_node *gw_yaml_get(const gw_yaml_node *mapping, const char *key);
/* The node at a path such as `routes[2].upstream`, or the deepest one on the way to it. */
gw_yaml_node *gw_yaml_at(gw_yaml_node *root, const char *path);
/* An empty plain scalar, `~` or `null`. */
bool gw_yaml_is_null(const gw_yaml_node *node);
/* The text of a key for messages, "***" unless it may be shown: `{Key:secret}` without the space is one key.
 */
const char *gw_yaml_key_name(const gw_yaml_node *key);
/* The path of a node, "" for the root; keys as gw_yaml_key_name. */
const char *gw_yaml_path(const gw_yaml_node *node, gw_mem *mem);

#endif
