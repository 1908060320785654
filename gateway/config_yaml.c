/* SPDX-License-Identifier: MIT */
#include "gateway/config_yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "gateway/config_yaml_report.h"

/* What is open while events come in; one level per list or mapping. */
typedef struct composer {
    gw_yaml_doc *doc;
    gw_diagnostics *d;
    bool (*is_key)(const char *word, size_t n);
    gw_yaml_node *open[GW_YAML_MAX_DEPTH];
    gw_yaml_node *pending_key[GW_YAML_MAX_DEPTH]; /* key that waits for its value */
    size_t depth;
    gw_yaml_node **scalar_tail;
    uint32_t n_nodes, n_documents;
    /* a list whose items are handed out; NULL: none */
    const gw_yaml_items *items;
    gw_yaml_node *list; /* once it is open */
    gw_yaml_doc *whole, item;
    gw_yaml_node **whole_tail;
    uint32_t whole_nodes;
} composer;

static gw_yaml_mark mark_of(yaml_mark_t m)
{
    return (gw_yaml_mark){.line = (uint32_t)m.line + 1, .column = (uint32_t)m.column + 1};
}

static bool refuse(composer *c, const yaml_event_t *ev, const char *what)
{
    gw_diag_syntax(c->d, c->doc, mark_of(ev->start_mark), c->is_key, "%s", what);
    return false;
}

static gw_yaml_node *new_node(composer *c, const yaml_event_t *ev, gw_yaml_kind kind)
{
    gw_yaml_node *n = gw_mem_alloc(&c->doc->mem, sizeof *n);
    n->kind = kind;
    n->doc = c->doc;
    n->start = mark_of(ev->start_mark);
    n->end = mark_of(ev->end_mark);
    c->n_nodes++;
    return n;
}

static void link_child(gw_yaml_node *parent, gw_yaml_node *n)
{
    n->parent = parent;
    n->index = parent->n_children++;
    if (parent->last == NULL)
        parent->first = n;
    else
        parent->last->next = n;
    parent->last = n;
}

/* Puts a node where the innermost open list or mapping expects one. */
static bool place(composer *c, const yaml_event_t *ev, gw_yaml_node *n)
{
    if (c->depth == 0) {
        c->doc->root = n;
        return true;
    }
    gw_yaml_node *parent = c->open[c->depth - 1], **key = &c->pending_key[c->depth - 1];
    if (parent->kind == GW_YAML_MAPPING && *key == NULL) {
        if (n->kind != GW_YAML_SCALAR)
            return refuse(c, ev, "a key must be text, not a list or mapping");
        n->parent = parent;
        *key = n;
        return true;
    }
    n->key = *key;
    *key = NULL;
    link_child(parent, n);
    return true;
}

static bool add_scalar(composer *c, const yaml_event_t *ev)
{
    size_t n = ev->data.scalar.length;
    const char *text = (const char *)ev->data.scalar.value;
    if (memchr(text, '\0', n) != NULL)
        return refuse(c, ev, "text must not hold a NUL character");
    gw_yaml_node *node = new_node(c, ev, GW_YAML_SCALAR);
    node->plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->text = gw_mem_text(&c->doc->mem, text, n);
    *c->scalar_tail = node;
    c->scalar_tail = &node->next_scalar;
    return place(c, ev, node);
}

static bool is_handed_out(const composer *c, const gw_yaml_node *n)
{
    return c->items != NULL && c->depth == 1 && c->list == NULL && n->kind == GW_YAML_SEQUENCE &&
           n->key != NULL && strcmp(n->key->text, c->items->key) == 0;
}

static bool open_collection(composer *c, const yaml_event_t *ev, gw_yaml_kind kind)
{
    if (c->depth == GW_YAML_MAX_DEPTH)
        return refuse(c, ev, "nested too deeply");
    gw_yaml_node *node = new_node(c, ev, kind);
    if (!place(c, ev, node))
        return false;
    if (is_handed_out(c, node))
        c->list = node;
    c->pending_key[c->depth] = NULL;
    c->open[c->depth++] = node;
    return true;
}

static bool has_anchor_or_tag(const yaml_event_t *ev)
{
    switch (ev->type) {
    case YAML_SCALAR_EVENT:
        return ev->data.scalar.anchor != NULL || ev->data.scalar.tag != NULL;
    case YAML_SEQUENCE_START_EVENT:
        return ev->data.sequence_start.anchor != NULL || ev->data.sequence_start.tag != NULL;
    case YAML_MAPPING_START_EVENT:
        return ev->data.mapping_start.anchor != NULL || ev->data.mapping_start.tag != NULL;
    default:
        return false;
    }
}

static bool compose(composer *c, const yaml_event_t *ev)
{
    if (c->n_nodes == GW_YAML_MAX_NODES)
        return refuse(c, ev, "too many keys and values");
    if (has_anchor_or_tag(ev))
        return refuse(c, ev, "anchors (&) and tags (!) are not supported; put text that starts so in quotes");
    switch (ev->type) {
    case YAML_ALIAS_EVENT:
        return refuse(c, ev, "aliases (*) are not supported; put text that starts so in quotes");
    case YAML_DOCUMENT_START_EVENT:
        return c->n_documents++ == 0 ||
               refuse(c, ev, "a second YAML document starts here; one is all there can be");
    case YAML_SCALAR_EVENT:
        return add_scalar(c, ev);
    case YAML_SEQUENCE_START_EVENT:
        return open_collection(c, ev, GW_YAML_SEQUENCE);
    case YAML_MAPPING_START_EVENT:
        return open_collection(c, ev, GW_YAML_MAPPING);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        c->open[--c->depth]->end = mark_of(ev->end_mark);
        return true;
    default:
        return true;
    }
}

static bool at_list(const composer *c)
{
    return c->list != NULL && c->depth == 2 && c->open[1] == c->list;
}

/* What follows belongs to one item alone. */
static void begin_item(composer *c)
{
    c->whole_tail = c->scalar_tail;
    c->whole_nodes = c->n_nodes;
    c->doc = &c->item;
    c->item.first_scalar = NULL;
    c->scalar_tail = &c->item.first_scalar;
}

static void end_item(composer *c)
{
    c->item.root = c->list->last;
    if (c->item.root != NULL)
        c->items->on_item(c->items->arg, &c->item);
    c->list->first = c->list->last = NULL;
    gw_mem_clear(&c->item.mem);
    c->doc = c->whole;
    c->scalar_tail = c->whole_tail;
    c->n_nodes = c->whole_nodes;
}

static bool compose_items(composer *c, const yaml_event_t *ev)
{
    bool begins = at_list(c) && ev->type != YAML_SEQUENCE_END_EVENT;
    if (begins)
        begin_item(c);
    bool ok = compose(c, ev);
    if (c->doc == &c->item && (!ok || at_list(c)))
        ok ? end_item(c) : (void)(c->doc = c->whole);
    return ok;
}

/* Line and column of a byte offset; libyaml's reader knows only that. */
static gw_yaml_mark mark_of_offset(const gw_yaml_doc *doc, size_t offset)
{
    gw_yaml_mark m = {1, 1};
    for (size_t i = 0; i < offset && i < doc->n; i++) {
        if (doc->text[i] == '\n')
            m = (gw_yaml_mark){m.line + 1, 1};
        else if (((unsigned char)doc->text[i] & 0xc0) != 0x80)
            m.column++;
    }
    return m;
}

static void report_parser_error(composer *c, const yaml_parser_t *p)
{
    const char *problem = p->problem != NULL ? p->problem : "out of memory";
    if (p->error == YAML_READER_ERROR)
        gw_diag_syntax(c->d, c->doc, mark_of_offset(c->doc, p->problem_offset), c->is_key, "not YAML: %s",
                       problem);
    else if (p->context != NULL && p->context_mark.line != p->problem_mark.line)
        gw_diag_syntax(c->d, c->doc, mark_of(p->problem_mark), c->is_key,
                       "not YAML: %s, %s that starts in line %zu", problem, p->context,
                       p->context_mark.line + 1);
    else
        gw_diag_syntax(c->d, c->doc, mark_of(p->problem_mark), c->is_key, "not YAML: %s", problem);
}

static bool parse(composer *c, size_t max)
{
    const gw_yaml_doc *doc = c->doc;
    yaml_parser_t p;
    if (doc->n > max) {
        gw_diag_file(c->d, doc->name, "larger than %zu MiB", max >> 20);
        return false;
    }
    if (!yaml_parser_initialize(&p)) {
        gw_diag_file(c->d, doc->name, "out of memory");
        return false;
    }
    yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&p, (const unsigned char *)doc->text, doc->n);
    bool ok = true, end = false;
    while (ok && !end) {
        yaml_event_t ev;
        if (!yaml_parser_parse(&p, &ev)) {
            report_parser_error(c, &p);
            ok = false;
            break;
        }
        ok = c->items != NULL ? compose_items(c, &ev) : compose(c, &ev);
        end = ev.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&ev);
    }
    yaml_parser_delete(&p);
    return ok;
}

bool gw_yaml_parse(gw_yaml_doc *doc, const char *text, size_t n, const char *name,
                   bool (*is_key)(const char *word, size_t n), gw_diagnostics *d)
{
    *doc = (gw_yaml_doc){.name = name, .text = text, .n = n};
    composer c = {.doc = doc, .d = d, .is_key = is_key, .scalar_tail = &doc->first_scalar};
    return parse(&c, GW_YAML_MAX_BYTES);
}

bool gw_yaml_parse_items(gw_yaml_doc *doc, const char *text, size_t n, const char *name,
                         bool (*is_key)(const char *word, size_t n), const gw_yaml_items *items,
                         gw_diagnostics *d)
{
    *doc = (gw_yaml_doc){.name = name, .text = text, .n = n};
    composer c = {.doc = doc,
                  .d = d,
                  .is_key = is_key,
                  .scalar_tail = &doc->first_scalar,
                  .items = items,
                  .whole = doc,
                  .item = {.name = name, .text = text, .n = n}};
    bool ok = parse(&c, GW_YAML_MAX_LIST_BYTES);
    gw_mem_release(&c.item.mem);
    return ok;
}

void gw_yaml_free(gw_yaml_doc *doc)
{
    gw_mem_release(&doc->mem);
    *doc = (gw_yaml_doc){0};
}

/* The node after `n` in a walk over `top` without recursion; NULL: done. */
static gw_yaml_node *walk_next(const gw_yaml_node *top, gw_yaml_node *n)
{
    if (n->first != NULL)
        return n->first;
    while (n != top && n->next == NULL)
        n = n->parent;
    return n == top ? NULL : n->next;
}

/* What may be a part of user:password@host is shown nowhere, whatever its key. */
static bool may_show(const gw_yaml_node *n)
{
    return n->kind != GW_YAML_SCALAR || strchr(n->text, '@') == NULL;
}

void gw_yaml_show(gw_yaml_node *node)
{
    for (gw_yaml_node *n = node; n != NULL; n = walk_next(node, n)) {
        n->shown = may_show(n);
        if (n->key != NULL && n != node)
            n->key->shown = may_show(n->key);
    }
}

static int by_text_then_place(const void *va, const void *vb)
{
    const gw_yaml_node *a = *(gw_yaml_node *const *)va, *b = *(gw_yaml_node *const *)vb;
    int order = strcmp(a->key->text, b->key->text);
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

static void find_duplicates_in(const gw_yaml_node *mapping, gw_mem *scratch, gw_diagnostics *d)
{
    size_t n = 0;
    gw_yaml_node **sorted = gw_mem_alloc(scratch, (mapping->n_children + 1) * sizeof *sorted);
    for (gw_yaml_node *v = mapping->first; v != NULL; v = v->next)
        sorted[n++] = v;
    qsort(sorted, n, sizeof *sorted, by_text_then_place);
    for (size_t i = 1, first = 0; i < n; i++) {
        if (strcmp(sorted[first]->key->text, sorted[i]->key->text) != 0) {
            first = i;
            continue;
        }
        const char *path = gw_yaml_path(mapping, scratch);
        gw_diag_at(d, sorted[i]->key,
                   gw_mem_format(scratch, "first given in line %u", sorted[first]->key->start.line),
                   "key `%.64s` is there twice%s%s%s", gw_yaml_key_name(sorted[i]->key),
                   *path != '\0' ? " in `" : "", path, *path != '\0' ? "`" : "");
    }
}

/* Without memory of its own: most mappings are small, and a list may have many. */
static bool has_duplicates(const gw_yaml_node *mapping)
{
    enum { SMALL = 16 };
    if (mapping->n_children > SMALL)
        return true; /* perhaps */
    for (const gw_yaml_node *v = mapping->first; v != NULL; v = v->next) {
        for (const gw_yaml_node *w = v->next; w != NULL; w = w->next) {
            if (strcmp(v->key->text, w->key->text) == 0)
                return true;
        }
    }
    return false;
}

void gw_yaml_find_duplicates(const gw_yaml_doc *doc, gw_diagnostics *d)
{
    gw_mem scratch = {0};
    for (gw_yaml_node *n = doc->root; n != NULL; n = walk_next(doc->root, n)) {
        if (n->kind == GW_YAML_MAPPING && n->n_children > 1 && has_duplicates(n))
            find_duplicates_in(n, &scratch, d);
    }
    gw_mem_release(&scratch);
}

static gw_yaml_node *get_n(const gw_yaml_node *mapping, const char *key, size_t n)
{
    if (mapping == NULL || mapping->kind != GW_YAML_MAPPING)
        return NULL;
    for (gw_yaml_node *v = mapping->first; v != NULL; v = v->next) {
        if (strncmp(v->key->text, key, n) == 0 && v->key->text[n] == '\0')
            return v;
    }
    return NULL;
}

gw_yaml_node *gw_yaml_get(const gw_yaml_node *mapping, const char *key)
{
    return get_n(mapping, key, strlen(key));
}

static gw_yaml_node *get_item(const gw_yaml_node *list, unsigned long index)
{
    gw_yaml_node *item = list->kind == GW_YAML_SEQUENCE ? list->first : NULL;
    while (item != NULL && item->index != index)
        item = item->next;
    return item;
}

gw_yaml_node *gw_yaml_at(gw_yaml_node *root, const char *path)
{
    gw_yaml_node *at = root;
    while (*path != '\0' && at != NULL) {
        gw_yaml_node *next;
        if (*path == '[') {
            char *end;
            next = get_item(at, strtoul(path + 1, &end, 10));
            path = *end == ']' ? end + 1 : end;
        } else {
            size_t n = strcspn(path, ".[");
            next = get_n(at, path, n);
            path += n;
        }
        if (next == NULL)
            return at;
        at = next;
        path += *path == '.';
    }
    return at;
}

bool gw_yaml_is_null(const gw_yaml_node *node)
{
    return node->kind == GW_YAML_SCALAR && node->plain &&
           (*node->text == '\0' || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0);
}

const char *gw_yaml_key_name(const gw_yaml_node *key)
{
    return key->shown ? key->text : "***";
}

const char *gw_yaml_path(const gw_yaml_node *node, gw_mem *mem)
{
    const gw_yaml_node *chain[GW_YAML_MAX_DEPTH + 2];
    size_t n = 0;
    for (; node->parent != NULL && n < sizeof chain / sizeof chain[0]; node = node->parent)
        chain[n++] = node;
    const char *path = "";
    while (n-- > 0) {
        if (chain[n]->key != NULL)
            path = gw_mem_format(mem, "%s%s%.64s", path, *path != '\0' ? "." : "",
                                 gw_yaml_key_name(chain[n]->key));
        else if (chain[n]->parent->kind == GW_YAML_SEQUENCE)
            path = gw_mem_format(mem, "%s[%u]", path, chain[n]->index);
    }
    return path;
}
