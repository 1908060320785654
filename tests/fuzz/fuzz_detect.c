/* SPDX-License-Identifier: MIT */
/*
 * The input is a buffer of texts: every 0x00 byte ends one, what follows a 0x01 up to the next 0x00 is gap.
 * Checked: matches are sorted, inside their text and apart; all candidate passes find the same; each text
 * alone finds the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "filters/detect/scan.h"
#include "tests/fuzz/check.h"

enum { MAX_TEXTS = 256 };

static rd_detect_set *sets[RD_SCAN_VARIANTS]; /* the quickest candidate pass first */
static unsigned n_sets;
static rd_detect_scratch *scratch, *other;

static void init(void)
{
    rd_pattern_spec spec = {"id-(\\d{4})", 1};
    scratch = rd_detect_scratch_new();
    other = rd_detect_scratch_new();
    CHECK(scratch != NULL && other != NULL);
    rd_scan_fn scans[RD_SCAN_VARIANTS];
    for (n_sets = 0; n_sets < rd_scan_variants(scans); n_sets++) {
        CHECK(rd_detect_set_build(UINT64_MAX, &spec, 1, &sets[n_sets], NULL) == RD_OK);
        rd_detect_set_use_scan(sets[n_sets], scans[n_sets]);
    }
}

static uint32_t cut(const uint8_t *data, size_t size, rd_text *texts)
{
    uint32_t n = 0, from = 0;
    bool gap = false;
    for (uint32_t i = 0; i <= size && n < MAX_TEXTS; i++) {
        bool end = i == size || data[i] == 0;
        if (!end && (data[i] != 1 || gap))
            continue;
        if (!gap && i > from)
            texts[n++] = (rd_text){from, i - from};
        gap = !end;
        from = i + 1;
    }
    return n;
}

static void check_sane(const rd_matches *m, const rd_text *texts, uint32_t n_texts)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < m->n; i++) {
        const rd_match *x = &m->list[i];
        CHECK(x->text < n_texts && x->off >= at && x->len > 0);
        CHECK(x->off >= texts[x->text].off && x->off + x->len <= texts[x->text].off + texts[x->text].len);
        CHECK((uint64_t)x->keep_head + x->keep_tail < x->len);
        at = x->off + x->len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (n_sets == 0)
        init();
    if (size > 1 << 16)
        return 0;
    uint8_t *base = malloc(size + RD_BUF_TAIL);
    CHECK(base != NULL);
    if (size > 0)
        memcpy(base, data, size);
    memset(base + size, '7', RD_BUF_TAIL);
    rd_text texts[MAX_TEXTS];
    uint32_t n = cut(data, size, texts), k = 0;
    rd_matches m, p;
    CHECK(rd_detect(sets[0], scratch, base, size, texts, n, &m) == RD_OK);
    check_sane(&m, texts, n);
    for (unsigned s = 1; s < n_sets; s++) {
        CHECK(rd_detect(sets[s], other, base, size, texts, n, &p) == RD_OK);
        CHECK(m.n == p.n && (m.n == 0 || memcmp(m.list, p.list, m.n * sizeof *m.list) == 0));
    }
    for (uint32_t t = 0; t < n; t++) {
        uint8_t *alone = calloc(1, texts[t].len + RD_BUF_TAIL);
        CHECK(alone != NULL);
        memcpy(alone, base + texts[t].off, texts[t].len);
        rd_text one = {0, texts[t].len};
        CHECK(rd_detect(sets[0], other, alone, one.len, &one, 1, &p) == RD_OK);
        for (uint32_t i = 0; i < p.n; i++, k++)
            CHECK(k < m.n && m.list[k].text == t && m.list[k].off == p.list[i].off + texts[t].off &&
                  m.list[k].len == p.list[i].len && m.list[k].detector == p.list[i].detector);
        free(alone);
    }
    CHECK(k == m.n);
    free(base);
    return 0;
}
