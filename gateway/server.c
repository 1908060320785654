/* SPDX-License-Identifier: MIT */
#include "gateway/server.h"

#include <errno.h>
#include <malloc.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "gateway/admin.h"
#include "gateway/budget.h"
#include "gateway/checker.h"
#include "gateway/exchange.h"
#include "gateway/identity.h"
#include "gateway/ledger_keeper.h"
#include "gateway/listener.h"
#include "gateway/log.h"
#include "gateway/quota_file.h"
#include "gateway/quota_sync.h"
#include "gateway/worker.h"

enum {
    MAX_THREADS = 128,
    POLL_MS = 20,
    WATCH_SECONDS = 1, /* between two looks at files that are loaded again when they change */
    LOOP_TURN_MS = 1000,
    RESOLVER_THREADS = 4,
    MMAP_BYTES = 1 << 20,
    TRIM_BYTES = 32 << 20,
    OTHER_FILES = 64 /* descriptors for everything but connections */
};

/* A thread with everything the server put on it. */
typedef struct loop {
    gw_thread thread;
    pthread_t tid;
    gw_http1_server *http, *admin_http;
    gw_listener **listeners; /* owned, n_listeners */
    gw_listener *admin_listener;
    gw_checker *checker; /* of the first */
    struct server *server;
    sem_t started;
    bool ok, stop;
    char why[GW_WHY_BYTES]; /* when not ok */
} loop;

typedef struct server {
    const char *path; /* of the configuration; NULL: embedded */
    h2o_globalconf_t h2o;
    gw_generation *gen;        /* the newest; threads hold references of their own */
    gw_workspaces *workspaces; /* the same */
    size_t n_listeners;
    int *fds; /* owned until the loops take them: thread-major */
    int admin_fd;
    loop *loops; /* owned */
    unsigned n_loops;
    gw_workers *workers;
} server;

/* ---- asking all loops at once ---- */

/* A question to one loop; the asking thread waits for all answers. */
typedef struct question {
    gw_message message;
    loop *loop;
    struct round *round;
    gw_binding *binding; /* reload: what this loop prepared */
} question;

typedef struct round {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    unsigned waiting, failed;
    void (*ask)(question *q);
    gw_generation *gen;
    gw_workspaces *workspaces;
    char why[GW_WHY_BYTES];
} round_t;

static void on_question(gw_thread *t, gw_message *m)
{
    question *q = H2O_STRUCT_FROM_MEMBER(question, message, m);
    struct round *r = q->round;
    r->ask(q);
    pthread_mutex_lock(&r->lock);
    r->waiting--;
    pthread_cond_signal(&r->answered);
    pthread_mutex_unlock(&r->lock);
}

/* Runs `ask` on every loop and returns when all have. */
static void ask_all(server *s, struct round *r, question *q, void (*ask)(question *q))
{
    r->ask = ask;
    r->waiting = s->n_loops;
    for (unsigned i = 0; i < s->n_loops; i++) {
        q[i].loop = &s->loops[i];
        q[i].round = r;
        q[i].message.run = on_question;
        gw_thread_post(&s->loops[i].thread, &q[i].message);
    }
    pthread_mutex_lock(&r->lock);
    while (r->waiting > 0)
        pthread_cond_wait(&r->answered, &r->lock);
    pthread_mutex_unlock(&r->lock);
}

static void tell_all(server *s, void (*ask)(question *q))
{
    struct round r = {.lock = PTHREAD_MUTEX_INITIALIZER, .answered = PTHREAD_COND_INITIALIZER};
    question *q = calloc(s->n_loops, sizeof *q);
    if (q == NULL)
        abort();
    ask_all(s, &r, q, ask);
    free(q);
}

/* ---- reload ---- */

static void ask_prepare(question *q)
{
    char why[GW_WHY_BYTES];
    q->binding = gw_binding_new(&q->loop->thread, q->round->gen, why);
    if (q->binding != NULL)
        return;
    pthread_mutex_lock(&q->round->lock);
    q->round->failed++;
    memcpy(q->round->why, why, sizeof why);
    pthread_mutex_unlock(&q->round->lock);
}

static void ask_workspaces(question *q)
{
    gw_workspaces_unref(&q->loop->thread.workspaces);
    q->loop->thread.workspaces = gw_workspaces_ref(q->round->workspaces);
}

static void ask_commit(question *q)
{
    gw_binding_unref(&q->loop->thread.binding);
    q->loop->thread.binding = q->binding;
    ask_workspaces(q);
}

static void ask_forget(question *q)
{
    gw_binding_unref(&q->binding);
}

static bool same_listeners(const gw_config *a, const gw_config *b)
{
    if (a->n_listeners != b->n_listeners || a->has_admin != b->has_admin)
        return false;
    for (size_t i = 0; i < a->n_listeners; i++) {
        if (strcmp(a->listeners[i].address, b->listeners[i].address) != 0)
            return false;
    }
    return !a->has_admin || strcmp(a->admin.listener.address, b->admin.listener.address) == 0;
}

static bool same_ledger(const gw_config *a, const gw_config *b)
{
    if (a->has_ledger != b->has_ledger)
        return false;
    return !a->has_ledger || (strcmp(a->ledger.directory, b->ledger.directory) == 0 &&
                              a->ledger.file_bytes == b->ledger.file_bytes);
}

/* Each connection may need one more to a backend. Without a descriptor left, accepting fails again and again
 * in a loop that has nothing to wait for. */
static uint32_t connections_within_files(uint32_t wanted)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
        return wanted;
    uint64_t most =
        files.rlim_cur < 4 * OTHER_FILES ? files.rlim_cur / 4 : (files.rlim_cur - OTHER_FILES) / 2;
    if (wanted <= most)
        return wanted;
    gw_log(FILES_LIMIT, gw_u64("connections", most), gw_u64("wanted", wanted),
           gw_u64("files", files.rlim_cur));
    return (uint32_t)most;
}

static void apply_limits(const gw_config *cfg)
{
    gw_log_set_level(cfg->log_level);
    gw_budget_limits(cfg->limits.requests_in_flight, cfg->limits.memory_bytes,
                     connections_within_files(cfg->limits.connections));
}

static void reload_rejected(const char *why)
{
    gw_log(CONFIG_REJECTED, gw_word("why", why));
}

/* Two rounds: every loop prepares, then all swap, or none does. */
static bool swap_generation(server *s, gw_generation *gen, gw_workspaces *workspaces)
{
    struct round r = {.lock = PTHREAD_MUTEX_INITIALIZER,
                      .answered = PTHREAD_COND_INITIALIZER,
                      .gen = gen,
                      .workspaces = workspaces};
    question *q = calloc(s->n_loops, sizeof *q);
    if (q == NULL)
        abort();
    ask_all(s, &r, q, ask_prepare);
    bool ok = r.failed == 0;
    ask_all(s, &r, q, ok ? ask_commit : ask_forget);
    free(q);
    if (!ok)
        reload_rejected(r.why);
    return ok;
}

/* What is wrong with a file is for `redactd check` to say at length: this log is JSON lines. */
static gw_config *reload_config(const char *path)
{
    gw_diagnostics *d = gw_diagnostics_new();
    size_t n;
    const char *text = gw_config_default_text(&n);
    if (d == NULL)
        return NULL;
    gw_config *cfg = path != NULL ? gw_config_load(path, d) : gw_config_parse(text, n, "default.yaml", d);
    if (cfg == NULL)
        gw_log(CONFIG_REJECTED, gw_word("why", "the file has errors; redactd check says which"),
               gw_u64("errors", gw_diagnostics_errors(d)));
    gw_diagnostics_free(&d);
    return cfg;
}

/* NULL: rejected, and said so. */
static gw_workspaces *load_workspaces(server *s, gw_generation *gen)
{
    gw_diagnostics *d = gw_diagnostics_new();
    if (d == NULL)
        return NULL;
    gw_workspaces *t = gw_workspaces_new(gen->cfg, s->workspaces, gen, d);
    if (t == NULL && s->workspaces == NULL)
        gw_diagnostics_print(d, stderr); /* nothing runs yet: at length */
    else if (t == NULL)
        gw_log(WORKSPACES_REJECTED, gw_word("why", "the file has errors; redactd check says which"),
               gw_u64("errors", gw_diagnostics_errors(d)));
    gw_diagnostics_free(&d);
    return t;
}

/* All loops use it already. */
static void keep_workspaces(server *s, gw_workspaces *t)
{
    gw_workspaces_unref(&s->workspaces);
    s->workspaces = t;
    if (gw_workspaces_count(t) > 1)
        gw_log(WORKSPACES_LOADED, gw_u64("generation", gw_workspaces_generation(t)),
               gw_u64("workspaces", gw_workspaces_count(t)));
}

/* The file of workspaces alone. */
static bool reload_workspaces(server *s)
{
    gw_workspaces *t = load_workspaces(s, s->gen);
    if (t == NULL)
        return false;
    gw_workspaces_publish(t);
    struct round r = {
        .lock = PTHREAD_MUTEX_INITIALIZER, .answered = PTHREAD_COND_INITIALIZER, .workspaces = t};
    question *q = calloc(s->n_loops, sizeof *q);
    if (q == NULL)
        abort();
    ask_all(s, &r, q, ask_workspaces);
    free(q);
    keep_workspaces(s, t);
    return true;
}

/* A file that is wrong is not tried again until it changes once more. */
static void reload_workspaces_if_stale(server *s)
{
    if (!gw_workspaces_stale(s->workspaces))
        return;
    bool ok = reload_workspaces(s);
    if (!ok)
        gw_workspaces_looked(s->workspaces);
    gw_count(s->loops[0].thread.counters, GW_METRIC_WORKSPACE_RELOADS, ok, 0, 0, 1);
}

static bool reload(server *s)
{
    char why[GW_WHY_BYTES];
    gw_config *cfg = reload_config(s->path);
    if (cfg == NULL)
        return false;
    if (!same_listeners(cfg, s->gen->cfg)) {
        reload_rejected("listener addresses cannot change without a restart");
        gw_config_free(&cfg);
        return false;
    }
    if (!same_ledger(cfg, s->gen->cfg)) {
        reload_rejected("the ledger cannot change without a restart");
        gw_config_free(&cfg);
        return false;
    }
    gw_generation *gen = gw_generation_new(cfg, s->gen->number + 1, why);
    if (gen == NULL) {
        reload_rejected(why);
        return false;
    }
    gw_workspaces *workspaces = load_workspaces(s, gen);
    if (workspaces == NULL) {
        reload_rejected("the workspaces have errors; redactd check says which");
        gw_generation_unref(&gen);
        return false;
    }
    if (!swap_generation(s, gen, workspaces)) {
        gw_workspaces_unref(&workspaces);
        gw_generation_unref(&gen);
        return false;
    }
    apply_limits(gen->cfg);
    gw_workspaces_publish(workspaces);
    keep_workspaces(s, workspaces);
    gw_generation_unref(&s->gen);
    s->gen = gen;
    gw_ledger_config(gen->cfg->hash);
    gw_log(CONFIG_LOADED, gw_u64("generation", gen->number), gw_word("hash", gen->cfg->hash));
    return true;
}

/* ---- loops ---- */

static bool loop_init(server *s, unsigned i, char *why)
{
    loop *l = &s->loops[i];
    gw_thread *t = &l->thread;
    gw_thread_init(t, i, &s->h2o);
    t->counters = gw_counters_new();
    t->scrubber = t->counters == NULL ? NULL : gw_scrubber_new(t->counters);
    t->workers = s->workers;
    t->workspaces = gw_workspaces_ref(s->workspaces);
    t->binding = t->scrubber == NULL ? NULL : gw_binding_new(t, s->gen, why);
    l->listeners = calloc(s->n_listeners + 1, sizeof *l->listeners);
    if (t->binding == NULL || l->listeners == NULL)
        return false;
    l->http = gw_http1_server_new(t, &gw_exchange_app);
    for (size_t k = 0; k < s->n_listeners; k++)
        l->listeners[k] = gw_listener_new(t, s->fds[i * s->n_listeners + k], (int)k, l->http);
    if (i == 0)
        l->checker = gw_checker_new(t);
    if (i == 0 && s->admin_fd >= 0) {
        l->admin_http = gw_http1_server_new(t, &gw_admin_app);
        l->admin_listener = gw_listener_new(t, s->admin_fd, -1, l->admin_http);
    }
    return true;
}

/* Everything of a loop is made on its own thread: h2o keeps its free lists in thread-local storage, and a
 * socket made on another thread would use that one's without a lock. */
static void *loop_main(void *arg)
{
    loop *l = arg;
    unsigned i = (unsigned)(l - l->server->loops);
    snprintf(l->why, sizeof l->why, "no memory");
    l->ok = loop_init(l->server, i, l->why);
    sem_post(&l->started);
    while (l->ok && !l->stop)
        h2o_evloop_run(l->thread.h2o.loop, LOOP_TURN_MS);
    return NULL;
}

/* One after the other, so that a failure is said once. */
static bool start_loop(server *s, unsigned i)
{
    loop *l = &s->loops[i];
    l->server = s;
    sem_init(&l->started, 0, 0);
    int e = pthread_create(&l->tid, NULL, loop_main, l);
    if (e != 0) {
        fprintf(stderr, "redactd: cannot start a thread: %s\n", strerror(e));
        return false;
    }
    while (sem_wait(&l->started) != 0)
        continue;
    if (!l->ok)
        fprintf(stderr, "redactd: %s\n", l->why);
    return l->ok;
}

static void ask_drain(question *q)
{
    loop *l = q->loop;
    l->thread.draining = true;
    for (size_t k = 0; l->listeners[k] != NULL; k++)
        gw_listener_close(&l->listeners[k]);
    gw_http1_drain(l->http);
}

static void ask_stop(question *q)
{
    loop *l = q->loop;
    gw_checker_free(&l->checker);
    gw_listener_close(&l->admin_listener);
    gw_http1_close_all(l->http);
    if (l->admin_http != NULL)
        gw_http1_close_all(l->admin_http);
    l->stop = true;
}

static _Atomic unsigned busy;

static void ask_busy(question *q)
{
    atomic_fetch_add(&busy, q->loop->thread.n_requests + gw_http1_connections(q->loop->http));
}

/* ---- start and end ---- */

static bool cannot_listen(const gw_listener_cfg *l, const char *why)
{
    fprintf(stderr, "redactd: cannot listen on %s: %s\n", l->address, why);
    return false;
}

static void say_listening(const char *whom, const gw_listener_cfg *cfg, int fd)
{
    gw_log(LISTENING, gw_word("for", whom), gw_word("address", cfg->address),
           gw_u64("port", gw_listener_port(fd)));
}

static bool bind_all(server *s)
{
    const gw_config *cfg = s->gen->cfg;
    const char *why;
    s->fds = calloc((size_t)s->n_loops * s->n_listeners + 1, sizeof *s->fds);
    if (s->fds == NULL)
        return false;
    for (size_t i = 0; i < s->n_listeners; i++) {
        if (!gw_listener_free(&cfg->listeners[i], &why))
            return cannot_listen(&cfg->listeners[i], why);
    }
    if (cfg->has_admin && !gw_listener_free(&cfg->admin.listener, &why))
        return cannot_listen(&cfg->admin.listener, why);
    for (size_t i = 0; i < (size_t)s->n_loops * s->n_listeners; i++) {
        size_t k = i % s->n_listeners;
        const gw_listener_cfg *l = &cfg->listeners[k];
        /* Port 0 is the kernel's choice; all threads take the one that the first got. */
        s->fds[i] = gw_listener_bind(l, i < s->n_listeners ? l->port : gw_listener_port(s->fds[k]), &why);
        if (s->fds[i] < 0)
            return cannot_listen(l, why);
    }
    s->admin_fd =
        cfg->has_admin ? gw_listener_bind(&cfg->admin.listener, cfg->admin.listener.port, &why) : -1;
    if (cfg->has_admin && s->admin_fd < 0)
        return cannot_listen(&cfg->admin.listener, why);
    for (size_t k = 0; k < s->n_listeners; k++)
        say_listening("senders", &cfg->listeners[k], s->fds[k]);
    if (cfg->has_admin)
        say_listening("admin", &cfg->admin.listener, s->admin_fd);
    return true;
}

/* No core dump may hold payload, and no file of h2o's either: it would put large bodies into a temporary
 * file. */
static void harden(void)
{
    struct rlimit none = {0, 0}, files;
    h2o_socket_buffer_mmap_settings.threshold = SIZE_MAX;
    h2o_hostinfo_max_threads = RESOLVER_THREADS; /* one slow name must not hold up all others */
    /* Bodies of ordinary size come from the heap and stay mapped; giving pages back after each request costs
     * more than redacting it. Large ones go back to the system at once. */
    mallopt(M_MMAP_THRESHOLD, MMAP_BYTES);
    mallopt(M_TRIM_THRESHOLD, TRIM_BYTES);
    mallopt(M_TOP_PAD, MMAP_BYTES);
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static unsigned wanted_threads(const gw_config *cfg)
{
    long cores = cfg->threads != 0 ? (long)cfg->threads : sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > MAX_THREADS ? MAX_THREADS : (unsigned)cores;
}

static const char *copy_of(const char *s)
{
    char *copy = s == NULL ? NULL : strdup(s);
    if (s != NULL && copy == NULL)
        abort();
    return copy;
}

/* Lives as long as the process, whatever is loaded later. */
static bool start_sharing(const gw_redis_cfg *cfg)
{
    static gw_redis_options o;
    o = (gw_redis_options){.host = copy_of(cfg->host),
                           .port = cfg->port,
                           .tls = cfg->has_tls,
                           .ca = copy_of(cfg->tls.ca),
                           .server_name = copy_of(cfg->tls.server_name),
                           .certificate = copy_of(cfg->tls.certificate),
                           .key = copy_of(cfg->tls.key),
                           .username = copy_of(cfg->username),
                           .password = copy_of(cfg->password),
                           .timeout_ms = cfg->timeout_ms};
    return gw_quota_sync_start(&o, copy_of(cfg->prefix), cfg->share_percent);
}

/* The zone is the process's: log times are UTC by themselves. */
static bool start_quotas(const gw_workspaces_cfg *cfg)
{
    char why[GW_WHY_BYTES];
    setenv("TZ", cfg->time_zone != NULL ? cfg->time_zone : "UTC", 1);
    tzset();
    if (cfg->has_redis && !start_sharing(&cfg->redis))
        return false;
    if (cfg->quota_state == NULL || gw_quota_file_open(cfg->quota_state, why, sizeof why))
        return true;
    fprintf(stderr, "redactd: %s\n", why);
    return false;
}

static bool start_ledger(const gw_config *cfg)
{
    char why[GW_WHY_BYTES];
    if (!cfg->has_ledger || gw_ledger_start(cfg->ledger.directory, cfg->ledger.file_bytes, REDACTD_VERSION,
                                            cfg->hash, why, sizeof why))
        return true;
    fprintf(stderr, "redactd: %s\n", why);
    return false;
}

static bool start(server *s, gw_config *cfg)
{
    char why[GW_WHY_BYTES];
    s->gen = gw_generation_new(cfg, 1, why);
    if (s->gen == NULL) {
        fprintf(stderr, "redactd: %s\n", why);
        return false;
    }
    s->workspaces = load_workspaces(s, s->gen);
    if (s->workspaces == NULL || !start_quotas(&s->gen->cfg->workspaces))
        return false;
    gw_workspaces_publish(s->workspaces);
    apply_limits(s->gen->cfg);
    s->n_loops = wanted_threads(s->gen->cfg);
    s->n_listeners = s->gen->cfg->n_listeners;
    h2o_config_init(&s->h2o);
    h2o_config_register_host(&s->h2o, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    s->loops = calloc(s->n_loops, sizeof *s->loops);
    s->workers = gw_workers_new(s->n_loops);
    gw_identity_set_slow_limit(s->n_loops / 2);
    if (s->loops == NULL || s->workers == NULL || !bind_all(s) || !start_ledger(s->gen->cfg))
        return false;
    for (unsigned i = 0; i < s->n_loops; i++) {
        if (!start_loop(s, i))
            return false;
    }
    return true;
}

static uint64_t monotonic_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* True when everything ended before the deadline. A second signal ends the wait. */
static bool drain(server *s, const sigset_t *signals)
{
    uint64_t until = monotonic_ms() + s->gen->cfg->shutdown_timeout_ms;
    struct timespec nap = {0, POLL_MS * 1000000L};
    gw_admin_set_ready(false, "draining");
    gw_log(DRAINING, gw_u64("connections", gw_budget_connections()),
           gw_u64("requests", gw_budget_requests()));
    tell_all(s, ask_drain);
    do {
        atomic_store(&busy, 0);
        tell_all(s, ask_busy);
        if (atomic_load(&busy) == 0)
            return true;
        int sig = sigtimedwait(signals, NULL, &nap);
        if (sig == SIGTERM || sig == SIGINT)
            break;
    } while (monotonic_ms() < until);
    gw_log(DRAIN_TIMEOUT, gw_u64("connections", gw_budget_connections()),
           gw_u64("requests", gw_budget_requests()));
    return false;
}

static void stop(server *s)
{
    tell_all(s, ask_stop);
    for (unsigned i = 0; i < s->n_loops; i++)
        pthread_join(s->loops[i].tid, NULL);
    gw_workers_free(&s->workers);
    gw_ledger_stop(); /* counts what the threads did last */
    gw_quota_sync_stop();
    gw_quota_file_close();
    gw_generation_close_stores();
}

/* Waits for a signal that ends the process; meanwhile files are loaded again, on SIGHUP or when they changed.
 */
static void serve(server *s, const sigset_t *set)
{
    const struct timespec look = {WATCH_SECONDS, 0};
    for (;;) {
        int sig = sigtimedwait(set, NULL, &look);
        if (sig == SIGHUP)
            gw_count(s->loops[0].thread.counters, GW_METRIC_RELOADS, reload(s), 0, 0, 1);
        else if (sig == SIGTERM || sig == SIGINT)
            return;
        else if (sig < 0)
            reload_workspaces_if_stale(s);
    }
}

int gw_server_run(gw_config *cfg, const char *path)
{
    /* Static: what lives as long as the process stays reachable until its very end. */
    static server s;
    sigset_t set;
    s.path = path;
    s.admin_fd = -1;
    harden();
    /* Before any thread exists, so that all inherit it: signals come to this thread alone. */
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is an error of the write, not the end of the process */
    if (!start(&s, cfg))
        return 1;
    gw_admin_set_ready(true, "");
    gw_log(READY, gw_u64("threads", s.n_loops), gw_u64("listeners", s.n_listeners),
           gw_word("hash", s.gen->cfg->hash));
    serve(&s, &set);
    bool clean = drain(&s, &set);
    stop(&s);
    gw_log(STOPPED, gw_word("drained", clean ? "yes" : "no"));
    return clean ? 0 : 1;
}
