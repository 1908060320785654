/* SPDX-License-Identifier: MIT */
/*
 * Loading, private to config*.c (and to its fuzz target and tests).
 *
 *    text ─ config_yaml ─► tree ─ config_sections + config_types, by the table ─► structs
 *         ─ config_derive ─► computed defaults ─ config_check ─► cross-field rules ─► gw_config
 *
 * Each step reports all it finds; only text that is no YAML ends a run early.
 */
#ifndef GW_CONFIG_LOAD_H
#define GW_CONFIG_LOAD_H

#include "filters/base/buf.h"
#include "gateway/config.h"
#include "gateway/config_mem.h"
#include "gateway/config_yaml.h"
#include "gateway/config_yaml_report.h"

typedef struct gw_key gw_key;
typedef struct gw_section gw_section;

/* GW_SEALED: files are not looked at and the environment counts as empty, for text from strangers (fuzzing).
 */
typedef enum gw_access { GW_OPEN, GW_SEALED } gw_access;

typedef struct gw_loader {
    gw_mem *mem;       /* of the config; borrowed */
    gw_diagnostics *d; /* borrowed */
    const char *dir;   /* relative file names start here: "" or ends with a slash */
    gw_access access;
    bool override; /* fill only what is given: no defaults, nothing is required */
} gw_loader;

/* gw_config_parse with a choice of access and directory. */
gw_config *gw_config_parse_in(const char *text, size_t n, const char *name, const char *dir, gw_access access,
                              gw_diagnostics *d);

/* Reads a file until the end, for pipes as well; `text` has its ceiling. false: reported. */
bool gw_config_read(const char *path, rd_buf *text, gw_diagnostics *d);
/* The absolute directory of a file, with a slash at the end; the caller frees it. NULL: no memory or it went
 * away. */
char *gw_config_directory(const char *path);

/* The text of a scalar node, or of the file that {file: ...} names, variables replaced. false: reported. */
bool gw_scalar(gw_loader *l, const gw_key *k, gw_yaml_node *n, const char **out);
/* `name` relative to l->dir. */
const char *gw_resolve(gw_loader *l, const char *name);
/* Reports at `n` unless the file `path` is there and readable (and private, with GW_KEY_PRIVATE). */
void gw_require_file(gw_loader *l, const gw_key *k, const gw_yaml_node *n, const char *path);

/* Fills a struct from a mapping by its section; n may be NULL: defaults only. */
void gw_load_section(gw_loader *l, const gw_section *s, gw_yaml_node *n, void *base);
/* Lets diagnostics show what the table knows as no secret. */
void gw_show_known(const gw_section *s, gw_yaml_node *n);

/* Computed defaults: routes, paths, tenant, client certificates. */
void gw_config_derive(gw_loader *l, gw_config *c, gw_yaml_node *root);
/* The same of one workspace. */
void gw_workspace_derive(gw_loader *l, gw_workspace_cfg *w, const gw_yaml_node *node);
/* Rules that span several keys. */
void gw_config_check(gw_loader *l, const gw_config *c, gw_yaml_node *root);

/* Files that the build put into the program; NULL: none of that name ("default.yaml", "rules/pii.yaml", ...).
 */
const char *gw_embedded(const char *name, size_t *out_n);

#endif
