/* SPDX-License-Identifier: MIT */
/* A redactor's memory: made, taken up for a body, given back. */
#include "filters/redact_private.h"

#include <stdlib.h>

enum {
    KEEP_BYTES = 1 << 20,  /* scratch kept between requests */
    MAX_SCRATCH = 1 << 30, /* decoded views and replacements of one body */
    MAX_LABELS = 1024,     /* labels of one stream */
    FIRST_TEXTS = 1 << 10
};

rd_redactor *rd_redactor_new(void)
{
    rd_redactor *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    rd_doc_init(&r->doc);
    rd_arena_init(&r->replacements, MAX_SCRATCH);
    rd_buf_init(&r->decoded, MAX_SCRATCH);
    rd_buf_init(&r->work, MAX_SCRATCH);
    rd_buf_init(&r->work2, MAX_SCRATCH);
    rd_buf_init(&r->relabelled, MAX_SCRATCH);
    rd_buf_init(&r->crowded, MAX_SCRATCH);
    rd_buf_init(&r->room, MAX_SCRATCH);
    rd_buf_init(&r->streams, MAX_SCRATCH);
    rd_labels_init(&r->labels, MAX_LABELS);
    r->detect = rd_detect_scratch_new();
    r->hits = calloc((size_t)RD_MAX_RULES * RD_CLASS_COUNT * RD_DONE_COUNT, sizeof *r->hits);
    if (r->detect == NULL || r->hits == NULL)
        rd_redactor_free(&r);
    return r;
}

static void batch_release(rd_batch *b)
{
    free(b->texts);
    free(b->owner);
    *b = (rd_batch){0};
}

void rd_redactor_free(rd_redactor **pr)
{
    rd_redactor *r = *pr;
    if (r == NULL)
        return;
    rd_doc_release(&r->doc);
    rd_arena_release(&r->replacements);
    rd_buf_release(&r->decoded);
    rd_buf_release(&r->work);
    rd_buf_release(&r->work2);
    rd_buf_release(&r->relabelled);
    rd_buf_release(&r->crowded);
    rd_buf_release(&r->room);
    rd_buf_release(&r->streams);
    batch_release(&r->plain);
    batch_release(&r->views);
    batch_release(&r->label_values);
    rd_labels_release(&r->labels);
    rd_digester_release(&r->digester);
    rd_inline_keys_release(&r->inline_keys);
    free(r->merged);
    rd_detect_scratch_free(&r->detect);
    free(r->hits);
    free(r);
    *pr = NULL;
}

static void batch_reset(rd_batch *b)
{
    if (b->cap > KEEP_BYTES / sizeof *b->texts)
        batch_release(b);
    b->n = 0;
}

void rd_redactor_begin(rd_redactor *r, const rd_job *job)
{
    r->job = job;
    rd_digester_begin(&r->digester, rd_policy_digest_keys(job->policy), job->workspace, job->epoch);
    rd_doc_reset(&r->doc, job->body);
    rd_arena_reset(&r->replacements, KEEP_BYTES);
    rd_buf_clear(&r->decoded, KEEP_BYTES);
    rd_buf_clear(&r->work, KEEP_BYTES);
    rd_buf_clear(&r->work2, KEEP_BYTES);
    rd_buf_clear(&r->relabelled, KEEP_BYTES);
    rd_buf_clear(&r->crowded, KEEP_BYTES);
    rd_buf_clear(&r->room, KEEP_BYTES);
    rd_buf_clear(&r->streams, KEEP_BYTES);
    batch_reset(&r->plain);
    batch_reset(&r->views);
    for (uint32_t i = 0; i < r->n_hits; i++)
        r->counts[r->hits[i].rule][r->hits[i].cls][r->hits[i].done] = 0;
    if (r->drops)
        memset(r->taken, 0, sizeof r->taken);
    r->keys_once = r->key_has_find = r->drops = false;
    r->n_hits = r->n_over_budget = r->n_reserved = r->n_refused = r->n_shed = 0;
    rd_stamp_names_init(&r->reserved, job->stamp);
    r->by_policy = rd_policy_visitor(job->policy, job->signal);
}

bool rd_batch_grow(rd_batch *b, uint32_t n)
{
    uint32_t cap = b->cap < FIRST_TEXTS ? FIRST_TEXTS : b->cap;
    while (cap <= n)
        cap *= 2;
    rd_text *texts = realloc(b->texts, cap * sizeof *texts);
    if (texts == NULL)
        return false;
    b->texts = texts;
    uint32_t *owners = realloc(b->owner, cap * sizeof *owners);
    if (owners == NULL)
        return false;
    b->owner = owners;
    b->cap = cap;
    return true;
}
