/* SPDX-License-Identifier: MIT */
#include "gateway/diagnostics.h"

#include <stdlib.h>
#include <string.h>

#include "filters/base/buf.h"

enum { MAX_ITEMS = 200, TEXT_BYTES = 64 << 10, SHOWN_COLUMNS = 100 };

typedef struct item {
    char *message, *hint, *name, *source; /* owned; hint and source may be NULL */
    uint32_t line, column;
    size_t caret, n_caret; /* in characters of `source` */
    size_t order;          /* of being reported */
} item;

struct gw_diagnostics {
    item items[MAX_ITEMS];
    size_t n_items, n_errors;
};

gw_diagnostics *gw_diagnostics_new(void)
{
    return calloc(1, sizeof(gw_diagnostics));
}

void gw_diagnostics_free(gw_diagnostics **d)
{
    if (*d == NULL)
        return;
    for (size_t i = 0; i < (*d)->n_items; i++) {
        item *it = &(*d)->items[i];
        free(it->message);
        free(it->hint);
        free(it->name);
        free(it->source);
    }
    free(*d);
    *d = NULL;
}

size_t gw_diagnostics_errors(const gw_diagnostics *d)
{
    return d->n_errors;
}

bool gw_diagnostics_full(const gw_diagnostics *d)
{
    return d->n_items == MAX_ITEMS;
}

/* --- text --- */

static size_t char_len(rd_slice s, size_t at)
{
    size_t n = 1;
    while (at + n < s.n && n < 4 && (s.p[at + n] & 0xc0) == 0x80)
        n++;
    return n;
}

/* Copies one character; what a terminal might act upon (controls, bidirectional overrides) becomes '?'. */
static void put_char(rd_buf *out, const uint8_t *p, size_t n)
{
    bool control = n == 1 && (*p < 0x20 || *p >= 0x7f);
    bool control_c1 = n == 2 && *p == 0xc2 && p[1] < 0xa0;
    bool bidi = n == 3 && *p == 0xe2 &&
                ((p[1] == 0x80 && p[2] >= 0x8b && p[2] <= 0xaf) || (p[1] == 0x81 && p[2] >= 0xa0));
    if (n == 1 && *p == '\t')
        rd_buf_append_byte(out, ' ');
    else if (control || control_c1 || bidi)
        rd_buf_append_byte(out, '?');
    else
        rd_buf_append(out, p, n);
}

/* A copy, one character for one; NULL for NULL and when there is no memory. */
static char *clean(const char *s)
{
    if (s == NULL)
        return NULL;
    rd_buf b;
    rd_slice in = rd_slice_str(s);
    rd_buf_init(&b, TEXT_BYTES);
    for (size_t i = 0, n; i < in.n; i += n) {
        n = char_len(in, i);
        put_char(&b, in.p + i, n);
    }
    rd_buf_append_byte(&b, '\0');
    if (b.failed == RD_OK)
        return (char *)b.p;
    rd_buf_release(&b);
    return NULL;
}

static size_t count_chars(const char *p, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)p[i] & 0xc0) != 0x80;
    return count;
}

/* Byte offset of character `chars`, or n. */
static size_t skip_chars(const char *p, size_t n, size_t chars)
{
    size_t i = 0;
    for (; i < n; i++) {
        if (((unsigned char)p[i] & 0xc0) != 0x80 && chars-- == 0)
            break;
    }
    return i;
}

/* Cuts a line down to SHOWN_COLUMNS around its token, trailing spaces away. */
static void fit_source(item *it)
{
    char *s = it->source;
    size_t n = strlen(s), begin = 0;
    while (n > 0 && s[n - 1] == ' ')
        n--;
    s[n] = '\0';
    if (it->caret > SHOWN_COLUMNS / 2 && count_chars(s, n) > SHOWN_COLUMNS) {
        size_t cut = it->caret - SHOWN_COLUMNS / 4;
        begin = skip_chars(s, n, cut);
        it->caret -= cut - 3;
    }
    size_t keep = skip_chars(s + begin, n - begin, SHOWN_COLUMNS - (begin > 0 ? 3 : 0));
    rd_buf b;
    rd_buf_init(&b, TEXT_BYTES);
    rd_buf_printf(&b, "%s%.*s%s", begin > 0 ? "..." : "", (int)keep, s + begin,
                  begin + keep < n ? "..." : "");
    rd_buf_append_byte(&b, '\0');
    free(s);
    it->source = (char *)b.p;
    size_t columns = it->source != NULL ? count_chars(it->source, strlen(it->source)) : 0;
    if (it->caret + it->n_caret > columns)
        it->n_caret = columns > it->caret ? columns - it->caret : 1;
    if (it->n_caret == 0)
        it->n_caret = 1;
}

void gw_diagnostics_add(gw_diagnostics *d, const gw_place *at, const char *hint, const char *message)
{
    d->n_errors++;
    if (gw_diagnostics_full(d))
        return;
    item *it = &d->items[d->n_items];
    *it = (item){.message = clean(message),
                 .hint = clean(hint),
                 .name = clean(at->name),
                 .source = clean(at->source),
                 .line = at->line,
                 .column = at->column,
                 .caret = at->caret,
                 .n_caret = at->n_caret,
                 .order = d->n_items};
    d->n_items++;
    if (it->source != NULL)
        fit_source(it);
    if (it->source != NULL && *it->source == '\0') {
        free(it->source);
        it->source = NULL;
    }
}

/* --- printing --- */

static int compare(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int by_place(const void *va, const void *vb)
{
    const item *a = *(const item *const *)va, *b = *(const item *const *)vb;
    int order = a->name != NULL && b->name != NULL ? strcmp(a->name, b->name) : 0;
    if (order == 0)
        order = compare(a->line, b->line);
    if (order == 0)
        order = compare(a->column, b->column);
    return order != 0 ? order : compare(a->order, b->order);
}

static const char *or_empty(const char *s)
{
    return s != NULL ? s : "";
}

static void print_item(const item *it, FILE *to)
{
    fprintf(to, "error: %s\n  --> %s", or_empty(it->message), or_empty(it->name));
    if (it->line > 0)
        fprintf(to, ":%u:%u", it->line, it->column);
    fputc('\n', to);
    if (it->source == NULL) {
        if (it->hint != NULL)
            fprintf(to, "  = %s\n", it->hint);
        return;
    }
    int gutter = fprintf(to, "%u", it->line);
    fprintf(to, " | %s\n%*s | %*s", it->source, gutter, "", (int)it->caret, "");
    for (size_t i = 0; i < it->n_caret; i++)
        fputc('^', to);
    fprintf(to, "%s%s\n", it->hint != NULL ? " " : "", or_empty(it->hint));
}

void gw_diagnostics_print(const gw_diagnostics *d, FILE *to)
{
    const item *sorted[MAX_ITEMS];
    for (size_t i = 0; i < d->n_items; i++)
        sorted[i] = &d->items[i];
    qsort(sorted, d->n_items, sizeof sorted[0], by_place);
    for (size_t i = 0; i < d->n_items; i++)
        print_item(sorted[i], to);
    if (d->n_errors > d->n_items)
        fprintf(to, "error: %zu more are not shown\n", d->n_errors - d->n_items);
}
