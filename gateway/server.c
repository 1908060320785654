/* SPDX-License-Identifier: MIT */
#include "gateway/policies.h"
#include "gateway/server.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "gateway/admin.h"
#include "gateway/budget.h"
#include "gateway/clock.h"
#include "gateway/identity.h"
#include "gateway/ledger_keeper.h"
#include "gateway/log.h"
#include "gateway/quota_file.h"
#include "gateway/quota_sync.h"
#include "gateway/server_private.h"

enum {
    MAX_THREADS = 128,
    POLL_MS = 20,
    WATCH_SECONDS = 1, /* between two looks at files that are loaded again when they change */
    RESOLVER_THREADS = 4,
    MMAP_BYTES = 1 << 20,
    TRIM_BYTES = 32 << 20
};

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

static bool bind_all(gw_server *s)
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

static bool start(gw_server *s, gw_config *cfg)
{
    char why[GW_WHY_BYTES];
    s->gen = gw_generation_new(cfg, 1, why);
    if (s->gen == NULL) {
        fprintf(stderr, "redactd: %s\n", why);
        return false;
    }
    gw_policies_init();
    s->workspaces = gw_load_workspaces(s, s->gen);
    if (s->workspaces == NULL || !start_quotas(&s->gen->cfg->workspaces))
        return false;
    if (!gw_generation_open(s->gen, why)) {
        fprintf(stderr, "redactd: %s\n", why);
        return false;
    }
    gw_workspaces_publish(s->workspaces);
    gw_apply_limits(s->gen->cfg);
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
        if (!gw_loop_start(s, i))
            return false;
    }
    return true;
}

/* True when everything ended before the deadline. A second signal ends the wait. */
static bool drain(gw_server *s, const sigset_t *signals)
{
    uint64_t until = gw_now_ms() + s->gen->cfg->shutdown_timeout_ms;
    struct timespec nap = {0, POLL_MS * 1000000L};
    gw_admin_set_ready(false, "draining");
    gw_log(DRAINING, gw_u64("connections", gw_budget_connections()),
           gw_u64("requests", gw_budget_requests()));
    gw_loops_drain(s);
    do {
        if (gw_loops_busy(s) == 0)
            return true;
        int sig = sigtimedwait(signals, NULL, &nap);
        if (sig == SIGTERM || sig == SIGINT)
            break;
    } while (gw_now_ms() < until);
    gw_log(DRAIN_TIMEOUT, gw_u64("connections", gw_budget_connections()),
           gw_u64("requests", gw_budget_requests()));
    return false;
}

static void stop(gw_server *s)
{
    gw_loops_stop(s);
    gw_workers_free(&s->workers);
    gw_ledger_stop(); /* counts what the threads did last */
    gw_quota_sync_stop();
    gw_quota_file_close();
    gw_generation_close_stores();
}

/* Waits for a signal that ends the process; meanwhile files are loaded again, on SIGHUP or when they changed.
 */
static void serve(gw_server *s, const sigset_t *set)
{
    const struct timespec look = {WATCH_SECONDS, 0};
    for (;;) {
        int sig = sigtimedwait(set, NULL, &look);
        if (sig == SIGHUP)
            gw_count(s->loops[0].thread.counters, GW_METRIC_RELOADS, gw_reload(s), 0, 0, 1);
        else if (sig == SIGTERM || sig == SIGINT)
            return;
        else if (sig < 0)
            gw_reload_workspaces_if_stale(s);
    }
}

int gw_server_run(gw_config *cfg, const char *path)
{
    /* Static: what lives as long as the process stays reachable until its very end. */
    static gw_server s;
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
    gw_generation_tell_slow_rules(s.gen);
    serve(&s, &set);
    bool clean = drain(&s, &set);
    stop(&s);
    gw_log(STOPPED, gw_word("drained", clean ? "yes" : "no"));
    return clean ? 0 : 1;
}
