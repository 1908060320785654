/* SPDX-License-Identifier: MIT */
/*
 * E-mail addresses: RFC 5321 section 4.1.2 (dot-atom and quoted local parts, address literals), RFC 6531
 * (UTF-8 in both parts), `%40` for `@` as in query strings.
 *
 * Kept readable: the first character and "@domain". Left alone, because they are not addresses of people:
 * `user@host` without a dot, scp-like remotes (git@host:path), the user part of a URL (another detector's
 * business), decorators and package scopes, `name@1.2.3`, `name@2x.png`.
 */
#include "filters/detect/mailbox.h"
#include "filters/detect/masked.h"
#include "filters/detect/opaque.h"
#include "filters/detect/url.h"

enum { MAX_LOCAL = 256, MAX_VERP = 96, MAX_DOMAIN = 255, MAX_LOOK_BACK = 128, MAX_PATH = 128, MAX_STUCK = 6 };

/* Endings that are file names, not top-level domains. */
static const char *const file_endings[] = {
    "png", "jpg",  "jpeg", "gif", "svg", "webp", "bmp",   "ico", "pdf", "js",  "css", "html", "htm", "json",
    "xml", "yaml", "yml",  "txt", "log", "jar",  "class", "exe", "dll", "tgz", "gz",  "whl",  "deb", "rpm",
};

static bool is_file_ending(const rd_view *v, uint32_t from, uint32_t to)
{
    for (size_t i = 0; i < sizeof file_endings / sizeof file_endings[0]; i++) {
        uint32_t n = 0;
        while (file_endings[i][n] != 0)
            n++;
        if (to - from == n && rd_spells_nocase(v, from, file_endings[i]))
            return true;
    }
    return false;
}

/* One label at `i`: letters, digits, UTF-8, inner hyphens. Returns its end, `i` when there is none. */
static uint32_t label_end(const rd_view *v, uint32_t i, uint32_t limit, bool *out_letters_only)
{
    uint32_t end = i;
    *out_letters_only = true;
    for (uint32_t k = i; k < limit; k++) {
        uint8_t c = rd_at(v, k);
        if (rd_is(c, RD_C_ALPHA | RD_C_UTF8)) {
            end = k + 1;
        } else if (rd_is(c, RD_C_DIGIT) || (c == '-' && k > i)) {
            *out_letters_only = false;
            if (c != '-')
                end = k + 1;
        } else {
            break;
        }
    }
    return end;
}

/* The ASCII letters that a label starts with. Text without spaces (CJK) or with wide punctuation may run on
 * behind an address: `jane@example.com`, then a full-width comma and a number. */
static uint32_t letters_end(const rd_view *v, uint32_t i, uint32_t end)
{
    while (i < end && rd_is(rd_at(v, i), RD_C_ALPHA))
        i++;
    return i < end && rd_is(rd_at(v, i), RD_C_UTF8) ? i : end;
}

/* Behind a top-level domain that a few letters and digits are stuck to: jane@example.comXX1. More may be a
 * number of its own. */
static uint32_t known_top_end(const rd_view *v, uint32_t i, uint32_t end)
{
    static const char tops[] =
        "com org net edu gov info biz dev app cloud online shop example test de at ch fr it es "
        "nl be pl cz se no dk fi pt uk us ca au br jp cn in kr ru tr mx za eu io co me";
    uint32_t letters = rd_skip(v, i, end, RD_C_LOWER);
    return letters < end && end - letters <= MAX_STUCK && rd_word_in(v, i, letters, tops) ? letters : i;
}

/* The domain at `i`. Returns its end, `i` when it is not one. */
static uint32_t domain_end(const rd_view *v, uint32_t i)
{
    uint32_t limit = i + MAX_DOMAIN, best = i, at = i;
    for (uint32_t n_labels = 1;; n_labels++) {
        bool letters_only;
        uint32_t end = label_end(v, at, limit, &letters_only);
        if (end == at)
            return best;
        if (!letters_only && n_labels > 1 && letters_end(v, at, end) - at >= 2 &&
            letters_end(v, at, end) < end)
            return letters_end(v, at, end);
        bool top = end - at >= 2 && (letters_only || rd_spells_nocase(v, at, "xn--"));
        if (n_labels > 1 && top && !is_file_ending(v, at, end))
            best = end;
        else if (n_labels > 1 && rd_at(v, end) != '.' && known_top_end(v, at, end) > at)
            return known_top_end(v, at, end);
        else if (n_labels > 1)
            best = i; /* a.com.12 is no domain: the last label decides */
        if (rd_at(v, end) != '.')
            return best;
        if (n_labels == 1 && rd_is(rd_at(v, at), RD_C_DIGIT) && rd_is(rd_at(v, end + 1), RD_C_DIGIT))
            return i; /* a version: name@1.2.3-beta.rc */
        at = end + 1;
    }
}

/* [192.0.2.1] or [IPv6:2001:db8::1] at `i`. Returns the end, `i` when it is not one. */
static uint32_t literal_end(const rd_view *v, uint32_t i)
{
    uint32_t k = i + 1;
    if (rd_spells_nocase(v, k, "ipv6:"))
        k += 5;
    uint32_t n_marks = 0;
    for (uint32_t from = k; k - from < 48; k++) {
        uint8_t c = rd_at(v, k);
        if (c == ']')
            return n_marks >= 2 ? k + 1 : i;
        if (c == '.' || c == ':')
            n_marks++;
        else if (!rd_is(c, RD_C_HEX))
            return i;
    }
    return i;
}

/* `"john doe"` that ends before `i` (its closing quote is at i - 1). Returns its start, `i` when there is
 * none. */
static uint32_t quoted_start(const rd_view *v, uint32_t i)
{
    for (uint32_t n = 2; n < 66; n++) {
        uint8_t c = rd_at(v, i - n);
        if (c == '"')
            return n > 2 && !rd_is(rd_at(v, i - n - 1), RD_C_WORD) ? i - n : i;
        if (c < ' ' || c == '@' || c == ',' || c == ':')
            return i;
    }
    return i;
}

/* Is the %XX at `i` an encoded separator, so that the local part starts after it? */
static bool encoded_separator(const rd_view *v, uint32_t i)
{
    int c = rd_at(v, i) == '%' ? rd_hex_pair(v, i + 1) : -1;
    return c >= 0 && !rd_is((uint8_t)c, RD_C_LOCAL);
}

/* ...'COM+jane@example.com:EM' of EDIFACT (ISO 9735): the segment begins behind the apostrophe. */
static uint32_t behind_segment(const rd_view *v, uint32_t from, uint32_t end)
{
    for (uint32_t i = from; i + 4 < end; i++) {
        if (rd_at(v, i) == '\'' && rd_skip(v, i + 1, i + 4, RD_C_UPPER) == i + 4 && rd_at(v, i + 4) == '+')
            return i + 5;
    }
    return from;
}

/* *EM*jane@example.com~ of X12: the element begins behind the star. */
static uint32_t behind_element(const rd_view *v, uint32_t from, uint32_t end)
{
    for (uint32_t i = end; i > from; i--) {
        uint32_t local = i;
        while (local < end && rd_at(v, local) == '*')
            local++;
        if (local + 1 < end && rd_at(v, i - 1) == '*' && rd_at(v, i - 4) == '*' &&
            rd_skip(v, i - 3, i - 1, RD_C_UPPER) == i - 1)
            return local;
    }
    return from;
}

static uint32_t local_start(const rd_view *v, uint32_t end)
{
    if (rd_at(v, end - 1) == '"')
        return quoted_start(v, end);
    uint32_t from = end;
    for (uint32_t n = 0; n < MAX_LOCAL && rd_is(rd_at(v, from - 1), RD_C_LOCAL); n++) {
        from--;
        if (encoded_separator(v, from)) {
            from = from + 3 < end ? from + 3 : end;
            break;
        }
    }
    while (from < end && !rd_is(rd_at(v, from), RD_C_WORD) && rd_at(v, from) != '_' && rd_at(v, from) != '*')
        from++;
    return behind_element(v, behind_segment(v, from, end), end);
}

/* Does the local part stand in the authority of a URL (scheme://user@, scheme://user:password@)? */
static bool in_authority(const rd_view *v, uint32_t from)
{
    for (uint32_t n = 0; n < MAX_LOOK_BACK; n++, from--) {
        uint8_t c = rd_at(v, from - 1);
        if (c == '/')
            return rd_at(v, from - 2) == '/';
        if (!rd_is(c, RD_C_LOCAL) && c != ':' && c != '&' && c != '=')
            return false;
    }
    return false;
}

/* git@host:group/project - a colon and a path with a slash, no port. */
static bool is_remote(const rd_view *v, uint32_t from, uint32_t at, uint32_t end)
{
    if (at - from == 3 && rd_spells(v, from, "git"))
        return true;
    if (rd_at(v, end) != ':' || !rd_is(rd_at(v, end + 1), RD_C_ALPHA))
        return false;
    bool path = false;
    for (uint32_t k = end + 1; k < end + MAX_PATH; k++) {
        uint8_t c = rd_at(v, k);
        path |= c == '/';
        if (!rd_is(c, RD_C_TOKEN) && c != '/')
            return path && c != '@'; /* a password of a URL */
    }
    return path;
}

/* Names of algorithms with the domain of who defined them (RFC 4251 section 6). */
static bool is_algorithm(const rd_view *v, uint32_t from, uint32_t after)
{
    static const char *const families[] = {"curve25519-", "curve448-", "hmac-",   "umac-",   "chacha20-",
                                           "sntrup",      "mlkem",     "aes128-", "aes192-", "aes256-",
                                           "ssh-",        "sk-",       "ecdsa-",  "rsa-",    "kex-strict",
                                           "zlib@",       "ext-info-"};
    if (!rd_spells(v, after, "openssh.com") && !rd_spells(v, after, "libssh.org"))
        return false;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        if (rd_spells(v, from, families[i]))
            return true;
    }
    return false;
}

/* getty@tty1.service, user@1000.slice: units of systemd with an instance (systemd.unit(5)).
 * emqx@node2.cluster, rabbit@host.example.com: nodes of Erlang, and of what is called like them. */
static bool is_unit_or_node(const rd_view *v, uint32_t from, uint32_t at, uint32_t end)
{
    static const char units[] = "service socket timer mount target slice scope path device swap automount";
    uint32_t top = rd_skip_back(v, end, MAX_STUCK + 3, RD_C_LOWER);
    return (rd_at(v, top - 1) == '.' && rd_word_in(v, top, end, units)) ||
           rd_word_in(v, from, at, "emqx rabbit rabbitmq ejabberd couchdb vernemq riak celery mongooseim");
}

/* "***" or one character and "***": what our own mask leaves; or a country code and "***", when a telephone
 * number was the local part. */
static bool already_masked(const rd_view *v, uint32_t from, uint32_t head, uint32_t at)
{
    if (at - from < 3 || !rd_spells(v, at - 3, "***"))
        return false;
    return at - from <= head + 3 || (at - from <= 6 && rd_skip(v, from, at, RD_C_DIGIT) == at - 3);
}

/* j****e@example.com: another's mask. */
static bool masked_elsewhere(const rd_view *v, uint32_t from, uint32_t at)
{
    for (uint32_t i = from; i < at; i++) {
        if (rd_at(v, i) == '*' || rd_at(v, i) == 0xe2)
            return rd_is_masked(v, from, at, RD_READABLE_LITTLE);
    }
    return false;
}

/* <bounces+17-anna=example.com@lists.example.org>: the address that a message went to, inside the one it came
 * from (VERP). Where the whole begins; `from` itself when it is no such. */
static uint32_t verp_start(const rd_view *v, uint32_t from)
{
    uint32_t start = rd_at(v, from - 1) == '=' ? rd_skip_back(v, from - 1, MAX_VERP, RD_C_LOCAL) : from;
    bool joined = false;
    for (uint32_t i = start; i < from; i++)
        joined |= rd_at(v, i) == '-' || rd_at(v, i) == '+';
    return joined && rd_at(v, start - 1) == '<' ? start : from;
}

/* [4930123456@context:1], sip:4930123456@pbx: a number that is called. */
static void number_before(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t from = rd_skip_back(v, at, 16, RD_C_DIGIT);
    if (at - from >= 9 && at - from <= 15 &&
        (rd_at(v, from - 1) == '[' || rd_spells_nocase(v, from - 4, "sip:")))
        rd_emit(f, RD_DETECTOR_PHONE, from, at, 0, 2);
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t after = rd_at(v, at) == '@' ? at + 1 : at + 3;
    if (after == at + 1 && rd_url_without_scheme(f, at))
        return;
    uint32_t end = rd_at(v, after) == '[' ? literal_end(v, after) : domain_end(v, after);
    uint32_t from = local_start(v, at);
    if (end == after) {
        if (from < at && after == at + 1 && !in_authority(v, from))
            rd_mailbox_login(f, from, at);
        number_before(f, at);
        return;
    }
    if (from == at || (rd_at(v, at) == '@' && in_authority(v, from)) || rd_spells(v, from - 7, "krbtgt/") ||
        is_remote(v, from, at, end) || is_algorithm(v, from, after) || is_unit_or_node(v, from, at, end))
        return;
    uint32_t head = 1;
    while (rd_at(v, from) >= 0xc0 && (rd_at(v, from + head) & 0xc0) == 0x80)
        head++;
    if (rd_at(v, from) == '"')
        head++;
    if (from + head >= at)
        head = 0; /* a local part of one character is hidden whole */
    bool masked = already_masked(v, from, head, at);
    from = masked ? from : verp_start(v, from);
    if (!masked && !masked_elsewhere(v, from, at))
        rd_emit(f, RD_DETECTOR_EMAIL, from, end, head, end - at);
    if (rd_at(v, from - 1) == '<')
        rd_mailbox_name(f, from - 1);
}

static const rd_window windows[] = {{"@\\h", false}, {"%40\\h", false}};

const rd_matcher rd_match_email = {
    .yields = RD_BIT(EMAIL) | RD_BIT(PERSON_NAME) | RD_BIT(PHONE) | RD_BIT(URL_CREDENTIALS),
    RD_WINDOWS(windows),
    .confirm = confirm,
};
