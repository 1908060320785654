/* SPDX-License-Identifier: MIT */
/*
 * Greedy clustering: every window starts as a cluster of its own (of very many, the later ones join the
 * cluster that suits them best); while there are more clusters than buckets, the two whose union adds the
 * fewest expected candidates are merged; then windows move, one at a time, to the cluster where they add
 * least. Expected are as many candidates as there are in a sample of log text, and a little for what the
 * sample does not show: the product over all positions of how often a byte of the cluster's codes
 * occurs.
 */
#include "filters/detect/buckets.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_CLUSTERS = 96, /* to start with; the work grows with their square */
    SWEEPS = 4,        /* in which windows move; most are settled after two */
    SAMPLE = 2944,     /* bytes looked at */
    SAMPLE_WORDS = SAMPLE / 64
};

/* Lines as systems of all kinds write them. */
static const char sample[] =
    "2026-11-25T10:11:12.345Z INFO [http-nio-8080-exec-7] c.e.orders.OrderService - order 48213 packed in 12 "
    "ms, 3 items left\n"
    "{\"level\":\"info\",\"ts\":1764065472.113,\"caller\":\"server/handler.go:118\",\"msg\":\"request "
    "done\",\"method\":\"GET\",\"path\":\"/api/v1/items/77\",\"status\":200,\"bytes\":5120}\n"
    "time=\"2026-11-25T10:11:13Z\" level=warning msg=\"retrying connection\" component=scheduler attempt=2 "
    "backoff=1.5s trace_id=4bf92f3577b34da6a3ce929d0e0e4736\n"
    "Nov 25 10:11:14 node-17 systemd[1]: Started Session 412 of root. kernel: [12345.678901] eth0: link up, "
    "1000 Mbps full duplex\n"
    "198.51.100.7 - - [25/Nov/2026:10:11:15 +0000] \"POST /login HTTP/1.1\" 302 512 "
    "\"https://shop.example/cart\" \"Mozilla/5.0 (X11; Linux x86_64) Firefox/125.0\"\n"
    "E1125 10:11:16.204815       1 reconciler.go:241] Failed to update pod \"web-5d9c7b6f48-x2x7k\" in "
    "namespace default: timeout\n"
    "2026/11/25 10:11:17 [error] 2817#2817: *9912 upstream timed out (110: Connection timed out) while "
    "reading, request: \"GET /u HTTP/1.1\"\n"
    "2026-11-25 10:11:18 UTC [4711] LOG:  duration: 132.481 ms  execute S_3: SELECT id, state FROM jobs "
    "WHERE run_at < now() ORDER BY id LIMIT 50\n"
    "081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block blk_38865049064139660 "
    "terminating\n"
    "Exception in thread \"main\" java.lang.IllegalStateException: queue is closed\n\tat "
    "com.example.work.Pool.submit(Pool.java:88)\n"
    "trace=8f14e45fceea167a5a36dedd4bea2543 span=00f067aa0ba902b7 service.name=checkout "
    "host.name=ip-10-2-3-4 version=1.14.2 duration_ms=87\n"
    "<Event><System><EventID>4624</EventID><Level>0</Level><Task>12544</Task></System></Event> session 0x3e7 "
    "closed after 00:12:41\n"
    "17/06/09 20:10:40 INFO executor.Executor: Finished task 12.0 in stage 4.0 (TID 231). 2087 bytes result "
    "sent to driver; memory 384.0 KB free\n"
    "{\"time\":\"2026-11-25T10:11:20\",\"logger\":\"cache\",\"event\":\"evicted\",\"keys\":1203,\"region\":"
    "\"eu-west-1\",\"request_id\":\"7b0e2c1a-93d4-4f5e-8a6b-1c2d3e4f5a6b\"}\n"
    "worker[3]: checkpoint written to /var/lib/app/data/000000010000002A.snap (size 1048576, crc 5d41402a) "
    "next in 300 s\n"
    "2026-11-25 10:11:21,904 DEBUG [pool-3-thread-8] net.sample.billing.LedgerWriter - flushed segment 77 of "
    "128 to disk, offset 5531207\n"
    "2026-11-25 10:11:22.118  WARN 1 --- [nio-8443-exec-2] o.s.web.servlet.PageNotFound : No mapping for GET "
    "/favicon.ico\n"
    "2026-11-25 10:11:23,007 - urllib3.connectionpool - INFO - Starting new HTTPS connection (2): "
    "registry.example:443\n"
    "I1125 10:11:24.530019   41 leaderelection.go:258] successfully acquired lease kube-system/scheduler\n"
    "node-12.internal:9042 checkout-worker-3 /api/v2/carts/88231 application/json eu-central-1b 1.27.3 GET "
    "SELECT orders state of 40 of 112 partitions: HEALTHY\n"
    "[2026-11-25 10:11:25,640] INFO [Log partition=events-4, dir=/data/kafka] Rolled new log segment at "
    "offset 90412 in 3 ms. (kafka.log.Log)\n"
    "level=info ts=2026-11-25T10:11:26.001Z caller=compact.go:519 msg=\"write block\" mint=1764064800000 "
    "ulid=01HF3X9D2V duration=1.204s\n"
    "Jul  3 04:12:09 db2 mysqld[811]: [Note] Aborted connection 98 to db: 'shop' (Got timeout reading "
    "packets)\n";
_Static_assert(sizeof sample > SAMPLE + RD_LONG, "too short");

/* What the tables of one cluster take at each position. */
typedef struct cluster {
    rd_bucket takes;
    /* Bit i: byte i + j of the sample has one of the codes that are taken at position j. */
    uint64_t at[RD_CODINGS][RD_LONG][SAMPLE_WORDS];
    float weight;
} cluster;

typedef struct work {
    const rd_bucket_spec *spec; /* borrowed */
    uint8_t code_of[RD_CODINGS][256];
    uint64_t all[RD_CODINGS]; /* codes that there are */
    /* Bit i: byte i of the sample has this code. */
    uint64_t seen[RD_CODINGS][RD_WIDE_CODES][SAMPLE_WORDS + 1];
    float bytes[RD_WIDE_CODES][RD_WIDE_CODES]; /* share in log text of the bytes of a code of each coding */
    cluster *list;                             /* owned */
    float *cost;      /* owned: [a * MAX_CLUSTERS + b] for a < b: what merging them adds */
    cluster *windows; /* owned: one a window */
    uint32_t *home;   /* owned: the cluster of each window */
    uint32_t n, n_windows;
} work;

/* Rough shares, from logs of many systems. */
static float byte_weight(uint8_t c)
{
    if (c == ' ')
        return 0.12f;
    if (rd_is(c, RD_C_DIGIT))
        return 0.05f; /* more than their share: they come in runs */
    if (rd_is(c, RD_C_LOWER))
        return strchr("eaiotnrs", c) != NULL ? 0.035f : 0.012f;
    if (rd_is(c, RD_C_UPPER))
        return 0.004f;
    if (c != 0 && strchr(".:-/\"_,=[]()", c) != NULL)
        return 0.015f;
    return c >= 0x80 || c < ' ' ? 0.0005f : 0.002f;
}

static void read_codes(work *w)
{
    for (unsigned c = 0; c < 256; c++) {
        for (unsigned k = 0; k < RD_CODINGS; k++) {
            rd_code_fn *code_of = w->spec->codings[k];
            w->code_of[k][c] = code_of != NULL ? (uint8_t)code_of((uint8_t)c) : 0;
            w->all[k] |= UINT64_C(1) << w->code_of[k][c];
        }
        w->bytes[w->code_of[0][c]][w->code_of[1][c]] += byte_weight((uint8_t)c);
    }
    for (uint32_t i = 0; i < SAMPLE + RD_LONG; i++) {
        for (unsigned k = 0; k < RD_CODINGS; k++)
            w->seen[k][w->code_of[k][(uint8_t)sample[i]]][i / 64] |= UINT64_C(1) << i % 64;
    }
}

static float class_weight(const work *w, uint64_t first, uint64_t second)
{
    if (first == w->all[0] && second == w->all[1])
        return 1;
    float sum = 0;
    for (uint64_t f = first; f != 0; f &= f - 1) {
        const float *row = w->bytes[__builtin_ctzll(f)];
        for (uint64_t s = second; s != 0; s &= s - 1)
            sum += row[__builtin_ctzll(s)];
    }
    return sum < 1 ? sum : 1;
}

/* The share of places in the sample where both clusters together would see a window. */
static float sample_weight(const work *w, const cluster *a, const cluster *b)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < SAMPLE_WORDS; i++) {
        uint64_t hits = ~UINT64_C(0);
        for (uint32_t k = 0; k < RD_CODINGS && w->spec->codings[k] != NULL; k++) {
            for (uint32_t j = 0; j < w->spec->len; j++)
                hits &= a->at[k][j][i] | b->at[k][j][i];
        }
        n += (uint32_t)__builtin_popcountll(hits);
    }
    return (float)n / SAMPLE;
}

static const float UNSEEN = 0.1f; /* how much the sample does not show */

/* The weight that both together would have. */
static float weigh(const work *w, const cluster *a, const cluster *b)
{
    float weight = 1;
    for (uint32_t j = 0; j < w->spec->len; j++)
        weight *= class_weight(w, a->takes.codes[0][j] | b->takes.codes[0][j],
                               a->takes.codes[1][j] | b->takes.codes[1][j]);
    return UNSEEN * weight + sample_weight(w, a, b);
}

static void add_codes(rd_bucket *a, const rd_bucket *b)
{
    for (uint32_t k = 0; k < RD_CODINGS; k++) {
        for (uint32_t j = 0; j < RD_LONG; j++)
            a->codes[k][j] |= b->codes[k][j];
    }
}

static void unite(const work *w, cluster *a, const cluster *b)
{
    a->weight = weigh(w, a, b);
    add_codes(&a->takes, &b->takes);
    for (uint32_t k = 0; k < RD_CODINGS; k++) {
        for (uint32_t j = 0; j < w->spec->len; j++) {
            for (uint32_t i = 0; i < SAMPLE_WORDS; i++)
                a->at[k][j][i] |= b->at[k][j][i];
        }
    }
}

/* Where in the sample a byte with one of the codes stands `j` bytes further on. */
static void find_codes(const work *w, unsigned coding, uint64_t codes, uint32_t j, uint64_t *at)
{
    uint64_t any[SAMPLE_WORDS + 1] = {0};
    for (; codes != 0; codes &= codes - 1) {
        const uint64_t *seen = w->seen[coding][__builtin_ctzll(codes)];
        for (uint32_t i = 0; i <= SAMPLE_WORDS; i++)
            any[i] |= seen[i];
    }
    for (uint32_t i = 0; i < SAMPLE_WORDS; i++)
        at[i] = j == 0 ? any[i] : any[i] >> j | any[i + 1] << (64 - j);
}

/* All but the codes of the cluster follows from them. */
static void look(const work *w, cluster *c)
{
    for (unsigned k = 0; k < RD_CODINGS; k++) {
        for (uint32_t j = 0; j < w->spec->len; j++)
            find_codes(w, k, c->takes.codes[k][j], j, c->at[k][j]);
    }
    c->weight = weigh(w, c, c);
}

static void start_cluster(const work *w, const rd_window_sets *sets, cluster *c)
{
    for (uint32_t k = 0; k < RD_CODINGS; k++) {
        for (uint32_t j = 0; j < w->spec->len; j++) {
            for (unsigned b = 0; b < 256; b++)
                c->takes.codes[k][j] |= (uint64_t)rd_byteset_has(&sets->at[j], (uint8_t)b)
                                        << w->code_of[k][b];
        }
    }
    look(w, c);
}

static float *cost_of(const work *w, uint32_t a, uint32_t b)
{
    return a < b ? &w->cost[(size_t)a * MAX_CLUSTERS + b] : &w->cost[(size_t)b * MAX_CLUSTERS + a];
}

static void price(work *w, uint32_t a, uint32_t b)
{
    *cost_of(w, a, b) = weigh(w, &w->list[a], &w->list[b]) - w->list[a].weight - w->list[b].weight;
}

static void merge_cheapest(work *w)
{
    uint32_t best_a = 0, best_b = 1;
    float best = *cost_of(w, 0, 1);
    for (uint32_t a = 0; a < w->n; a++) {
        const float *row = &w->cost[(size_t)a * MAX_CLUSTERS];
        for (uint32_t b = a + 1; b < w->n; b++) {
            if (row[b] < best) {
                best = row[b];
                best_a = a;
                best_b = b;
            }
        }
    }
    unite(w, &w->list[best_a], &w->list[best_b]);
    uint32_t last = --w->n;
    w->list[best_b] = w->list[last];
    for (uint32_t i = 0; i < w->n_windows; i++) {
        if (w->home[i] == best_b)
            w->home[i] = best_a;
        else if (w->home[i] == last)
            w->home[i] = best_b;
    }
    for (uint32_t k = 0; k < last; k++) {
        if (k != best_b && best_b != last)
            *cost_of(w, k, best_b) = *cost_of(w, k, last);
    }
    for (uint32_t k = 0; k < last; k++) {
        if (k != best_a)
            price(w, k, best_a);
    }
}

/* Leaves in `rest` the cluster of window `i` without it; weighs nothing if nothing is left. */
static void take_out(const work *w, uint32_t i, cluster *rest)
{
    bool any = false;
    *rest = (cluster){.weight = 0};
    for (uint32_t k = 0; k < w->n_windows; k++) {
        if (k == i || w->home[k] != w->home[i])
            continue;
        any = true;
        add_codes(&rest->takes, &w->windows[k].takes);
    }
    if (any)
        look(w, rest);
}

/* Moves window `i` to where it adds least; did it move? */
static bool move_window(work *w, uint32_t i)
{
    uint32_t from = w->home[i], to = from;
    cluster rest;
    take_out(w, i, &rest);
    float least = w->list[from].weight - rest.weight;
    for (uint32_t k = 0; k < w->n; k++) {
        float adds = k == from ? least : weigh(w, &w->list[k], &w->windows[i]) - w->list[k].weight;
        if (adds < least) {
            least = adds;
            to = k;
        }
    }
    if (to == from)
        return false;
    w->list[from] = rest;
    unite(w, &w->list[to], &w->windows[i]);
    w->home[i] = to;
    return true;
}

static void settle(work *w)
{
    bool moved = true;
    for (unsigned n = 0; n < SWEEPS && moved; n++) {
        moved = false;
        for (uint32_t i = 0; i < w->n_windows; i++)
            moved |= move_window(w, i);
    }
}

/* A window of its own cluster while there are few, else in the one where it adds least. */
static void add_window(work *w, const rd_window_sets *sets)
{
    uint32_t at = w->n, i = w->n_windows++;
    cluster *c = &w->windows[i];
    start_cluster(w, sets, c);
    if (w->n < MAX_CLUSTERS) {
        w->home[i] = at;
        w->list[w->n++] = *c;
        return;
    }
    float least = 0;
    for (uint32_t k = 0; k < w->n; k++) {
        float adds = weigh(w, c, &w->list[k]) - w->list[k].weight;
        if (at == w->n || adds < least) {
            at = k;
            least = adds;
        }
    }
    unite(w, &w->list[at], c);
    w->home[i] = at;
}

/* The share in log text of bytes that have one of the codes of the set. */
static float share(const rd_byteset *set, unsigned (*code_of)(uint8_t))
{
    uint32_t codes = 0;
    float sum = 0;
    for (unsigned c = 0; c < 256; c++)
        codes |= (uint32_t)rd_byteset_has(set, (uint8_t)c) << code_of((uint8_t)c);
    for (unsigned c = 0; c < 256; c++)
        sum += (codes >> code_of((uint8_t)c) & 1) != 0 ? byte_weight((uint8_t)c) : 0;
    return sum;
}

bool rd_buckets_by_letters(const rd_window_sets *window)
{
    float letters = 1, shapes = 1;
    for (uint32_t j = 0; j < RD_SHORT; j++) {
        letters *= share(&window->at[j], rd_letter_of);
        shapes *= share(&window->at[j], rd_shape_of);
    }
    return letters < shapes;
}

bool rd_buckets_assign(const rd_window_sets *windows, uint32_t n, const rd_bucket_spec *spec, rd_bucket *out)
{
    work *w = calloc(1, sizeof *w);
    if (w == NULL)
        return false;
    w->spec = spec;
    w->list = calloc(MAX_CLUSTERS, sizeof *w->list);
    w->cost = calloc((size_t)MAX_CLUSTERS * MAX_CLUSTERS, sizeof *w->cost);
    w->windows = calloc(n + 1, sizeof *w->windows);
    w->home = calloc(n + 1, sizeof *w->home);
    bool ok = w->list != NULL && w->cost != NULL && w->windows != NULL && w->home != NULL;
    read_codes(w);
    for (uint32_t i = 0; ok && i < n; i++)
        add_window(w, &windows[i]);
    for (uint32_t a = 0; ok && a < w->n; a++) {
        for (uint32_t b = a + 1; b < w->n; b++)
            price(w, a, b);
    }
    while (ok && w->n > spec->n_buckets)
        merge_cheapest(w);
    if (ok)
        settle(w);
    for (uint32_t b = 0; ok && b < spec->n_buckets; b++)
        out[b] = b < w->n ? w->list[b].takes : (rd_bucket){{{0}}};
    free(w->home);
    free(w->windows);
    free(w->cost);
    free(w->list);
    free(w);
    return ok;
}
