/* SPDX-License-Identifier: MIT */
#include "gateway/thread.h"

#include <stdlib.h>
#include <time.h>

static void on_inbox(h2o_multithread_receiver_t *receiver, h2o_linklist_t *messages)
{
    gw_thread *t = H2O_STRUCT_FROM_MEMBER(gw_thread, inbox, receiver);
    while (!h2o_linklist_is_empty(messages)) {
        gw_message *m = H2O_STRUCT_FROM_MEMBER(gw_message, super, messages->next);
        h2o_linklist_unlink(&m->super.link);
        m->run(t, m);
    }
}

void gw_thread_init(gw_thread *t, unsigned index, h2o_globalconf_t *conf)
{
    *t = (gw_thread){.index = index};
    h2o_context_init(&t->h2o, h2o_evloop_create(), conf);
    h2o_timeout_init(t->h2o.loop, &t->tick, GW_TICK_MS);
    h2o_multithread_register_receiver(t->h2o.queue, &t->inbox, on_inbox);
}

/* xorshift64, begun from the clock and the thread's own address. */
uint64_t gw_thread_random(gw_thread *t)
{
    struct timespec ts;
    if (t->random == 0) {
        clock_gettime(CLOCK_REALTIME, &ts);
        t->random = ((uint64_t)ts.tv_nsec << 32 ^ (uint64_t)ts.tv_sec ^ (uint64_t)(uintptr_t)t) | 1;
    }
    t->random ^= t->random << 13;
    t->random ^= t->random >> 7;
    t->random ^= t->random << 17;
    return t->random * UINT64_C(0x2545f4914f6cdd1d);
}

void gw_thread_post(gw_thread *t, gw_message *m)
{
    m->super = (h2o_multithread_message_t){{NULL}};
    h2o_multithread_send_message(&t->inbox, &m->super);
}

gw_binding *gw_binding_ref(gw_binding *b)
{
    b->refs++;
    return b;
}

/* A pool is gone once its last connection closed; the generation it borrows from must live until then. */
static void on_pool_gone(void *arg)
{
    gw_generation *gen = arg;
    gw_generation_unref(&gen);
}

void gw_binding_unref(gw_binding **pb)
{
    gw_binding *b = *pb;
    *pb = NULL;
    if (b == NULL || --b->refs > 0)
        return;
    for (size_t i = 0; i < b->gen->cfg->n_upstreams; i++) {
        if (b->pools[i] != NULL)
            gw_pool_retire(b->pools[i], on_pool_gone, gw_generation_ref(b->gen));
    }
    /* The last of a line may have left a moment ago. */
    for (size_t i = 0; i < b->gen->cfg->n_upstreams * GW_SIGNAL_COUNT; i++)
        h2o_timeout_unlink(&b->gates[i].timer);
    free(b->pools);
    free(b->gates);
    gw_generation_unref(&b->gen);
    free(b);
}

gw_binding *gw_binding_new(gw_thread *t, gw_generation *gen, char *why)
{
    gw_binding *b = calloc(1, sizeof *b);
    gw_pool **pools = calloc(gen->cfg->n_upstreams + 1, sizeof *pools);
    gw_gate *gates = calloc(gen->cfg->n_upstreams + 1, GW_SIGNAL_COUNT * sizeof *gates);
    if (b == NULL || pools == NULL || gates == NULL) {
        free(b);
        free(pools);
        free(gates);
        snprintf(why, GW_WHY_BYTES, "no memory");
        return NULL;
    }
    *b = (gw_binding){.thread = t, .gen = gw_generation_ref(gen), .pools = pools, .gates = gates, .refs = 1};
    for (size_t i = 0; i < gen->cfg->n_upstreams * GW_SIGNAL_COUNT; i++)
        gates[i] = (gw_gate){
            .binding = b, .upstream = i / GW_SIGNAL_COUNT, .signal = (gw_signal)(i % GW_SIGNAL_COUNT)};
    for (size_t i = 0; i < gen->cfg->n_upstreams; i++) {
        const gw_upstream_cfg *cfg = &gen->cfg->upstreams[i];
        const char *reason = "";
        if (cfg->store != NULL)
            continue;
        pools[i] = gw_pool_new(&t->h2o, cfg, &reason);
        if (pools[i] == NULL) {
            snprintf(why, GW_WHY_BYTES, "upstream `%s`: %s", cfg->name, reason);
            gw_binding_unref(&b);
            return NULL;
        }
    }
    return b;
}
