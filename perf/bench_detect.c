/* SPDX-License-Identifier: MIT */
/*
 * How fast is detection? The engine with all default detectors, its plain candidate pass, and PCRE2 with JIT
 * running patterns of the same detectors one after another, side by side in one process on one synthetic
 * corpus.
 *
 * Corpora (seeded, so every run has the same bytes):
 *   lines   log lines of about 140 bytes from a dozen templates, personal data in 10 % of them
 *   values  attribute values of 10 to 40 bytes, personal data in 2 %
 *   hostile dense near misses
 * Rounds alternate between the contestants; medians are printed.
 *
 *   bench_detect [ROUNDS]
 *   bench_detect lines|values TIMES [TEXTS]    the engine alone, so many times over that many texts: for
 * tools that count, and for comparing two builds. A CPU learns a few thousand texts by heart, so timing wants
 * all of them
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "filters/detect/scan.h"

enum { BATCH = 100, MAX_ROUNDS = 99, LINES = 20000, VALUES = 60000, HOSTILE_BYTES = 1 << 20 };

typedef struct corpus {
    const char *name;
    rd_buf bytes;
    rd_text *texts; /* owned */
    uint32_t n, n_pii;
} corpus;

static uint64_t rng_state = UINT64_C(0x9e3779b97f4a7c15);

static uint32_t rnd(uint32_t below)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return (uint32_t)((rng_state >> 33) % below);
}

static const char *pick(const char *const *list, uint32_t n)
{
    return list[rnd(n)];
}
#define PICK(list) pick(list, sizeof(list) / sizeof((list)[0]))

static void letters(rd_buf *b, uint32_t n, const char *alphabet)
{
    uint32_t size = (uint32_t)strlen(alphabet);
    for (uint32_t i = 0; i < n; i++)
        rd_buf_append_byte(b, (uint8_t)alphabet[rnd(size)]);
}

static const char hex[] = "0123456789abcdef",
                  base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char *const nouns[] = {"block", "worker", "session",   "replica",  "segment",   "checkpoint",
                                    "lease", "queue",  "partition", "snapshot", "container", "volume"};
static const char *const classes[] = {"dfs.DataNode$PacketResponder",
                                      "o.a.h.yarn.ResourceManager",
                                      "kernel",
                                      "storage.BlockManager",
                                      "http.access",
                                      "scheduler.TaskSetManager"};
static const char *const names[] = {"anna", "mehmet", "sofia", "li.wei", "j.doe", "kwame", "ines", "oleg"};
static const char *const hosts[] = {"example.com", "mail.example.org", "shop.example.de", "corp.example"};

static void stamp(rd_buf *b)
{
    rd_buf_printf(b, "2024-%02u-%02u %02u:%02u:%02u,%03u", rnd(12) + 1, rnd(28) + 1, rnd(24), rnd(60),
                  rnd(60), rnd(1000));
}

static void pii(rd_buf *b)
{
    switch (rnd(10)) {
    case 0:
        rd_buf_printf(b, "user=%s.%u@%s", PICK(names), rnd(1000), PICK(hosts));
        break;
    case 1:
        rd_buf_printf(b, "from %u.%u.%u.%u:%u", rnd(223) + 1, rnd(256), rnd(256), rnd(256), rnd(60000) + 1);
        break;
    case 2:
        rd_buf_append_str(b, "card 4111 1111 1111 1111");
        break;
    case 3:
        rd_buf_append_str(b, "iban DE89370400440532013000");
        break;
    case 4:
        rd_buf_printf(b, "call +49 30 %07u", rnd(9000000) + 1000000);
        break;
    case 5:
        rd_buf_append_str(b, "Authorization: Bearer ");
        letters(b, 40, base62);
        break;
    case 6:
        rd_buf_append_str(b, "password=");
        letters(b, 12, base62);
        break;
    case 7:
        rd_buf_append_str(b, "token eyJhbGciOiJIUzI1NiJ9.");
        letters(b, 60, base62);
        rd_buf_append_byte(b, '.');
        letters(b, 43, base62);
        break;
    case 8:
        rd_buf_printf(b, "peer 2001:db8:%x:%x::%x", rnd(65536), rnd(65536), rnd(65536));
        break;
    default:
        rd_buf_append_str(b, "key AKIA");
        letters(b, 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    }
}

static void line(rd_buf *b)
{
    stamp(b);
    switch (rnd(6)) {
    case 0:
        rd_buf_printf(b, " INFO %s: Received %s blk_%u%09u of size %u from writer task %u attempt %u",
                      PICK(classes), PICK(nouns), rnd(900) + 100, rnd(1000000000), rnd(1 << 26), rnd(5000),
                      rnd(4));
        break;
    case 1:
        rd_buf_printf(b, " WARN [main-%u] %s - %s expired after %u ms, retrying in %u ms; trace_id=", rnd(64),
                      PICK(classes), PICK(nouns), rnd(60000), rnd(9000));
        letters(b, 32, hex);
        break;
    case 2:
        rd_buf_printf(b, " level=info component=%s msg=\"%s compacted\" duration=%u.%03us size=%u id=",
                      PICK(nouns), PICK(nouns), rnd(60), rnd(1000), rnd(1 << 30));
        letters(b, 16, hex);
        break;
    case 3:
        rd_buf_printf(
            b, " \"GET /api/v1/%s/%u?page=%u&sort=asc HTTP/1.1\" %u %u \"Mozilla/5.0 (X11; Linux x86_64)\"",
            PICK(nouns), rnd(100000), rnd(50), 200 + rnd(5), rnd(90000));
        break;
    case 4:
        rd_buf_printf(b, " {\"level\":\"debug\",\"%s\":%u,\"state\":\"%s\",\"latency_ms\":%u,\"request\":\"",
                      PICK(nouns), rnd(10000), PICK(nouns), rnd(5000));
        letters(b, 24, hex);
        rd_buf_append_str(b, "\"}");
        break;
    default:
        rd_buf_printf(
            b, " node-%u %s[%u]: %s %u of %u finished, %u bytes moved, version %u.%u.%u, exit code 0 on ",
            rnd(512), PICK(classes), rnd(32768), PICK(nouns), rnd(100), 100 + rnd(100), rnd(1 << 30), rnd(9),
            rnd(20), rnd(30));
        rd_buf_append_str(b, PICK(nouns));
    }
}

static void value(rd_buf *b)
{
    switch (rnd(6)) {
    case 0:
        letters(b, 32, hex);
        break;
    case 1:
        rd_buf_printf(b, "%s-%s-%u", PICK(nouns), PICK(nouns), rnd(1000));
        break;
    case 2:
        rd_buf_printf(b, "/api/v1/%s/%u", PICK(nouns), rnd(100000));
        break;
    case 3:
        rd_buf_printf(b, "%s.internal:%u", PICK(nouns), rnd(60000));
        break;
    case 4:
        rd_buf_append_str(b, PICK(classes));
        break;
    default:
        rd_buf_printf(b, "%s %u of %u", PICK(nouns), rnd(100000), rnd(100000));
    }
}

/* Every text is followed by a few bytes of another kind, as in a real body. */
static void generate(corpus *c, const char *name, uint32_t n, void (*write)(rd_buf *), uint32_t pii_of_1000)
{
    *c = (corpus){.name = name, .n = n, .texts = calloc(n, sizeof *c->texts)};
    rd_buf_init(&c->bytes, UINT32_C(1) << 30);
    for (uint32_t i = 0; i < n && c->texts != NULL; i++) {
        uint32_t off = (uint32_t)c->bytes.n;
        if (rnd(1000) < pii_of_1000) {
            if (write == line)
                write(&c->bytes);
            rd_buf_append_byte(&c->bytes, ' ');
            pii(&c->bytes);
            c->n_pii++;
        } else {
            write(&c->bytes);
        }
        c->texts[i] = (rd_text){.off = off, .len = (uint32_t)c->bytes.n - off};
        rd_buf_append(&c->bytes, "\x32\x30\x0a\x05", 4);
    }
    rd_buf_append(&c->bytes, (const char[RD_BUF_TAIL]){0}, RD_BUF_TAIL);
    c->bytes.n -= RD_BUF_TAIL;
}

static void generate_hostile(corpus *c, const char *unit)
{
    *c = (corpus){.name = unit, .n = 1, .texts = calloc(1, sizeof *c->texts)};
    rd_buf_init(&c->bytes, UINT32_C(1) << 30);
    while (c->bytes.n < HOSTILE_BYTES)
        rd_buf_append_str(&c->bytes, unit);
    c->texts[0] = (rd_text){0, (uint32_t)c->bytes.n};
    rd_buf_append(&c->bytes, (const char[RD_BUF_TAIL]){0}, RD_BUF_TAIL);
    c->bytes.n -= RD_BUF_TAIL;
}

/* Patterns of the same detectors; what needs a checksum would be checked on top. */
static const char *const patterns[] = {
    "[A-Za-z0-9._%+'-]+(?:@|%40)[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)*\\.[A-Za-z]{2,}",
    "(?<![\\d.])(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)(?![\\d.])",
    "(?<![\\w:])(?:[0-9A-Fa-f]{1,4}:){2,7}(?::?[0-9A-Fa-f]{1,4}){1,7}(?![\\w:])|(?<![\\w:])(?:[0-9A-Fa-f]{0,"
    "4}:){1,7}:[0-9A-Fa-f:]*",
    "\\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\\b|\\b(?:[0-9A-Fa-f]{4}\\.){2}[0-9A-Fa-f]{4}\\b",
    "\\b(?:\\d[ -]?){12,18}\\d\\b",
    "\\b[A-Z]{2}\\d{2}(?: ?[A-Z0-9]){11,30}\\b",
    "\\+[1-9]\\d{0,2}[ ()./-]*(?:\\d[ ()./-]?){6,12}\\d|\\(\\d{3}\\) ?\\d{3}-\\d{4}",
    "\\b(?!000|666|9)\\d{3}-(?!00)\\d{2}-(?!0000)\\d{4}\\b",
    "\\b\\d{2} ?\\d{3} ?\\d{3} ?\\d{3}\\b",
    "\\b\\d{2} ?\\d{6} ?[A-Z] ?\\d{3}\\b",
    "eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{4,}(?:\\.[A-Za-z0-9_-]+)*",
    "(?i)\\bbearer\\s+[A-Za-z0-9._~+/=-]{12,}",
    "(?i)\\bbasic\\s+[A-Za-z0-9+/=]{8,}",
    "\\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\\b",
    "\\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\\w{22,})",
    "\\bgl(?:pat|dt|rt|ft|soat|cbt|ptt|imt|agent|oas)-[\\w-]{20,}",
    "\\bxox[a-z]-[A-Za-z0-9-]{10,}|hooks\\.slack\\.com/(?:services|workflows)/[\\w/]{20,}",
    "\\bAIza[\\w-]{35}",
    "\\b[sr]k_(?:live|test|prod)_[A-Za-z0-9]{10,}|\\bwhsec_[A-Za-z0-9+/=]{16,}",
    "\\b(?:sk-(?:ant-|proj-)?[\\w-]{20,}|npm_[A-Za-z0-9]{36}|pypi-[\\w-]{50,}|hf_[A-Za-z]{30,}|SG\\.[\\w.-]{"
    "40,})",
    "-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[\\s\\S]*?-----END [A-Z ]*-----",
    "\\b[a-z][a-z0-9+.-]*://[^\\s/@\"'<>]*:([^\\s@\"'<>]+)@",
    "(?i)\\b[\\w.-]*(?:password|passwd|pwd|passphrase|secret|token|api[_-]?key|access[_-]?key|authorization|"
    "credentials?)[\"']?"
    "\\s*[:=]\\s*[\"']?([^\\s\"',;&]+)",
    "(?i)\\b(?:session_?id|sid|phpsessid|jsessionid|cookie)[\"']?\\s*[:=]\\s*[\"']?([^\\s\"',;&]{16,})",
    "(?i)\\b(?:(?:full|first|last|sur|given|family|user)_?name|customer|user|login)[\"']?\\s*[:=]\\s*[\"']?(["
    "^\"',;&]+)",
    "(?i)\\b(?:dob|date_?of_?birth|birth_?da(?:te|y)|geburtsdatum)[\"']?\\s*[:=]\\s*[\"']?([\\d./-]{8,10})",
    "(?i)\\b(?:phone|tel|mobile|fax)[\"']?\\s*[:=]\\s*[\"']?([\\d ()+./-]{7,})",
};
enum { N_PATTERNS = sizeof patterns / sizeof patterns[0] };

static pcre2_code *codes[N_PATTERNS];
static pcre2_match_data *match_data;
static rd_detect_set *fast, *plain;
static rd_detect_scratch *scratch;

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t run_engine(const rd_detect_set *set, const corpus *c, uint32_t batch)
{
    uint64_t found = 0;
    for (uint32_t i = 0; i < c->n; i += batch) {
        uint32_t n = c->n - i < batch ? c->n - i : batch;
        rd_matches m;
        if (rd_detect(set, scratch, c->bytes.p, c->bytes.n, c->texts + i, n, &m) == RD_OK)
            found += m.n;
    }
    return found;
}

static uint64_t run_pcre2(const corpus *c)
{
    uint64_t found = 0;
    for (uint32_t i = 0; i < c->n; i++) {
        PCRE2_SPTR text = c->bytes.p + c->texts[i].off;
        for (unsigned p = 0; p < N_PATTERNS; p++) {
            for (PCRE2_SIZE at = 0;
                 pcre2_jit_match(codes[p], text, c->texts[i].len, at, 0, match_data, NULL) > 0; found++)
                at = pcre2_get_ovector_pointer(match_data)[1];
        }
    }
    return found;
}

static int by_value(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static double median(double *v, unsigned n)
{
    qsort(v, n, sizeof *v, by_value);
    return v[n / 2];
}

static void compare(const corpus *c, unsigned rounds, bool with_pcre2)
{
    static double t[4][MAX_ROUNDS];
    uint64_t found[4] = {0};
    size_t bytes = 0;
    for (uint32_t i = 0; i < c->n; i++)
        bytes += c->texts[i].len;
    for (unsigned r = 0; r < rounds; r++) {
        for (unsigned k = 0; k < (with_pcre2 ? 4u : 3u); k++) {
            uint64_t start = now_ns();
            found[k] = k == 3 ? run_pcre2(c) : run_engine(k == 2 ? plain : fast, c, k == 1 ? 1 : BATCH);
            t[k][r] = (double)(now_ns() - start);
        }
    }
    static const char *const who[] = {"engine, batches of 100", "engine, one by one", "engine, plain scan",
                                      "PCRE2 JIT"};
    double base = median(t[0], rounds);
    printf("%.24s: %u texts, %.1f bytes each, personal data in %.1f %%\n", c->name, c->n,
           (double)bytes / c->n, 100.0 * c->n_pii / c->n);
    for (unsigned k = 0; k < (with_pcre2 ? 4u : 3u); k++) {
        double ns = k == 0 ? base : median(t[k], rounds);
        printf("  %-24s %7.3f GB/s %9.1f ns/text %8.1fx  %llu matches\n", who[k], (double)bytes / ns,
               ns / c->n, ns / base, (unsigned long long)found[k]);
    }
}

/* One corpus, many times, nothing else. */
static int engine_only(const char *which, long times, uint32_t n_texts)
{
    corpus c;
    bool lines = strcmp(which, "lines") == 0;
    scratch = rd_detect_scratch_new();
    if (scratch == NULL || rd_detect_set_build(UINT64_MAX, NULL, 0, &fast, NULL) != RD_OK)
        return 1;
    generate(&c, which, n_texts, lines ? line : value, lines ? 100 : 20);
    for (; times > 0; times--)
        run_engine(fast, &c, BATCH);
    printf("%u texts\n", c.n);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 3) {
        uint32_t few = strcmp(argv[1], "lines") == 0 ? LINES / 10 : VALUES / 10;
        return engine_only(argv[1], strtol(argv[2], NULL, 10),
                           argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : few);
    }
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 7;
    if (rounds < 1 || rounds > MAX_ROUNDS)
        return 2;
    scratch = rd_detect_scratch_new();
    match_data = pcre2_match_data_create(16, NULL);
    for (unsigned p = 0; p < N_PATTERNS; p++) {
        int error;
        PCRE2_SIZE at;
        codes[p] = pcre2_compile((PCRE2_SPTR)patterns[p], PCRE2_ZERO_TERMINATED, 0, &error, &at, NULL);
        if (codes[p] == NULL || pcre2_jit_compile(codes[p], PCRE2_JIT_COMPLETE) != 0) {
            fprintf(stderr, "pattern %u does not compile at %zu\n", p, (size_t)at);
            return 1;
        }
    }
    if (scratch == NULL || rd_detect_set_build(UINT64_MAX, NULL, 0, &fast, NULL) != RD_OK ||
        rd_detect_set_build(UINT64_MAX, NULL, 0, &plain, NULL) != RD_OK)
        return 1;
    rd_detect_set_use_scan(plain, rd_scan_plain);
    corpus c;
    generate(&c, "log lines", LINES, line, 100);
    compare(&c, (unsigned)rounds, true);
    generate(&c, "short values", VALUES, value, 20);
    compare(&c, (unsigned)rounds, true);
    static const char *const hostile[] = {"1.1.1.1.", "a@",        "a:",   "1 1-1.",
                                          "eyJ",      "password=", "::1:", "user=Ann "};
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        generate_hostile(&c, hostile[i]);
        compare(&c, 3, false);
    }
    return 0;
}
