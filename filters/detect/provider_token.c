/* SPDX-License-Identifier: MIT */
/*
 * Tokens of known issuers: a fixed prefix and a body of known length and alphabet. One row each; the sources
 * are the issuers' documentation of their token formats. Kept readable: the prefix.
 *
 * The body must look random (not xxxx, not words), unless it carries a checksum that fits (GitHub, npm).
 */
#include "filters/detect/checksum.h"
#include "filters/detect/matcher.h"
#include "filters/detect/opaque.h"

#include <string.h>

enum { MAX_BODY = 4096, MIN_RUN = 16, MAX_HOOK = 64, MAILCHIMP = 32, AWS_ID = 16, AWS_SECRET = 40 };

typedef enum alphabet {
    BASE32,    /* A-Z 0-9 */
    BASE62,    /* letters and digits */
    BASE64URL, /* and - _ */
    BASE64,    /* and + / = */
    HEX,
    DASHED, /* BASE64URL, dots and slashes */
} alphabet;

typedef struct token {
    const char *prefix;
    uint16_t min, max; /* length of the body; max 0: no upper limit */
    uint8_t alphabet;
    uint8_t detector;
    uint16_t head; /* the first two bytes of the prefix */
} token;

#define HEAD(first, second) ((uint16_t)((first) | (second) << 8))

#define T(p, min, max, a, d)                                                                                 \
    {                                                                                                        \
        p, min, max, a, RD_DETECTOR_##d, HEAD((p)[0], (p)[1])                                                \
    }
static const token tokens[] = {
    T("AKIA", 16, 16, BASE32, AWS_ACCESS_KEY),
    T("ASIA", 16, 16, BASE32, AWS_ACCESS_KEY),
    T("ABIA", 16, 16, BASE32, AWS_ACCESS_KEY),
    T("ACCA", 16, 16, BASE32, AWS_ACCESS_KEY),
    T("A3T", 17, 17, BASE32, AWS_ACCESS_KEY),
    T("ABSK", 80, 0, BASE64, AWS_ACCESS_KEY),
    T("ghp_", 36, 255, BASE62, GITHUB_TOKEN),
    T("gho_", 36, 255, BASE62, GITHUB_TOKEN),
    T("ghu_", 36, 255, BASE62, GITHUB_TOKEN),
    T("ghs_", 36, 0, DASHED, GITHUB_TOKEN),
    T("ghr_", 36, 255, BASE62, GITHUB_TOKEN),
    T("github_pat_", 22, 255, BASE64URL, GITHUB_TOKEN),
    T("glpat-", 20, 0, DASHED, GITLAB_TOKEN),
    T("gldt-", 20, 0, BASE64URL, GITLAB_TOKEN),
    T("glrt-", 20, 0, DASHED, GITLAB_TOKEN),
    T("glft-", 20, 0, BASE64URL, GITLAB_TOKEN),
    T("glsoat-", 20, 0, BASE64URL, GITLAB_TOKEN),
    T("glcbt-", 20, 0, BASE64URL, GITLAB_TOKEN),
    T("glptt-", 20, 0, BASE64URL, GITLAB_TOKEN),
    T("glimt-", 20, 0, BASE64URL, GITLAB_TOKEN),
    T("glagent-", 20, 0, BASE64URL, GITLAB_TOKEN),
    T("gloas-", 20, 0, BASE64URL, GITLAB_TOKEN),
    T("xoxb-", 10, 0, BASE64URL, SLACK_TOKEN),
    T("xoxp-", 10, 0, BASE64URL, SLACK_TOKEN),
    T("xoxa-", 10, 0, BASE64URL, SLACK_TOKEN),
    T("xoxo-", 10, 0, BASE64URL, SLACK_TOKEN),
    T("xoxr-", 10, 0, BASE64URL, SLACK_TOKEN),
    T("xoxs-", 10, 0, BASE64URL, SLACK_TOKEN),
    T("xoxc-", 10, 0, BASE64URL, SLACK_TOKEN),
    T("xoxd-", 10, 0, DASHED, SLACK_TOKEN),
    T("xoxe.xox", 10, 0, DASHED, SLACK_TOKEN),
    T("xoxe-", 10, 0, BASE64URL, SLACK_TOKEN),
    T("xapp-", 10, 0, BASE64URL, SLACK_TOKEN),
    T("xwfp-", 10, 0, BASE64URL, SLACK_TOKEN),
    T("hooks.slack.com/services/", 20, 0, DASHED, SLACK_TOKEN),
    T("hooks.slack.com/workflows/", 20, 0, DASHED, SLACK_TOKEN),
    T("hooks.slack.com/triggers/", 20, 0, DASHED, SLACK_TOKEN),
    T("AIza", 35, 35, BASE64URL, GOOGLE_API_KEY),
    T("GOCSPX-", 28, 28, BASE64URL, GOOGLE_API_KEY),
    T("ya29.", 20, 0, DASHED, GOOGLE_API_KEY),
    T("sk_live_", 10, 0, BASE62, STRIPE_KEY),
    T("sk_test_", 10, 0, BASE62, STRIPE_KEY),
    T("sk_prod_", 10, 0, BASE62, STRIPE_KEY),
    T("rk_live_", 10, 0, BASE62, STRIPE_KEY),
    T("rk_test_", 10, 0, BASE62, STRIPE_KEY),
    T("rk_prod_", 10, 0, BASE62, STRIPE_KEY),
    T("whsec_", 16, 0, BASE64, STRIPE_KEY),
    T("sk-ant-", 20, 0, BASE64URL, PROVIDER_TOKEN),
    T("sk-proj-", 20, 0, BASE64URL, PROVIDER_TOKEN),
    T("sk-svcacct-", 20, 0, BASE64URL, PROVIDER_TOKEN),
    T("sk-admin-", 20, 0, BASE64URL, PROVIDER_TOKEN),
    T("sk-or-", 20, 0, BASE64URL, PROVIDER_TOKEN),
    T("sk-", 32, 0, BASE62, PROVIDER_TOKEN),
    T("npm_", 36, 36, BASE62, PROVIDER_TOKEN),
    T("pypi-", 50, 0, BASE64URL, PROVIDER_TOKEN),
    T("dckr_", 20, 0, BASE64URL, PROVIDER_TOKEN),
    T("hf_", 30, 0, BASE62, PROVIDER_TOKEN),
    T("SG.", 40, 0, DASHED, PROVIDER_TOKEN),
    T("shpat_", 32, 32, HEX, PROVIDER_TOKEN),
    T("shpss_", 32, 32, HEX, PROVIDER_TOKEN),
    T("shpca_", 32, 32, HEX, PROVIDER_TOKEN),
    T("shppa_", 32, 32, HEX, PROVIDER_TOKEN),
    T("dop_v1_", 64, 64, HEX, PROVIDER_TOKEN),
    T("doo_v1_", 64, 64, HEX, PROVIDER_TOKEN),
    T("dor_v1_", 64, 64, HEX, PROVIDER_TOKEN),
    T("glsa_", 32, 0, BASE64URL, PROVIDER_TOKEN),
    T("glc_", 32, 0, BASE64, PROVIDER_TOKEN),
    T("hvs.", 24, 0, BASE64URL, PROVIDER_TOKEN),
    T("hvb.", 24, 0, BASE64URL, PROVIDER_TOKEN),
    T("sq0atp-", 22, 0, BASE64URL, PROVIDER_TOKEN),
    T("sq0csp-", 40, 0, BASE64URL, PROVIDER_TOKEN),
    T("xkeysib-", 64, 0, BASE64URL, PROVIDER_TOKEN),
    T("lin_api_", 32, 0, BASE62, PROVIDER_TOKEN),
    T("ATATT3", 40, 0, BASE64, PROVIDER_TOKEN),
    T("ATBB", 32, 0, BASE62, PROVIDER_TOKEN),
    T("figd_", 30, 0, BASE64URL, PROVIDER_TOKEN),
    T("rubygems_", 48, 48, HEX, PROVIDER_TOKEN),
    T("NRAK-", 27, 27, BASE32, PROVIDER_TOKEN),
    T("PMAK-", 40, 0, BASE64URL, PROVIDER_TOKEN),
    T("dapi", 32, 34, HEX, PROVIDER_TOKEN),
    T("sntrys_", 40, 0, BASE64, PROVIDER_TOKEN),
    T("tskey-", 20, 0, BASE64URL, PROVIDER_TOKEN),
    T("pul-", 40, 40, HEX, PROVIDER_TOKEN),
    T("SK", 32, 32, HEX, PROVIDER_TOKEN),
    T("key-", 32, 32, HEX, PROVIDER_TOKEN),
    T("EAAC", 40, 0, BASE62, PROVIDER_TOKEN),
    T("gsk_", 40, 0, BASE62, PROVIDER_TOKEN),
    T("r8_", 37, 37, BASE62, PROVIDER_TOKEN),
    T("AGE-SECRET-KEY-1", 50, 60, BASE32, PROVIDER_TOKEN),
    T("ntn_", 40, 0, BASE62, PROVIDER_TOKEN),
    T("nfp_", 36, 0, BASE62, PROVIDER_TOKEN),
    T("sbp_", 40, 40, HEX, PROVIDER_TOKEN),
    T("dp.pt.", 40, 0, BASE62, PROVIDER_TOKEN),
    T("lin_oauth_", 32, 0, HEX, PROVIDER_TOKEN),
    T("shprka_", 32, 32, HEX, PROVIDER_TOKEN),
    T("sntryu_", 64, 64, HEX, PROVIDER_TOKEN),
    T("pplx-", 40, 0, BASE62, PROVIDER_TOKEN),
    T("xai-", 60, 0, BASE62, PROVIDER_TOKEN),
    T("nvapi-", 40, 0, BASE64URL, PROVIDER_TOKEN),
    T("ops_eyJ", 60, 0, BASE64, PROVIDER_TOKEN),
};
#undef T

static bool in_alphabet(uint8_t c, uint8_t which)
{
    switch (which) {
    case BASE32:
        return rd_is(c, RD_C_UPPER | RD_C_DIGIT);
    case BASE62:
        return rd_is(c, RD_C_ALNUM);
    case BASE64URL:
        return rd_is(c, RD_C_ALNUM) || c == '-' || c == '_';
    case BASE64:
        return rd_is(c, RD_C_ALNUM) || c == '+' || c == '/' || c == '=' || c == '-' || c == '_';
    case HEX:
        return rd_is(c, RD_C_HEX);
    default:
        return rd_is(c, RD_C_ALNUM) || c == '-' || c == '_' || c == '.' || c == '/' || c == '%';
    }
}

static bool checksum_fits(const rd_view *v, uint32_t from, uint32_t n)
{
    uint8_t body[36];
    for (uint32_t i = 0; i < 36 && n == 36; i++)
        body[i] = rd_at(v, from + i);
    return n == 36 && rd_token_crc_ok(body);
}

/* Team and user ids are part of a Slack token; words with hyphens have none. */
static bool has_digits(const rd_view *v, uint32_t from, uint32_t to)
{
    uint32_t n = 0;
    for (uint32_t i = from; i < to; i++)
        n += rd_is(rd_at(v, i), RD_C_DIGIT);
    return n >= 5;
}

/* AKIA...:secret, AKIA...,secret, AKIA... secret: forty characters of base64 right behind the id. */
static void secret_behind(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    uint32_t from = i + 1, to = from, n_digits = 0, n_upper = 0, n_lower = 0;
    uint8_t c = rd_at(v, i);
    if (c != ':' && c != ' ' && c != ',' && c != '\t' && c != ';' && c != '|')
        return;
    for (; to - from <= AWS_SECRET && in_alphabet(rd_at(v, to), BASE64); to++) {
        n_digits += rd_is(rd_at(v, to), RD_C_DIGIT);
        n_upper += rd_is(rd_at(v, to), RD_C_UPPER);
        n_lower += rd_is(rd_at(v, to), RD_C_LOWER);
    }
    if (to - from == AWS_SECRET && n_digits > 0 && n_upper > 2 && n_lower > 2)
        rd_emit(f, RD_DETECTOR_SECRET, from, to, 0, 0);
}

static bool try_token(rd_find *f, uint32_t at, const token *t)
{
    const rd_view *v = &f->v;
    if (!rd_spells(v, at, t->prefix))
        return false;
    uint32_t body = at + (uint32_t)strlen(t->prefix), end = body;
    while (end - body < MAX_BODY && in_alphabet(rd_at(v, end), t->alphabet))
        end++;
    while (end > body && (rd_at(v, end - 1) == '.' || rd_at(v, end - 1) == '/'))
        end--;
    uint32_t n = end - body;
    if (n < t->min || (t->max != 0 && n > t->max) || rd_is(rd_at(v, end), RD_C_ALNUM))
        return false;
    if (t->detector == RD_DETECTOR_SLACK_TOKEN && t->alphabet == BASE64URL && !has_digits(v, body, end))
        return false;
    bool random = t->alphabet == BASE32 ? !rd_monotonous(v, body, end) : rd_opaque(v, body, end, t->min);
    if (!checksum_fits(v, body, n) && (!random || rd_monotonous(v, end - 8, end))) {
        rd_refuse(f, (rd_detector_id)t->detector, at, end, "not_opaque");
        return false;
    }
    f->resume = end;
    rd_emit(f, (rd_detector_id)t->detector, at, end, body - at, 0);
    if (t->detector == RD_DETECTOR_AWS_ACCESS_KEY && n == AWS_ID)
        secret_behind(f, end);
    return true;
}

/* 1234567890:AA...: a Telegram bot's token; `at` is behind the colon. */
static bool telegram(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t digits = rd_skip_back(v, at - 1, 11, RD_C_DIGIT), end = rd_skip(v, at, at + 40, RD_C_RUN);
    if (rd_at(v, at - 1) != ':' || at - 1 - digits < 8 || at - 1 - digits > 10 || end - at != 35 ||
        !rd_opaque(v, at, end, 35))
        return false;
    f->resume = end;
    rd_emit(f, RD_DETECTOR_PROVIDER_TOKEN, at, end, 0, 0);
    return true;
}

/* discord.com/api/webhooks/id/token: `at` is the token, `hooks` the last word of the path. */
static bool webhook(rd_find *f, uint32_t hooks, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t end = rd_skip(v, at, at + 128, RD_C_RUN);
    if (!rd_spells(v, hooks - 3, "webhooks/") || !rd_opaque(v, at, end, 40))
        return false;
    f->resume = end;
    rd_emit(f, RD_DETECTOR_PROVIDER_TOKEN, at, end, 0, 0);
    return true;
}

/* 0123...cdef-us12: a key of Mailchimp; `at` is the hyphen. */
static bool mailchimp(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t from = rd_skip_back(v, at, MAILCHIMP + 1, RD_C_HEX), to = rd_skip(v, at + 3, at + 6, RD_C_DIGIT);
    if (at - from != MAILCHIMP || rd_word_before(v, from) || rd_word_at(v, to) ||
        !rd_opaque(v, from, at, MAILCHIMP))
        return false;
    rd_emit(f, RD_DETECTOR_PROVIDER_TOKEN, from, to, 0, to - at);
    return true;
}

/* MTA5...Mw.Xa1b2c.q8..., a bot's token of Discord: its number in base64, a time and a signature. */
static bool discord(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t a = rd_skip(v, at, at + 32, RD_C_RUN), b = rd_skip(v, a + 1, a + 8, RD_C_RUN);
    uint32_t end = rd_skip(v, b + 1, b + 64, RD_C_RUN);
    if (a - at < 23 || a - at > 28 || rd_at(v, a) != '.' || b - a != 7 || rd_at(v, b) != '.' ||
        end - b < 28 || end - b > 45 || rd_word_before(v, at) || !rd_opaque(v, b + 1, end, 27))
        return false;
    f->resume = end;
    rd_emit(f, RD_DETECTOR_PROVIDER_TOKEN, at, end, 0, 0);
    return true;
}

/* Tries all tokens that start with the byte at `at`, behind an escape such as \n or a byte that is no letter.
 */
static bool try_escaped(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint16_t head = HEAD(rd_at(v, at), rd_at(v, at + 1));
    for (uint32_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        const token *t = &tokens[i];
        if (t->head == head && try_token(f, at, t))
            return true;
    }
    return false;
}

static bool try_all(rd_find *f, uint32_t at)
{
    return !rd_is(rd_at(&f->v, at - 1), RD_C_ALNUM) && try_escaped(f, at);
}

/* Prefixes that end in a dot or a slash stand before the run of token characters at `at`. */
static bool try_before(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint8_t last = rd_at(v, at - 2); /* of SG. ya29. hvs. hvb. xoxe.xox dp.pt. */
    if (rd_spells(v, at - 6, "dp.pt."))
        return try_all(f, at - 6);
    if (rd_at(v, at - 1) == '.')
        return (last == 'G' || last == '9' || last == 's' || last == 'b' || last == 'e') &&
               (try_all(f, at - 3) || try_all(f, at - 4) || try_all(f, at - 5));
    for (uint32_t n = 1; rd_at(v, at - 1) == '/' && n < MAX_HOOK; n++) {
        uint8_t c = rd_at(v, at - n);
        if (c == 'h' && rd_spells(v, at - n, "hooks."))
            return try_all(f, at - n);
        if (c == 'h' && rd_spells(v, at - n, "hooks/"))
            return webhook(f, at - n, at);
        if (!rd_is(c, RD_C_ALNUM) && c != '/' && c != '.')
            return false;
    }
    return false;
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint8_t c = rd_at(v, at), before = rd_at(v, at - 1);
    if ((before == '.' || before == '/') && try_before(f, at))
        return;
    if (before == ':' && c == 'A' && telegram(f, at))
        return;
    if (rd_at(v, at + 1) == '-' && rd_spells(v, at + 1, "-us") && mailchimp(f, at + 1))
        return;
    if (c >= 'M' && c <= 'O' && discord(f, at))
        return;
    if (f->starts_token && try_all(f, at))
        return;
    if (before == '\\' && rd_is(rd_at(v, at), RD_C_LOWER))
        (void)try_escaped(f, at + 1); /* \nghp_... */
}

/* Of SG. no run of tokens starts with three. */
static void add_start(const token *t, rd_token_start_fn *add, void *ctx)
{
    uint8_t third = (uint8_t)t->prefix[2];
    if (third == 0 || rd_is(third, RD_C_RUN))
        add(ctx, (uint8_t)t->prefix[0], (uint8_t)t->prefix[1], third);
}

static void token_starts(rd_token_start_fn *add, void *ctx)
{
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++)
        add_start(&tokens[i], add, ctx);
    add(ctx, 'A', 'A', 0);                                            /* telegram */
    for (const char *c = "MTNTOTMDMjMzNDNjNzODOjOz"; *c != 0; c += 2) /* discord: two digits in base64 */
        add(ctx, (uint8_t)c[0], (uint8_t)c[1], 0);
}

static const rd_window windows[] = {{"\\x-us\\d", false}};

const rd_matcher rd_match_provider_token = {
    RD_WINDOWS(windows),
    .yields = RD_BIT(AWS_ACCESS_KEY) | RD_BIT(GITHUB_TOKEN) | RD_BIT(GITLAB_TOKEN) | RD_BIT(SLACK_TOKEN) |
              RD_BIT(GOOGLE_API_KEY) | RD_BIT(STRIPE_KEY) | RD_BIT(PROVIDER_TOKEN) | RD_BIT(SECRET),
    .token_run = MIN_RUN,
    .token_behind = "./\\",
    .token_starts = token_starts,
    .confirm = confirm,
};
