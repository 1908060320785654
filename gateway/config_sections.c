/* SPDX-License-Identifier: MIT */
/* Structs from mappings, by the key table. Recursion is as deep as the table. */
#include "gateway/config_keys.h"

#include <inttypes.h>
#include <string.h>

#include "gateway/config_nearest.h"

/* A longer list helps nobody. */
enum { MAX_KEYS_IN_HINT = 6 };

static const gw_key *find_key(const gw_section *s, const char *name)
{
    for (const gw_key *k = s->keys; k->name != NULL; k++) {
        if (strcmp(k->name, name) == 0)
            return k;
    }
    return NULL;
}

static const gw_key *nearest_key(const gw_section *s, const char *name)
{
    gw_nearest near = {.word = name};
    for (const gw_key *k = s->keys; k->name != NULL; k++)
        gw_nearest_offer(&near, k->name);
    return near.best != NULL ? find_key(s, near.best) : NULL;
}

static const char *place_of(gw_loader *l, const gw_yaml_node *n)
{
    const char *path = gw_yaml_path(n, l->mem);
    return *path != '\0' ? gw_mem_format(l->mem, "in `%s`", path) : "at the top level";
}

static void report_unknown(gw_loader *l, const gw_section *s, const gw_yaml_node *section,
                           const gw_yaml_node *v)
{
    gw_mem scratch = {0}; /* a file may hold thousands of unknown keys */
    const gw_key *near = nearest_key(s, v->key->text);
    const char *hint = "", *path = gw_yaml_path(section, &scratch);
    size_t n = 0;
    for (const gw_key *k = s->keys; k->name != NULL; k++, n++)
        hint = gw_mem_format(&scratch, "%s%s%s", hint, n > 0 ? ", " : "known here: ", k->name);
    if (near != NULL)
        hint = gw_mem_format(&scratch, "did you mean `%s`?", near->name);
    else if (n > MAX_KEYS_IN_HINT)
        hint = "`redactd reference` lists all keys";
    if (*path != '\0')
        gw_diag_at(l->d, v->key, hint, "unknown key `%.64s` in `%s`", gw_yaml_key_name(v->key), path);
    else
        gw_diag_at(l->d, v->key, hint, "unknown key `%.64s` at the top level", gw_yaml_key_name(v->key));
    gw_mem_release(&scratch);
}

/* A default is YAML text and takes the way of all values. */
static void set_default(gw_loader *l, const gw_key *k, void *base)
{
    gw_yaml_doc doc = {0};
    gw_yaml_node scalar = {.kind = GW_YAML_SCALAR, .text = k->def};
    if (*k->def != '[' && *k->def != '{') {
        k->type->set(l, k, &scalar, base);
        return;
    }
    if (gw_yaml_parse(&doc, k->def, strlen(k->def), "(default)", gw_is_key, l->d))
        k->type->set(l, k, doc.root, base);
    gw_yaml_free(&doc);
}

/* Is there an unknown key that probably means `k`? Then that has been reported, and `k` is not missing as
 * well. */
static bool is_misspelt(const gw_section *s, const gw_yaml_node *section, const gw_key *k)
{
    for (const gw_yaml_node *v = section->first; v != NULL; v = v->next) {
        if (find_key(s, v->key->text) == NULL && nearest_key(s, v->key->text) == k)
            return true;
    }
    return false;
}

/* The keys of a nested struct that is always there, from what is given or from defaults. */
static void load_absent(gw_loader *l, const gw_section *s, const gw_key *k, gw_yaml_node *section, void *base)
{
    if (l->override)
        return;
    if (k->def != NULL) {
        set_default(l, k, base);
    } else if (k->flags & GW_KEY_REQUIRED) {
        if (section != NULL && !is_misspelt(s, section, k))
            gw_diag_at(l->d, section, NULL, "key `%s` is missing %s", k->name, place_of(l, section));
    } else if (k->section != NULL && k->count_offset == 0 && k->presence_offset == 0) {
        gw_load_section(l, k->section, NULL, (char *)base + k->offset);
    }
}

void gw_load_section(gw_loader *l, const gw_section *s, gw_yaml_node *n, void *base)
{
    /* A null has no children: all of its keys are missing. */
    for (gw_yaml_node *v = n != NULL ? n->first : NULL; v != NULL; v = v->next) {
        if (find_key(s, v->key->text) == NULL)
            report_unknown(l, s, n, v);
    }
    for (const gw_key *k = s->keys; k->name != NULL; k++) {
        gw_yaml_node *v = gw_yaml_get(n, k->name);
        if (v != NULL)
            k->type->set(l, k, v, base);
        else
            load_absent(l, s, k, n, base);
    }
}

/* A mapping, or nothing at all (`limits:` with everything below commented out). */
static bool check_mapping(gw_loader *l, const gw_yaml_node *n)
{
    if (n->kind == GW_YAML_MAPPING || gw_yaml_is_null(n))
        return true;
    gw_diag_at(l->d, n, NULL, "`%s` must be a mapping of keys to values", gw_yaml_path(n, l->mem));
    return false;
}

void gw_set_section(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base)
{
    if (k->presence_offset != 0) {
        bool none = n->kind == GW_YAML_SCALAR && strcmp(n->text, "none") == 0;
        *(bool *)((char *)base + k->presence_offset) = !none;
        if (none)
            return;
    }
    if (!check_mapping(l, n))
        return;
    if (n->kind == GW_YAML_SCALAR && k->presence_offset != 0)
        gw_diag_at(l->d, n, NULL, "`%s` has no value", gw_yaml_path(n, l->mem));
    else
        gw_load_section(l, k->section, n, (char *)base + k->offset);
}

static bool check_count(gw_loader *l, const gw_key *k, const gw_yaml_node *n)
{
    if (n->n_children < k->min)
        gw_diag_at(l->d, n, NULL, "`%s` must not be empty", gw_yaml_path(n, l->mem));
    else if (n->n_children > k->max)
        gw_diag_at(l->d, n, NULL, "`%s` must have at most %" PRIu64 " entries", gw_yaml_path(n, l->mem),
                   k->max);
    else
        return true;
    return false;
}

/* Room for one struct per child of `n`; field and count of `base` are set. */
static char *new_array(gw_loader *l, const gw_key *k, const gw_yaml_node *n, void *base)
{
    char *list = gw_mem_alloc(l->mem, (n->n_children + 1) * k->section->size);
    *(void **)((char *)base + k->offset) = list;
    *(size_t *)((char *)base + k->count_offset) = n->n_children;
    return list;
}

void gw_set_list(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base)
{
    if (n->kind != GW_YAML_SEQUENCE && !gw_yaml_is_null(n)) {
        gw_diag_at(l->d, n, NULL, "`%s` must be a list", gw_yaml_path(n, l->mem));
        return;
    }
    if (!check_count(l, k, n))
        return;
    char *at = new_array(l, k, n, base);
    for (gw_yaml_node *item = n->first; item != NULL; item = item->next, at += k->section->size) {
        if (check_mapping(l, item))
            gw_load_section(l, k->section, item, at);
    }
}

/* A list whose items went elsewhere, see gw_yaml_parse_items. */
void gw_set_items(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base)
{
    if (n->kind != GW_YAML_SEQUENCE && !gw_yaml_is_null(n))
        gw_diag_at(l->d, n, NULL, "`%s` must be a list", gw_yaml_path(n, l->mem));
}

void gw_set_map(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base)
{
    if (!check_mapping(l, n) || !check_count(l, k, n))
        return;
    char *at = new_array(l, k, n, base);
    for (gw_yaml_node *v = n->first; v != NULL; v = v->next, at += k->section->size) {
        const char *why = k->form(v->key->text);
        if (why != NULL)
            gw_diag_at(l->d, v->key, NULL, "a key of `%s` %s", k->name, why);
        *(const char **)at = gw_mem_text(l->mem, v->key->text, strlen(v->key->text));
        if (check_mapping(l, v))
            gw_load_section(l, k->section, v, at);
    }
}

/* --- what diagnostics may show --- */

/* A key that can be nothing but a name. To YAML, `{Key:secret}`, `{Key secret}` and `{secret}` are keys, too.
 */
static bool is_name(const gw_yaml_node *v)
{
    return gw_form_name(v->key->text) == NULL && !gw_yaml_is_null(v);
}

static void show_children(const gw_key *k, gw_yaml_node *v)
{
    for (gw_yaml_node *c = v->first; c != NULL; c = c->next) {
        if (c->key != NULL)
            c->key->shown = (k->flags & GW_KEY_SECRET) != 0 ? is_name(c) : gw_form_name(c->key->text) == NULL;
        if ((k->flags & GW_KEY_SECRET) == 0)
            gw_show_known(k->section, c);
        else if (c->n_children == 1 && gw_yaml_get(c, "file") != NULL)
            gw_yaml_show(c); /* the name of a secret's file is none */
    }
}

static void show_value(const gw_key *k, gw_yaml_node *v)
{
    bool many = v->kind == GW_YAML_SEQUENCE || (v->kind == GW_YAML_MAPPING && k->type == &gw_type_map);
    if (k->flags & GW_KEY_SECRET)
        show_children(k, v);
    else if (k->section == NULL)
        gw_yaml_show(v);
    else if (many)
        show_children(k, v);
    else
        gw_show_known(k->section, v);
}

void gw_show_known(const gw_section *s, gw_yaml_node *n)
{
    if (n->kind != GW_YAML_MAPPING)
        return;
    for (gw_yaml_node *v = n->first; v != NULL; v = v->next) {
        const gw_key *k = find_key(s, v->key->text);
        if (k == NULL)
            k = nearest_key(s, v->key->text);
        v->key->shown = k != NULL || is_name(v);
        if (k != NULL)
            show_value(k, v);
    }
}
