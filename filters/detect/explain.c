/* SPDX-License-Identifier: MIT */
#include "filters/detect/explain.h"

#include "filters/detect/matcher.h"

/* A candidate may be tried in several shapes; each validator is told of once. */
void rd_refusals_add(rd_refusals *r, rd_detector_id detector, uint32_t off, uint32_t len,
                     const char *validator)
{
    for (uint32_t i = r->n; i > 0 && r->list[i - 1].off == off; i--) {
        const rd_refusal *x = &r->list[i - 1];
        if (x->len == len && x->detector == detector && x->validator == validator)
            return;
    }
    if (r->n == RD_MAX_REFUSALS) {
        r->n_more++;
        return;
    }
    r->list[r->n++] =
        (rd_refusal){.off = off, .len = len, .detector = (uint16_t)detector, .validator = validator};
}

rd_outcome rd_detect_explain(const rd_detect_set *set, rd_detect_scratch *scratch, const uint8_t *base,
                             size_t base_len, const rd_text *texts, uint32_t n_texts, rd_matches *out,
                             rd_refusals *out_refused)
{
    out_refused->n = out_refused->n_more = 0;
    rd_detect_scratch_listen(scratch, out_refused);
    rd_outcome o = rd_detect(set, scratch, base, base_len, texts, n_texts, out);
    rd_detect_scratch_listen(scratch, NULL);
    return o;
}
