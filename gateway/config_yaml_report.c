/* SPDX-License-Identifier: MIT */
#include "gateway/config_yaml_report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "filters/base/buf.h"

enum { LINE_BYTES = 64 << 10, MESSAGE_BYTES = 1024, MAX_ON_LINE = 128 };

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
            rd_buf_append(out, text.p + i, n);
        else if (node != hidden)
            rd_buf_append_str(out, "***");
        hidden = node != NULL && !node->shown ? node : NULL;
    }
    *out_from = from == SIZE_MAX ? out->n : from;
    *out_to = to == SIZE_MAX ? out->n : to;
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

static size_t count_chars(const uint8_t *p, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += (p[i] & 0xc0) != 0x80;
    return count;
}

/* Adds the rendered line, whose token is [from, to) in bytes, to the place and reports. */
static void add_with_line(gw_diagnostics *d, gw_place *place, rd_buf *line, size_t from, size_t to,
                          const char *hint, const char *message)
{
    rd_buf_append_byte(line, '\0');
    if (line->failed == RD_OK) {
        place->source = (const char *)line->p;
        place->caret = count_chars(line->p, from);
        place->n_caret = count_chars(line->p + from, to - from);
    }
    gw_diagnostics_add(d, place, hint, message);
}

void gw_diag_at(gw_diagnostics *d, const gw_yaml_node *node, const char *hint, const char *fmt, ...)
{
    char message[MESSAGE_BYTES];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    if (node->key != NULL && (node->kind != GW_YAML_SCALAR || gw_yaml_is_null(node)))
        node = node->key;
    gw_place place = {.name = "(built in)", .line = node->start.line, .column = node->start.column};
    rd_slice text = {0};
    rd_buf line;
    size_t from = 0, to = 0;
    rd_buf_init(&line, LINE_BYTES);
    if (node->doc != NULL && !gw_diagnostics_full(d)) {
        place.name = node->doc->name;
        text = line_of(node->doc, node->start.line);
    }
    if (text.n > 0 && text.n < LINE_BYTES / 4)
        show_line(&line, node->doc, text, node->start, node->end, &from, &to);
    add_with_line(d, &place, &line, from, to, hint, message);
    rd_buf_release(&line);
}

/* The two mistakes that YAML's own words do not explain. */
static const char *syntax_hint(rd_slice line)
{
    size_t indent = 0;
    while (indent < line.n && line.p[indent] == ' ')
        indent++;
    if (indent < line.n && line.p[indent] == '\t')
        return "YAML is indented with spaces, not with tabs";
    if (memmem(line.p, line.n, "${", 2) != NULL)
        return "inside [ ] and { }, text with ${...} must stand in quotes";
    return NULL;
}

void gw_diag_syntax(gw_diagnostics *d, const gw_yaml_doc *doc, gw_yaml_mark at,
                    bool (*is_key)(const char *word, size_t n), const char *fmt, ...)
{
    char message[MESSAGE_BYTES];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    gw_place place = {.name = doc->name, .line = at.line, .column = at.column};
    rd_slice text = line_of(doc, at.line);
    const char *hint = syntax_hint(text);
    rd_buf line;
    rd_buf_init(&line, LINE_BYTES);
    size_t shown = show_unparsed(&line, text, is_key);
    size_t from = at.column - 1 < shown ? at.column - 1 : shown;
    from += from == shown && line.n > shown && line.p[shown] == ' ';
    add_with_line(d, &place, &line, from, from < line.n ? from + 1 : from, hint, message);
    rd_buf_release(&line);
}

void gw_diag_file(gw_diagnostics *d, const char *name, const char *fmt, ...)
{
    char message[MESSAGE_BYTES];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    gw_diagnostics_add(d, &(gw_place){.name = name}, NULL, message);
}
