/* SPDX-License-Identifier: MIT */
#include "gateway/scrub_stamp.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TEXTS = 1 << 20 }; /* of at most RD_STAMP_MAX labels, whose length the configuration bounds */

/* One piece of memory: who frees a table knows nothing of stamps. */
typedef struct kept {
    rd_stamp stamp;
    rd_stamp_texts texts;
    rd_stamp_label labels[GW_MAX_LABELS + 1];
    rd_slice movable[GW_MAX_LABELS];
    uint8_t bytes[]; /* of the texts */
} kept;

static void put_label(kept *k, const char *name, const char *value)
{
    k->labels[k->stamp.n_labels++] = (rd_stamp_label){rd_slice_str(name), rd_slice_str(value)};
}

/* Names and values live as long as the table does. */
static void list_labels(kept *k, const gw_workspace *w, bool loki)
{
    const gw_workspaces_cfg *all = w->all;
    const char *name = loki ? all->loki_label : all->otlp_label;
    k->stamp = (rd_stamp){.labels = k->labels,
                          .refuse = all->client_label == GW_CLIENT_LABEL_REFUSE,
                          .max_stream_labels = all->loki_max_labels,
                          .movable = k->movable,
                          .texts = &k->texts};
    for (size_t i = 0; i < all->n_loki_movable_labels; i++)
        k->movable[k->stamp.n_movable++] = rd_slice_str(all->loki_movable_labels[i]);
    if (name != NULL)
        put_label(k, name, w->name);
    for (size_t i = 0; i < w->cfg->n_labels; i++)
        put_label(k, w->cfg->labels[i].name, w->cfg->labels[i].value);
}

static rd_slice moved(rd_slice s, const uint8_t *from, const uint8_t *to)
{
    return (rd_slice){to + (s.p - from), s.n};
}

static kept *make(const gw_workspace *w, bool loki)
{
    kept head;
    rd_buf texts;
    rd_buf_init(&texts, MAX_TEXTS);
    list_labels(&head, w, loki);
    rd_stamp_prepare(&head.stamp, &texts, &head.texts);
    kept *k = malloc(sizeof *k + texts.n);
    if (k == NULL || texts.failed != RD_OK)
        abort();
    list_labels(k, w, loki);
    if (texts.n > 0)
        memcpy(k->bytes, texts.p, texts.n);
    k->texts = (rd_stamp_texts){.attributes = moved(head.texts.attributes, texts.p, k->bytes),
                                .items = moved(head.texts.items, texts.p, k->bytes),
                                .members = moved(head.texts.members, texts.p, k->bytes)};
    rd_buf_release(&texts);
    return k;
}

const rd_stamp *gw_scrub_stamp(const gw_workspace *w, gw_signal signal)
{
    bool loki = signal == GW_SIGNAL_LOKI_PUSH;
    void *_Atomic *place = (void *_Atomic *)&w->stamps[loki];
    void *k = atomic_load_explicit(place, memory_order_acquire);
    if (k == NULL) {
        void *made = make(w, loki);
        if (atomic_compare_exchange_strong(place, &k, made))
            k = made;
        else
            free(made); /* somebody was faster: `k` is his */
    }
    const rd_stamp *s = &((kept *)k)->stamp;
    return s->n_labels > 0 ? s : NULL;
}
