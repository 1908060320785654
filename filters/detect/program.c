/* SPDX-License-Identifier: MIT */
#include "filters/detect/program.h"

#include <stdlib.h>
#include <string.h>

#include "filters/detect/buckets.h"

static void allow(rd_byteset *s, uint8_t c, bool nocase)
{
    s->bits[c >> 6] |= UINT64_C(1) << (c & 63);
    if (nocase && rd_is(c, RD_C_ALPHA))
        s->bits[(c ^ 0x20) >> 6] |= UINT64_C(1) << ((c ^ 0x20) & 63);
}

static void allow_class(rd_byteset *s, unsigned classes)
{
    for (unsigned c = 0; c < 256; c++) {
        if (rd_is((uint8_t)c, classes))
            allow(s, (uint8_t)c, false);
    }
}

static void allow_each(rd_byteset *s, const char *bytes)
{
    for (; *bytes != 0; bytes++)
        allow(s, (uint8_t)*bytes, false);
}

static void allow_named(rd_byteset *s, char name)
{
    switch (name) {
    case 'd':
        allow_class(s, RD_C_DIGIT);
        break;
    case 'x':
        allow_class(s, RD_C_HEX);
        break;
    case 'a':
        allow_class(s, RD_C_ALPHA);
        break;
    case 'u':
        allow_class(s, RD_C_UPPER);
        break;
    case 'l':
        allow_class(s, RD_C_LOWER);
        break;
    case 'w':
        allow_class(s, RD_C_ALNUM);
        break;
    case 'q':
        allow_each(s, "\"'`");
        break;
    case 's':
        allow_each(s, " \t");
        break;
    case 'z':
        allow_class(s, RD_C_ALPHA);
        allow_each(s, "\"'`])\\_");
        break;
    default:
        abort(); /* a window of ours with an unknown class: found by every test */
    }
}

/* The byte sets of one window; positions past its end take every byte. */
static void parse_window(const rd_window *w, rd_byteset out[RD_WINDOW_LEN])
{
    memset(out, 0, RD_WINDOW_LEN * sizeof out[0]);
    uint32_t j = 0;
    for (const char *p = w->spec; *p != 0; p++, j++) {
        if (j == RD_WINDOW_LEN)
            abort();
        if (*p == '\\')
            allow_named(&out[j], *++p);
        else
            allow(&out[j], (uint8_t)*p, w->nocase);
    }
    for (; j < RD_WINDOW_LEN; j++)
        memset(&out[j], 0xff, sizeof out[j]);
}

static void add_window(rd_program *p, const rd_byteset sets[RD_WINDOW_LEN], uint8_t owner)
{
    if (p->n_windows == RD_MAX_WINDOWS)
        abort();
    unsigned plane = p->n_windows / 64;
    uint64_t bit = UINT64_C(1) << p->n_windows % 64;
    p->owner[p->n_windows++] = owner;
    for (unsigned j = 0; j < RD_WINDOW_LEN; j++) {
        for (unsigned c = 0; c < 256; c++) {
            if (rd_byteset_has(&sets[j], (uint8_t)c))
                p->allow[j][c][plane] |= bit;
        }
    }
}

static void add_runs(rd_program *p)
{
    for (unsigned c = '0'; c <= '9'; c++) {
        p->run_lo[c & 15] |= 1;
        p->run_hi[c >> 4] |= 1;
    }
    for (const char *c = " -./"; *c != 0; c++) {
        p->run_lo[*c & 15] |= 2;
        p->run_hi[*c >> 4] |= 2;
    }
}

void rd_program_build(rd_program *p, uint64_t wanted)
{
    *p = (rd_program){0};
    rd_byteset sets[RD_MAX_WINDOWS][RD_WINDOW_LEN];
    for (uint32_t m = 0; m < rd_n_matchers; m++) {
        const rd_matcher *matcher = rd_matchers[m];
        if ((matcher->yields & wanted) == 0)
            continue;
        for (const rd_window *w = matcher->windows; w != NULL && w->spec != NULL; w++) {
            rd_byteset one[RD_WINDOW_LEN];
            parse_window(w, one);
            memcpy(sets[p->n_windows < RD_MAX_WINDOWS ? p->n_windows : 0], one, sizeof one);
            add_window(p, one, (uint8_t)m);
        }
        if (matcher->min_run > 0) {
            p->run_owners |= UINT32_C(1) << m;
            if (p->min_run == 0 || matcher->min_run < p->min_run)
                p->min_run = matcher->min_run;
        }
    }
    add_runs(p);
    rd_buckets_assign((const rd_byteset(*)[RD_WINDOW_LEN])sets, p);
    p->one_table = true;
    for (unsigned k = 0; k < 16; k++)
        p->one_table = p->one_table && p->lo[0][1][k] == 0;
}
