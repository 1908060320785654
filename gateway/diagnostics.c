/* SPDX-License-Identifier: MIT */
#include "gateway/diagnostics.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "filters/base/buf.h"

enum { MAX_ITEMS = 200, LINE_BYTES = 64 << 10, SHOWN_COLUMNS = 100, MAX_ON_LINE = 128 };

typedef struct item {
    const char *message, *hint; /* hint may be NULL */
    const char *name;           /* file */
    gw_yaml_mark at;            /* line 0: about the whole file */
    const char *source;         /* the line as it may be shown, NULL: not */
    size_t caret, n_caret;      /* in characters of `source` */
    unsigned order;             /* of being reported */
} item;

struct gw_diagnostics {
    item items[MAX_ITEMS];
    size_t n_items, n_errors;
    gw_mem mem;
};

gw_diagnostics *gw_diagnostics_new(void)
{
    return calloc(1, sizeof(gw_diagnostics));
}

void gw_diagnostics_free(gw_diagnostics **d)
{
    if (*d == NULL)
        return;
    gw_mem_release(&(*d)->mem);
    free(*d);
    *d = NULL;
}

size_t gw_diagnostics_errors(const gw_diagnostics *d)
{
    return d->n_errors;
}

/* --- the source line --- */

/* Length of the line break at p, 0: none. What libyaml counts as one: LF, CR, CR LF, NEL, LS, PS. */
static size_t break_at(const char *p, const char *end)
{
    size_t left = (size_t)(end - p);
    if (*p == '\n')
        return 1;
    if (*p == '\r')
        return left > 1 && p[1] == '\n' ? 2 : 1;
    if (left > 1 && memcmp(p, "\xc2\x85", 2) == 0)
        return 2;
    if (left > 2 && (memcmp(p, "\xe2\x80\xa8", 3) == 0 || memcmp(p, "\xe2\x80\xa9", 3) == 0))
        return 3;
    return 0;
}

static rd_slice line_of(const gw_yaml_doc *doc, uint32_t line)
{
    const char *p = doc->text, *end = doc->text + doc->n, *start = p;
    for (uint32_t at = 1; p < end;) {
        size_t n = break_at(p, end);
        p += n > 0 ? n : 1;
        if (n == 0)
            continue;
        if (at++ == line)
            return rd_slice_of(start, (size_t)(p - start) - n);
        start = p;
    }
    return rd_slice_of(start, (size_t)(end - start));
}

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

/* The scalars of one line, in order. */
typedef struct line_scalars {
    const gw_yaml_node *list[MAX_ON_LINE];
    size_t n, at;
} line_scalars;

static void collect(line_scalars *s, const gw_yaml_doc *doc, uint32_t line)
{
    for (const gw_yaml_node *n = doc->first_scalar; n != NULL && s->n < MAX_ON_LINE; n = n->next_scalar) {
        if (n->start.line <= line && n->end.line >= line)
            s->list[s->n++] = n;
        else if (n->start.line > line)
            break;
    }
}

static bool is_before(gw_yaml_mark a, gw_yaml_mark b)
{
    return a.line != b.line ? a.line < b.line : a.column < b.column;
}

/* The scalar that covers a place, NULL: none. Places are asked for from left to right. */
static const gw_yaml_node *covering(line_scalars *s, gw_yaml_mark at)
{
    while (s->at < s->n && !is_before(at, s->list[s->at]->end))
        s->at++;
    if (s->at == s->n || is_before(at, s->list[s->at]->start))
        return NULL;
    return s->list[s->at];
}

static bool is_punctuation(uint8_t c)
{
    return c != '\0' && c < 0x80 && strchr(" \t{}[],:-?|>", c) != NULL;
}

/* Copies what may be shown of `text`, which is line `start.line`; *out_from and *out_to are where the token
 * [start, end) came to stand, in bytes of `out`. */
static void show_line(rd_buf *out, const gw_yaml_doc *doc, rd_slice text, gw_yaml_mark start,
                      gw_yaml_mark end, size_t *out_from, size_t *out_to)
{
    line_scalars scalars = {0};
    const gw_yaml_node *hidden = NULL;
    gw_yaml_mark at = {start.line, 1};
    size_t from = SIZE_MAX, to = SIZE_MAX;
    collect(&scalars, doc, start.line);
    for (size_t i = 0, n; i < text.n; i += n, at.column++) {
        n = char_len(text, i);
        if (from == SIZE_MAX && at.column >= start.column)
            from = out->n;
        if (to == SIZE_MAX && !is_before(at, end))
            to = out->n;
        const gw_yaml_node *node = covering(&scalars, at);
        if (node == NULL && !is_punctuation(text.p[i]))
            break; /* a comment */
        if (node == NULL || node->shown)
            put_char(out, text.p + i, n);
        else if (node != hidden)
            rd_buf_append_str(out, "***");
        hidden = node != NULL && !node->shown ? node : NULL;
    }
    *out_from = from == SIZE_MAX ? out->n : from;
    *out_to = to == SIZE_MAX ? out->n : to;
}

static size_t count_chars(const uint8_t *p, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += (p[i] & 0xc0) != 0x80;
    return count;
}

/* Byte offset of character `chars`, or n. */
static size_t skip_chars(const uint8_t *p, size_t n, size_t chars)
{
    size_t i = 0;
    for (; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80 && chars-- == 0)
            break;
    }
    return i;
}

/* Takes over a rendered line: trailing spaces go, a long line is cut down to what surrounds the token. */
static void set_source(gw_diagnostics *d, item *it, const rd_buf *line, size_t from, size_t to)
{
    size_t n = line->n, begin = 0;
    if (line->failed != RD_OK)
        return;
    while (n > from && line->p[n - 1] == ' ')
        n--;
    if (n == 0)
        return;
    to = to > n ? n : to;
    while (to > from + 1 && line->p[to - 1] == ' ')
        to--;
    it->caret = count_chars(line->p, from);
    it->n_caret = to > from ? count_chars(line->p + from, to - from) : 1;
    if (it->caret > SHOWN_COLUMNS / 2 && count_chars(line->p, n) > SHOWN_COLUMNS) {
        size_t cut = it->caret - SHOWN_COLUMNS / 4;
        begin = skip_chars(line->p, n, cut);
        it->caret -= cut - 3;
    }
    size_t room = SHOWN_COLUMNS - (begin > 0 ? 3 : 0);
    size_t keep = skip_chars(line->p + begin, n - begin, room);
    bool cut_tail = begin + keep < n;
    it->source = gw_mem_format(&d->mem, "%s%.*s%s", begin > 0 ? "..." : "", (int)keep,
                               (const char *)line->p + begin, cut_tail ? "..." : "");
    if (it->n_caret > SHOWN_COLUMNS - it->caret)
        it->n_caret = SHOWN_COLUMNS - it->caret;
}

/* --- reporting --- */

static const char *clean(gw_mem *mem, const char *s)
{
    rd_buf b;
    rd_slice in = rd_slice_str(s);
    rd_buf_init(&b, LINE_BYTES);
    for (size_t i = 0, n; i < in.n; i += n) {
        n = char_len(in, i);
        put_char(&b, in.p + i, n);
    }
    const char *copy = gw_mem_text(mem, (const char *)b.p, b.n);
    rd_buf_release(&b);
    return copy;
}

/* Counts an error; NULL when no more are kept. */
static item *add(gw_diagnostics *d, const char *name, const char *fmt, va_list ap)
{
    char message[1024];
    d->n_errors++;
    if (d->n_items == MAX_ITEMS)
        return NULL;
    item *it = &d->items[d->n_items];
    vsnprintf(message, sizeof message, fmt, ap);
    *it = (item){
        .message = clean(&d->mem, message), .name = clean(&d->mem, name), .order = (unsigned)d->n_items};
    d->n_items++;
    return it;
}

void gw_diag_at(gw_diagnostics *d, const gw_yaml_node *node, const char *hint, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    item *it = add(d, node->doc != NULL ? node->doc->name : "(built in)", fmt, ap);
    va_end(ap);
    if (it == NULL)
        return;
    if (node->kind != GW_YAML_SCALAR && node->key != NULL)
        node = node->key;
    it->hint = hint != NULL ? clean(&d->mem, hint) : NULL;
    it->at = node->start;
    if (node->doc == NULL || node->start.line == 0)
        return;
    rd_buf line;
    size_t from, to;
    rd_buf_init(&line, LINE_BYTES);
    rd_slice text = line_of(node->doc, node->start.line);
    if (text.n <= LINE_BYTES) {
        show_line(&line, node->doc, text, node->start, node->end, &from, &to);
        set_source(d, it, &line, from, to);
    }
    rd_buf_release(&line);
}

/* Of a line that did not parse nobody knows what is secret: indentation, a dash and a word of our table
 * are all that is shown. Returns how many characters of the line that is. */
static size_t show_unparsed(rd_buf *out, rd_slice text, bool (*is_key)(const char *word, size_t n))
{
    size_t i = 0, n = 0;
    while (i < text.n && (text.p[i] == ' ' || text.p[i] == '-'))
        i++;
    while (i + n < text.n && (text.p[i + n] == '_' || (text.p[i + n] >= 'a' && text.p[i + n] <= 'z')))
        n++;
    bool known = i + n < text.n && text.p[i + n] == ':' && is_key((const char *)text.p + i, n);
    i += known ? n + 1 : 0;
    rd_buf_append(out, text.p, i);
    if (i < text.n)
        rd_buf_append_str(out, known ? " ..." : "...");
    return i;
}

void gw_diag_syntax(gw_diagnostics *d, const gw_yaml_doc *doc, gw_yaml_mark at,
                    bool (*is_key)(const char *word, size_t n), const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    item *it = add(d, doc->name, fmt, ap);
    va_end(ap);
    if (it == NULL)
        return;
    it->at = at;
    rd_buf line;
    rd_buf_init(&line, LINE_BYTES);
    rd_slice text = line_of(doc, at.line);
    if (memmem(text.p, text.n, "${", 2) != NULL)
        it->hint = "inside [ ] and { }, text with ${...} must stand in quotes";
    size_t shown = show_unparsed(&line, text, is_key);
    size_t from = at.column - 1 < shown ? at.column - 1 : shown;
    from += from == shown && line.n > shown && line.p[shown] == ' ';
    set_source(d, it, &line, from, from + 1);
    rd_buf_release(&line);
}

void gw_diag_file(gw_diagnostics *d, const char *name, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)add(d, name, fmt, ap);
    va_end(ap);
}

/* --- printing --- */

static int by_place(const void *va, const void *vb)
{
    const item *const *a = va, *const *b = vb;
    int order = strcmp((*a)->name, (*b)->name);
    if (order != 0)
        return order;
    if (is_before((*a)->at, (*b)->at))
        return -1;
    if (is_before((*b)->at, (*a)->at))
        return 1;
    return ((*a)->order > (*b)->order) - ((*a)->order < (*b)->order);
}

static void print_item(const item *it, FILE *to)
{
    fprintf(to, "error: %s\n  --> %s", it->message, it->name);
    if (it->at.line > 0)
        fprintf(to, ":%u:%u", it->at.line, it->at.column);
    fputc('\n', to);
    if (it->source == NULL) {
        if (it->hint != NULL)
            fprintf(to, "  = %s\n", it->hint);
        return;
    }
    int gutter = fprintf(to, "%u", it->at.line);
    fprintf(to, " | %s\n%*s | %*s", it->source, gutter, "", (int)it->caret, "");
    for (size_t i = 0; i < it->n_caret; i++)
        fputc('^', to);
    fprintf(to, "%s%s\n", it->hint != NULL ? " " : "", it->hint != NULL ? it->hint : "");
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
