/* SPDX-License-Identifier: MIT */
/* Setters of the types that are one value, or a list of values. What they report never repeats the value. */
#include "gateway/config_keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gateway/config_nearest.h"

static const char *path_of(gw_loader *l, const gw_key *k, const gw_yaml_node *n)
{
    const char *path = gw_yaml_path(n, l->mem);
    return *path != '\0' ? path : k->name;
}

static void complain(gw_loader *l, const gw_key *k, const gw_yaml_node *n, const char *why)
{
    gw_diag_at(l->d, n, NULL, "`%s` %s", path_of(l, k, n), why);
}

/* "must be one of a, b, c", with the nearest as a hint; a long list is left to the reference. */
static void complain_word(gw_loader *l, const gw_key *k, const gw_yaml_node *n, const char *text)
{
    enum { MAX_WORDS_IN_MESSAGE = 8 };
    gw_nearest near = {.word = text};
    const char *list = "";
    size_t count = 0;
    for (const gw_word *w = k->words; w->word != NULL; w++, count++) {
        gw_nearest_offer(&near, w->word);
        list = gw_mem_format(l->mem, "%s%s%s", list, count > 0 ? ", " : "", w->word);
    }
    if (count > MAX_WORDS_IN_MESSAGE)
        list = "the words that `redactd reference` lists";
    const char *hint = near.best != NULL ? gw_mem_format(l->mem, "did you mean `%s`?", near.best) : NULL;
    gw_diag_at(l->d, n, hint, "`%s` must be one of %s", path_of(l, k, n), list);
}

static const gw_word *find_word(const gw_word *words, const char *text)
{
    for (const gw_word *w = words; w->word != NULL; w++) {
        if (strcmp(w->word, text) == 0)
            return w;
    }
    return NULL;
}

/* The items of a list node: false when it is none or has a wrong number of them. An absent value is no items.
 */
static bool check_list(gw_loader *l, const gw_key *k, const gw_yaml_node *n, uint64_t max)
{
    if (n->kind != GW_YAML_SEQUENCE && !gw_yaml_is_null(n)) {
        gw_diag_at(l->d, n, n->kind == GW_YAML_SCALAR ? "write it as a list: [ ... ]" : NULL,
                   "`%s` must be a list", path_of(l, k, n));
        return false;
    }
    if (n->n_children < k->min) {
        complain(l, k, n, "must not be empty");
        return false;
    }
    if (n->n_children > max) {
        complain(l, k, n, gw_mem_format(l->mem, "must have at most %" PRIu64 " items", max));
        return false;
    }
    return true;
}

static bool text_value(gw_loader *l, const gw_key *k, gw_yaml_node *n, const char **out)
{
    const char *text, *why = NULL;
    uint64_t max = k->max > 0 && k->count_offset == 0 ? k->max : GW_TEXT_MAX;
    if (!gw_scalar(l, k, n, &text))
        return false;
    if (*text == '\0')
        why = "must not be empty";
    else if (k->count_offset == 0 && strlen(text) < k->min)
        why = gw_mem_format(l->mem, "must have at least %" PRIu64 " bytes", k->min);
    else if (strlen(text) > max)
        why = gw_mem_format(l->mem, "must have at most %" PRIu64 " bytes", max);
    else if (k->form != NULL)
        why = k->form(text);
    if (why != NULL) {
        complain(l, k, n, why);
        return false;
    }
    *out = text;
    return true;
}

void gw_set_text(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base)
{
    const char *text;
    if (!text_value(l, k, n, &text))
        return;
    if (k->words != NULL && find_word(k->words, text) == NULL) {
        complain_word(l, k, n, text);
        return;
    }
    if (k->flags & GW_KEY_PATH)
        text = gw_resolve(l, text);
    if (k->flags & GW_KEY_READ)
        gw_require_file(l, k, n, text);
    *(const char **)((char *)base + k->offset) = text;
}

void gw_set_bool(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base)
{
    const char *text;
    if (!gw_scalar(l, k, n, &text))
        return;
    bool yes = strcmp(text, "true") == 0;
    if (!yes && strcmp(text, "false") != 0) {
        complain(l, k, n, "must be true or false");
        return;
    }
    *(bool *)((char *)base + k->offset) = yes;
}

static bool number_value(gw_loader *l, const gw_key *k, gw_yaml_node *n, uint64_t *out)
{
    const char *text;
    uint64_t v;
    if (!gw_scalar(l, k, n, &text))
        return false;
    const char *why = gw_scan_number(text, k->unit, &v);
    if (why == NULL && k->min == k->max && v != k->min)
        why = gw_mem_format(l->mem, "must be %s", gw_write_number(k->min, k->unit, l->mem));
    else if (why == NULL && (v < k->min || v > k->max))
        why = gw_mem_format(l->mem, "must be from %s to %s", gw_write_number(k->min, k->unit, l->mem),
                            gw_write_number(k->max, k->unit, l->mem));
    if (why != NULL) {
        complain(l, k, n, why);
        return false;
    }
    *out = v;
    return true;
}

void gw_set_u32(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base)
{
    uint32_t *field = (uint32_t *)((char *)base + k->offset);
    const char *text;
    uint64_t v;
    if (k->words == NULL) {
        if (number_value(l, k, n, &v))
            *field = (uint32_t)v;
        return;
    }
    if (!gw_scalar(l, k, n, &text))
        return;
    const gw_word *w = find_word(k->words, text);
    if (w == NULL)
        complain_word(l, k, n, text);
    /* No word of the enum: later steps shall not take a mistake for the enum's first word. */
    *field = w != NULL ? (uint32_t)w->value : UINT32_MAX;
}

static void set_bits(gw_loader *l, const gw_key *k, gw_yaml_node *n, uint64_t *out)
{
    uint64_t bits = 0;
    const char *text;
    if (!check_list(l, k, n, 64))
        return;
    for (gw_yaml_node *item = n->first; item != NULL; item = item->next) {
        if (!gw_scalar(l, k, item, &text))
            continue;
        const gw_word *w = find_word(k->words, text);
        if (w != NULL)
            bits |= UINT64_C(1) << w->value;
        else
            complain_word(l, k, item, text);
    }
    *out = bits;
}

void gw_set_u64(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base)
{
    uint64_t *field = (uint64_t *)((char *)base + k->offset), v;
    if (k->words != NULL)
        set_bits(l, k, n, field);
    else if (number_value(l, k, n, &v))
        *field = v;
}

void gw_set_date(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base)
{
    const char *text;
    if (!gw_scalar(l, k, n, &text))
        return;
    const char *why = gw_scan_date(text, (time_t *)((char *)base + k->offset));
    if (why != NULL)
        complain(l, k, n, why);
}

void gw_set_texts(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base)
{
    if (!check_list(l, k, n, k->max))
        return;
    const char **list = gw_mem_alloc(l->mem, (n->n_children + 1) * sizeof *list);
    size_t count = 0;
    for (gw_yaml_node *item = n->first; item != NULL; item = item->next)
        count += text_value(l, k, item, &list[count]);
    *(const char ***)((char *)base + k->offset) = list;
    *(size_t *)((char *)base + k->count_offset) = count;
}

static bool scan_address(gw_loader *l, const gw_key *k, gw_yaml_node *n, const char **out_text,
                         gw_address *out)
{
    if (!gw_scalar(l, k, n, out_text))
        return false;
    const char *why = gw_scan_address(*out_text, l->mem, out);
    if (why != NULL)
        complain(l, k, n, why);
    return why == NULL;
}

void gw_set_address(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base)
{
    gw_listener_cfg *listener = base;
    gw_address a;
    const char *text;
    if (!scan_address(l, k, n, &text, &a))
        return;
    listener->address = text;
    listener->host = a.host;
    listener->port = a.port;
}

void gw_set_redis_address(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base)
{
    gw_redis_cfg *redis = base;
    gw_address a;
    const char *text;
    if (!scan_address(l, k, n, &text, &a))
        return;
    redis->address = text;
    redis->host = a.host;
    redis->port = a.port;
}

void gw_set_endpoints(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base)
{
    if (!check_list(l, k, n, k->max))
        return;
    gw_endpoint_cfg *list = gw_mem_alloc(l->mem, (n->n_children + 1) * sizeof *list);
    size_t count = 0;
    for (gw_yaml_node *item = n->first; item != NULL; item = item->next) {
        const char *text;
        gw_url u;
        if (!text_value(l, k, item, &text))
            continue;
        const char *why = gw_scan_url(text, l->mem, &u);
        if (why != NULL)
            complain(l, k, item, why);
        else
            list[count++] =
                (gw_endpoint_cfg){.url = text, .host = u.host, .path = u.path, .port = u.port, .tls = u.tls};
    }
    *(gw_endpoint_cfg **)((char *)base + k->offset) = list;
    *(size_t *)((char *)base + k->count_offset) = count;
}

static bool is_repeated(const gw_header_cfg *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcasecmp(list[i].name, name) == 0)
            return true;
    }
    return false;
}

void gw_set_headers(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base)
{
    if (n->kind != GW_YAML_MAPPING && !gw_yaml_is_null(n)) {
        complain(l, k, n, "must be a mapping of header names to values");
        return;
    }
    if (n->n_children > k->max) {
        complain(l, k, n, gw_mem_format(l->mem, "must have at most %" PRIu64 " headers", k->max));
        return;
    }
    gw_header_cfg *list = gw_mem_alloc(l->mem, (n->n_children + 1) * sizeof *list);
    size_t count = 0;
    for (gw_yaml_node *v = n->first; v != NULL; v = v->next) {
        const char *name = gw_mem_text(l->mem, v->key->text, strlen(v->key->text)), *value;
        const char *why = k->form(name);
        if (why == NULL && is_repeated(list, count, name))
            why = "is there twice (case does not matter)";
        if (why != NULL) {
            gw_diag_at(l->d, v->key, NULL, "`%s` %s", path_of(l, k, v), why);
            continue;
        }
        if (!gw_scalar(l, k, v, &value))
            continue;
        why = *value == '\0' ? "must not be empty" : gw_form_header_value(value);
        if (why != NULL)
            complain(l, k, v, why);
        else
            list[count++] = (gw_header_cfg){.name = name, .value = value};
    }
    *(gw_header_cfg **)((char *)base + k->offset) = list;
    *(size_t *)((char *)base + k->count_offset) = count;
}

/* Names are the keys of one mapping, so the YAML layer has found those that are there twice. */
void gw_set_labels(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base)
{
    if (n->kind != GW_YAML_MAPPING && !gw_yaml_is_null(n)) {
        complain(l, k, n, "must be a mapping of names to values");
        return;
    }
    if (n->n_children > k->max) {
        complain(l, k, n, gw_mem_format(l->mem, "must have at most %" PRIu64 " labels", k->max));
        return;
    }
    gw_label_cfg *list = gw_mem_alloc(l->mem, (n->n_children + 1) * sizeof *list);
    size_t count = 0;
    for (gw_yaml_node *v = n->first; v != NULL; v = v->next) {
        const char *name = gw_mem_text(l->mem, v->key->text, strlen(v->key->text)), *value;
        const char *why = k->form(name);
        if (why != NULL) {
            gw_diag_at(l->d, v->key, NULL, "`%s` %s", path_of(l, k, v), why);
            continue;
        }
        if (!gw_scalar(l, k, v, &value))
            continue;
        if (*value == '\0' || strlen(value) > GW_TEXT_MAX)
            complain(l, k, v, "must have 1 to 1024 bytes");
        else
            list[count++] = (gw_label_cfg){.name = name, .value = value};
    }
    *(gw_label_cfg **)((char *)base + k->offset) = list;
    *(size_t *)((char *)base + k->count_offset) = count;
}
