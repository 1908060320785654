/* SPDX-License-Identifier: MIT */
#include "gateway/metrics_redactions.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "gateway/metrics_private.h"

/*
 * A key is rule, class and deed in 16 bits. The table of a workspace holds entries: key, number of the series
 * behind it, and a bit that says that there is one; an entry is written once and never changes. At most half
 * of it is full.
 */
enum {
    DONE_BITS = 3,
    CLASS_BITS = 4,
    RULE_BITS = 9,
    KEY_BITS = DONE_BITS + CLASS_BITS + RULE_BITS,
    TABLE_BITS = 9,
    TABLE = 1 << TABLE_BITS
};

#define THERE UINT32_C(0x80000000)
#define NAME  "redactd_workspace_redactions_total"
#define HELP                                                                                                 \
    "Times a rule acted in data of a workspace, by class of field and by what was done (which need not be "  \
    "what the rule says: a pair inside a text is masked, not dropped; `shadow`: nothing; `over_budget`: "    \
    "its pattern ran out of its budget). What goes beyond 256 series of a workspace has field and action "   \
    "`__other__`."

static_assert(RD_DONE_COUNT <= 1 << DONE_BITS, "what is done fits into a key");
static_assert(RD_CLASS_COUNT <= 1 << CLASS_BITS, "classes fit into a key");
static_assert(GW_RULE_SLOTS <= 1 << RULE_BITS, "rules fit into a key");
static_assert(GW_REDACTION_SERIES * 2 <= TABLE, "a search of the table ends");
static_assert(GW_REDACTION_SERIES <= 1 << (31 - KEY_BITS), "series fit into an entry");

typedef struct series {
    _Atomic uint32_t table[TABLE];
    uint16_t keys[GW_REDACTION_SERIES]; /* of the first `n`; written before n says so */
    _Atomic unsigned n;
    _Atomic bool full; /* one found no room */
} series;

static series all[GW_WORKSPACE_SLOTS];
static pthread_mutex_t adding = PTHREAD_MUTEX_INITIALIZER;

_Atomic int64_t *gw_redaction_cells_new(void)
{
    return calloc((size_t)GW_WORKSPACE_SLOTS * GW_REDACTION_CELLS, sizeof(_Atomic int64_t));
}

static uint32_t key_of(unsigned rule, rd_class cls, rd_done done)
{
    return (uint32_t)rule << (CLASS_BITS + DONE_BITS) | (uint32_t)cls << DONE_BITS | done;
}

/* The entry of the key, or the free one where it belongs. */
static _Atomic uint32_t *entry_of(series *s, uint32_t key, uint32_t *out_entry)
{
    uint32_t at = key * UINT32_C(0x9e3779b1) >> (32 - TABLE_BITS);
    for (;; at = (at + 1) % TABLE) {
        *out_entry = atomic_load_explicit(&s->table[at], memory_order_acquire);
        if (*out_entry == 0 || (*out_entry & ((1u << KEY_BITS) - 1)) == key)
            return &s->table[at];
    }
}

static unsigned number_of(uint32_t entry)
{
    return (entry & ~THERE) >> KEY_BITS;
}

/* The cell of a key that has none yet, if there is room for one. */
static unsigned add(series *s, uint32_t key, unsigned rule)
{
    uint32_t entry;
    unsigned cell = GW_REDACTION_SERIES + rule;
    if (atomic_load_explicit(&s->full, memory_order_relaxed))
        return cell;
    pthread_mutex_lock(&adding);
    _Atomic uint32_t *at = entry_of(s, key, &entry);
    unsigned n = atomic_load(&s->n);
    if (entry != 0) {
        cell = number_of(entry);
    } else if (n == GW_REDACTION_SERIES) {
        atomic_store(&s->full, true);
    } else {
        cell = n;
        s->keys[n] = (uint16_t)key;
        atomic_store(&s->n, n + 1);
        atomic_store_explicit(at, THERE | n << KEY_BITS | key, memory_order_release);
    }
    pthread_mutex_unlock(&adding);
    return cell;
}

void gw_count_redactions(gw_counters *c, unsigned workspace, unsigned rule, rd_class cls, rd_done done,
                         int64_t n)
{
    uint32_t entry, key = key_of(rule, cls, done);
    (void)entry_of(&all[workspace], key, &entry);
    unsigned cell = entry != 0 ? number_of(entry) : add(&all[workspace], key, rule);
    gw_cell_add(&c->redactions[(size_t)workspace * GW_REDACTION_CELLS + cell], n);
}

static int64_t sum(gw_counters *const *threads, unsigned n_threads, unsigned workspace, unsigned cell)
{
    int64_t n = 0;
    for (unsigned t = 0; t < n_threads; t++)
        n += atomic_load_explicit(&threads[t]->redactions[(size_t)workspace * GW_REDACTION_CELLS + cell],
                                  memory_order_relaxed);
    return n;
}

void gw_redactions_each(unsigned workspace, void (*each)(void *arg, const gw_redactions *r), void *arg)
{
    gw_counters *threads[GW_METRICS_THREADS];
    const series *s = &all[workspace];
    bool full = atomic_load(&s->full);
    unsigned n_threads = gw_counters_all(threads), n = atomic_load(&s->n);
    unsigned end = full ? GW_REDACTION_SERIES + gw_metrics_slots(GW_SLOTS_RULE) : n;
    for (unsigned i = 0; i < end; i++) {
        gw_redactions r = {.cell = i, .cls = RD_CLASS_COUNT, .done = RD_DONE_COUNT};
        r.n = sum(threads, n_threads, workspace, i);
        if (r.n == 0)
            continue;
        r.rule = i < GW_REDACTION_SERIES ? s->keys[i] >> (CLASS_BITS + DONE_BITS) : i - GW_REDACTION_SERIES;
        if (i < GW_REDACTION_SERIES) {
            r.cls = (rd_class)(s->keys[i] >> DONE_BITS & ((1u << CLASS_BITS) - 1));
            r.done = (rd_done)(s->keys[i] & ((1u << DONE_BITS) - 1));
        }
        each(arg, &r);
    }
}

const char *gw_redactions_field(const gw_redactions *r)
{
    return r->cls == RD_CLASS_COUNT ? "__other__" : rd_class_word(r->cls);
}

const char *gw_redactions_action(const gw_redactions *r)
{
    return r->done == RD_DONE_COUNT ? "__other__" : rd_done_word(r->done);
}

/* ---- shown ---- */

typedef struct page {
    rd_buf *out;
    unsigned workspace;
} page;

static void write_one(void *arg, const gw_redactions *r)
{
    const page *p = arg;
    rd_buf_printf(p->out, NAME "{workspace_id=\"%s\",rule=\"%s\",field=\"%s\",action=\"%s\"} %" PRId64 "\n",
                  gw_metrics_slot_name(GW_SLOTS_WORKSPACE, p->workspace),
                  gw_metrics_slot_name(GW_SLOTS_RULE, r->rule), gw_redactions_field(r),
                  gw_redactions_action(r), r->n);
}

void gw_redactions_write(rd_buf *out)
{
    unsigned n = gw_metrics_slots(GW_SLOTS_WORKSPACE);
    rd_buf_append_str(out, "# HELP " NAME " " HELP "\n# TYPE " NAME " counter\n");
    for (unsigned w = 0; w < n; w++)
        gw_redactions_each(w, write_one, &(page){.out = out, .workspace = w});
}

void gw_redactions_reference(FILE *to)
{
    fputs("| `" NAME "` | counter | `workspace_id`, `rule`, `field`, `action` | " HELP " |\n", to);
}
