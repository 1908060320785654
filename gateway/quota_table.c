/* SPDX-License-Identifier: MIT */
#include "gateway/quota_table.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/metrics.h"
#include "gateway/quota_private.h"

/* Chains are short up to some ten thousand workspaces; a lock is shared by few. */
enum { CHAINS = 1 << 14, LOCKS = 64 };

static gw_quota *_Atomic chains[CHAINS]; /* grow at the head only; members are never taken out */
static pthread_mutex_t locks[LOCKS];
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic uint32_t share_percent;

static void init_locks(void)
{
    for (unsigned i = 0; i < LOCKS; i++)
        pthread_mutex_init(&locks[i], NULL);
}

void gw_quotas_share(uint32_t percent)
{
    atomic_store(&share_percent, percent);
}

/* FNV-1a: names come from the operator's file, not from senders. */
static uint32_t hash_of(rd_slice name)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < name.n; i++)
        h = (h ^ name.p[i]) * 16777619u;
    return h ^ h >> 15;
}

static gw_quota *in_chain(gw_quota *q, rd_slice name)
{
    while (q != NULL && !(strlen(q->name) == name.n && memcmp(q->name, name.p, name.n) == 0))
        q = q->next;
    return q;
}

gw_quota *gw_quotas_find(rd_slice name)
{
    return in_chain(atomic_load(&chains[hash_of(name) % CHAINS]), name);
}

gw_quota *gw_quotas_of(rd_slice name)
{
    uint32_t chain = hash_of(name) % CHAINS;
    gw_quota *q = in_chain(atomic_load(&chains[chain]), name);
    if (q != NULL)
        return q;
    pthread_once(&once, init_locks);
    pthread_mutex_lock(&locks[chain % LOCKS]);
    gw_quota *head = atomic_load(&chains[chain]);
    q = in_chain(head, name);
    if (q == NULL) {
        q = gw_quota_new((const char *)name.p, name.n, 0, atomic_load(&share_percent));
        if (q == NULL)
            abort();
        q->slot = gw_metrics_slot(GW_SLOTS_WORKSPACE, q->name);
        q->next = head;
        atomic_store(&chains[chain], q); /* readers see it whole */
    }
    pthread_mutex_unlock(&locks[chain % LOCKS]);
    return q;
}

void gw_quotas_each(void (*fn)(void *arg, gw_quota *q), void *arg)
{
    for (unsigned i = 0; i < CHAINS; i++) {
        for (gw_quota *q = atomic_load(&chains[i]); q != NULL; q = q->next)
            fn(arg, q);
    }
}
