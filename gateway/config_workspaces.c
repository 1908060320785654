/* SPDX-License-Identifier: MIT */
/*
 * The file of workspaces. It may have tens of thousands of entries, so it is not composed into one tree: each
 * entry is read, checked and turned into its struct by the same table as an entry of the configuration, and
 * its nodes are gone before the next one comes.
 */
#include "gateway/config_keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct reader {
    gw_loader l;
    gw_workspace_cfg *list; /* owned until it moves into memory of the caller */
    size_t n, cap;
    const char *name; /* of the file, in memory of the caller */
} reader;

static gw_workspace_cfg *next_entry(reader *r)
{
    if (r->n == r->cap) {
        size_t cap = r->cap == 0 ? 64 : r->cap * 2;
        gw_workspace_cfg *list = realloc(r->list, cap * sizeof *list);
        if (list == NULL)
            abort(); /* as gw_mem_alloc: nothing here is sized by a client */
        r->list = list;
        r->cap = cap;
    }
    r->list[r->n] = (gw_workspace_cfg){0};
    return &r->list[r->n++];
}

static void on_item(void *arg, gw_yaml_doc *item)
{
    reader *r = arg;
    gw_yaml_node *n = item->root;
    n->parent->key->shown = true; /* it is the word that made it this list */
    if (n->kind != GW_YAML_MAPPING) {
        gw_diag_at(r->l.d, n, NULL, "`%s` must be a mapping of keys to values", gw_yaml_path(n, r->l.mem));
        return;
    }
    gw_show_known(&gw_workspace_section, n);
    gw_yaml_find_duplicates(item, r->l.d);
    gw_workspace_cfg *w = next_entry(r);
    gw_load_section(&r->l, &gw_workspace_section, n, w);
    gw_workspace_derive(&r->l, w, n);
    w->origin.name = r->name;
}

static void load_root(reader *r, gw_yaml_doc *doc)
{
    gw_config ignored = {0};
    if (doc->root == NULL || doc->root->kind != GW_YAML_MAPPING) {
        gw_diag_file(r->l.d, doc->name,
                     "a file of workspaces is a mapping: `version: 1` and `workspaces`, a list");
        return;
    }
    gw_show_known(&gw_workspaces_file_section, doc->root);
    gw_yaml_find_duplicates(doc, r->l.d);
    gw_load_section(&r->l, &gw_workspaces_file_section, doc->root, &ignored);
}

static bool load_text(const char *text, size_t n, const char *name, const char *dir, gw_access access,
                      gw_mem *mem, gw_workspace_cfg **out_list, size_t *out_n, gw_diagnostics *d)
{
    size_t errors_before = gw_diagnostics_errors(d);
    reader r = {.l = {.mem = mem, .d = d, .dir = dir, .access = access},
                .name = gw_mem_text(mem, name, strlen(name))};
    const gw_yaml_items items = {.key = "workspaces", .on_item = on_item, .arg = &r};
    gw_yaml_doc doc;
    if (gw_yaml_parse_items(&doc, text, n, name, gw_is_key, &items, d))
        load_root(&r, &doc);
    gw_yaml_free(&doc);
    gw_workspace_cfg *list = gw_mem_alloc(mem, (r.n + 1) * sizeof *list);
    if (r.n > 0)
        memcpy(list, r.list, r.n * sizeof *list);
    free(r.list);
    *out_list = list;
    *out_n = r.n;
    return gw_diagnostics_errors(d) == errors_before;
}

bool gw_config_parse_workspaces(const char *text, size_t n, const char *name, gw_mem *mem,
                                gw_workspace_cfg **out_list, size_t *out_n, gw_diagnostics *d)
{
    return load_text(text, n, name, "", GW_SEALED, mem, out_list, out_n, d);
}

bool gw_config_load_workspaces(const char *path, gw_mem *mem, gw_workspace_cfg **out_list, size_t *out_n,
                               gw_diagnostics *d)
{
    bool ok = false;
    char *dir = NULL;
    rd_buf text;
    rd_buf_init(&text, GW_YAML_MAX_LIST_BYTES + (128 << 10));
    if (gw_config_read(path, &text, d)) {
        dir = gw_config_directory(path);
        if (dir == NULL)
            gw_diag_file(d, path, "cannot find its directory: %s", strerror(errno));
        else
            ok = load_text((const char *)text.p, text.n, path, dir, GW_OPEN, mem, out_list, out_n, d);
    }
    rd_buf_wipe(&text);
    rd_buf_release(&text);
    free(dir);
    return ok;
}
