/* SPDX-License-Identifier: MIT */
/* Is the value what its key says, and which part of it is to be hidden? One rule per class of keys. */
#include "filters/detect/common_words.h"
#include "filters/detect/east_asian_name.h"
#include "filters/detect/header_values.h"
#include "filters/detect/judge_numbers.h"
#include "filters/detect/masked.h"
#include "filters/detect/opaque.h"
#include "filters/detect/phrase.h"
#include "filters/detect/unlike_key.h"
#include "filters/detect/value.h"

#include <string.h>

enum {
    MAX_NAME = 64,
    MAX_NAME_WORDS = 4,
    MAX_LOGIN = 40,
    MAX_CASE_LETTERS = 6,
    MAX_CASE_DIGITS = 8,
    MAX_GAP = 4
};

static bool all(const rd_view *v, uint32_t from, uint32_t to, unsigned classes)
{
    return from < to && rd_skip(v, from, to, classes) == to;
}

/* Words that follow "password:" in prose and are no password. */
static bool prose_word(const rd_view *v, const rd_value *x)
{
    static const char *const prose[] = {"a",
                                        "aborted",
                                        "accepted",
                                        "an",
                                        "and",
                                        "attempt",
                                        "authenticated",
                                        "authentication",
                                        "be",
                                        "been",
                                        "can",
                                        "cannot",
                                        "changed",
                                        "correct",
                                        "denied",
                                        "disconnected",
                                        "empty",
                                        "error",
                                        "expired",
                                        "failed",
                                        "failure",
                                        "field",
                                        "for",
                                        "has",
                                        "incorrect",
                                        "invalid",
                                        "is",
                                        "may",
                                        "mismatch",
                                        "missing",
                                        "must",
                                        "needs",
                                        "not",
                                        "ok",
                                        "or",
                                        "policy",
                                        "prompt",
                                        "rejected",
                                        "required",
                                        "reset",
                                        "rotated",
                                        "set",
                                        "should",
                                        "success",
                                        "the",
                                        "too",
                                        "unset",
                                        "updated",
                                        "user",
                                        "using",
                                        "verified",
                                        "was",
                                        "will",
                                        "wrong"};
    return x->prose && RD_LISTED(v, x->from, x->to, prose);
}

/* "passwd: password expiry information changed.": what the program says. */
static bool passwd_says(const rd_view *v, const rd_value *x)
{
    static const char words[] =
        "password all pam authentication unlocking locking expiring changing removing note "
        "user you permission unrecognized updating setting adding cannot warning";
    return x->prose && rd_spells_nocase(v, x->from - 8, "passwd: ") && rd_word_in(v, x->from, x->to, words) &&
           rd_at(v, x->to) == ' ' && rd_is(rd_at(v, x->to + 1), RD_C_ALPHA);
}

/* "password_hash: changed to 'value'": what a key says goes on. Only quoted, or sentences would go. */
static bool changed_to(const rd_view *v, rd_value *x)
{
    rd_value next;
    if (!rd_spells(v, x->to, " to ") || !rd_value_read(v, x->to + 4, MAX_NAME, &next) || !next.quoted)
        return false;
    *x = next;
    return true;
}

static bool starts_as_code(const rd_view *v, const rd_value *x)
{
    static const char *const starts[] = {"process.env", "os.environ", "System.getenv", "ENV[",    "env.",
                                         "http://",     "https://",   "file://",       "config.", "self.",
                                         "this.",       "vault:",     "secretRef",     "var.",    "local.",
                                         "data.",       "module.",    "settings."};
    for (unsigned i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        if (rd_spells(v, x->from, starts[i]))
            return true;
    }
    return false;
}

/* ConvertTo-SecureString 'value': the command that stands where the value would, and its argument. */
static void command_of_value(const rd_view *v, rd_value *x)
{
    static const char command[] = "convertto-securestring ";
    rd_value next;
    if (x->quoted || !rd_spells_nocase(v, x->from, command))
        return;
    uint32_t i = x->from + sizeof command - 1;
    i += rd_spells_nocase(v, i, "-string ") ? 8 : 0;
    if (rd_value_read(v, i, MAX_NAME, &next) && next.quoted)
        *x = next;
}

/* base64:JW/st..., of Laravel: the coding stays. */
static uint32_t behind_coding(const rd_view *v, const rd_value *x)
{
    if (rd_spells_nocase(v, x->from, "bearer%20") && x->to - x->from > 16)
        return x->from + 9;
    return rd_spells(v, x->from, "base64:") && x->to - x->from > 16 ? x->from + 7 : x->from;
}

/* password: string, "password":["must not be blank"], password=[FILTERED] */
static bool is_no_value(const rd_view *v, const rd_value *x)
{
    return rd_is_type(v, x->from, x->to) || (x->quoted && rd_is_message(v, x->from, x->to)) ||
           rd_is_masked(v, x->from, x->to, RD_READABLE_LEAST);
}

static const char pam_types[] = "auth account session chauthtok setcred";

/* Does the key of the value end with `key`? */
static bool is_part_of(const rd_view *v, uint32_t value, const char *key)
{
    uint32_t end = value, len = (uint32_t)strlen(key);
    while (value - end < MAX_GAP && rd_at(v, end - 1) != 0 && !rd_is(rd_at(v, end - 1), RD_C_WORD))
        end--;
    return rd_spells_nocase(v, end - len, key);
}

static void password(rd_find *f, rd_value x)
{
    const rd_view *v = &f->v;
    command_of_value(v, &x);
    if ((prose_word(v, &x) && !changed_to(v, &x)) || rd_is_missing_object(v, x.from, x.to))
        return;
    if (x.prose && (rd_spells(v, x.to, " = ") || rd_spells(v, x.to, " : ")))
        return; /* the next key */
    if (rd_at(v, x.from) == '/' && rd_spells_nocase(v, x.from - 4, "pwd="))
        return; /* the working directory */
    if (rd_at(v, x.to) == ')' && rd_word_in(v, x.from, x.to, pam_types))
        return; /* pam_unix(passwd:auth) */
    if (rd_word_in(v, x.from, x.to, "always on_create") && is_part_of(v, x.from, "update_password"))
        return; /* when Ansible sets one */
    if (is_no_value(v, &x) || passwd_says(v, &x))
        return;
    if (!x.quoted && is_part_of(v, x.from, "passphrase") && !rd_placeholder(v, x.from, x.to))
        x.to = rd_phrase_end(v, x.to);
    bool digit = x.to - x.from == 1 && rd_is(rd_at(v, x.from), RD_C_DIGIT);
    if (!digit && (x.quoted || !starts_as_code(v, &x)) && !rd_placeholder(v, x.from, x.to))
        rd_emit(f, RD_DETECTOR_PASSWORD, x.from, x.to, 0, 0);
}

static void pin(rd_find *f, rd_value x)
{
    if (x.to - x.from >= 3 && x.to - x.from <= 8 && all(&f->v, x.from, x.to, RD_C_DIGIT))
        rd_emit(f, RD_DETECTOR_PASSWORD, x.from, x.to, 0, 0);
}

static bool is_code(const rd_view *v, const rd_value *x)
{
    if (starts_as_code(v, x))
        return true;
    for (uint32_t i = x->from; !x->quoted && i < x->to && i < x->from + MAX_NAME; i++) {
        uint8_t c = rd_at(v, i);
        if (c == '(' || (c == '{' && i > x->from))
            return true; /* call(...), Class{...} */
        if (c == '@' && i + 9 >= x->to && rd_skip(v, i + 1, x->to, RD_C_HEX) == x->to)
            return true; /* package.Class@1f2e3d4c */
    }
    return false;
}

/* "auth: key=value" */
static bool pair(const rd_view *v, const rd_value *x)
{
    uint32_t i = x->from;
    while (i < x->to && (rd_is(rd_at(v, i), RD_C_ALNUM) || rd_at(v, i) == '_' || rd_at(v, i) == '.'))
        i++;
    return rd_at(v, i) == '=' && rd_at(v, i + 1) != '=' && i + 1 < x->to;
}

/* ticket=INC8794203: a case of a service desk. */
static bool is_case(const rd_view *v, const rd_value *x)
{
    uint32_t number = rd_skip(v, x->from, x->from + MAX_CASE_LETTERS, RD_C_UPPER);
    number += rd_at(v, number) == '-' && number > x->from;
    return number > x->from + 1 && x->to - number <= MAX_CASE_DIGITS && all(v, number, x->to, RD_C_DIGIT) &&
           is_part_of(v, x->from, "ticket");
}

static void secret(rd_find *f, rd_value x, uint32_t min)
{
    const rd_view *v = &f->v;
    if (x.prose && min > 0 && pair(v, &x))
        return;
    if ((rd_spells(v, x.from, "AKIA") || rd_spells(v, x.from, "ASIA")) &&
        (rd_at(v, x.from + 20) == '/' || rd_spells_nocase(v, x.from + 20, "%2f")))
        return; /* Credential=id/date/region of AWS: the id is another detector's */
    if (is_code(v, &x) || (prose_word(v, &x) && !changed_to(v, &x)) ||
        rd_is_missing_object(v, x.from, x.to) || is_case(v, &x) || is_no_value(v, &x) ||
        rd_is_resource(v, x.from, x.to))
        return;
    x.from = behind_coding(v, &x);
    bool strong = rd_spells(v, x.from - 3, "%20") ||
                  (min == 0 && x.to - x.from >= 4 && !rd_placeholder(v, x.from, x.to) &&
                   (x.quoted || !all(v, x.from, x.to, RD_C_LOWER) || !x.prose) && rd_at(v, x.from) != '/' &&
                   rd_skip(v, x.from, x.to, RD_C_DIGIT) < x.to);
    if (strong || rd_opaque(v, x.from, x.to, min == 0 ? 8 : min))
        rd_emit(f, RD_DETECTOR_SECRET, x.from, x.to, 0, 0);
}

/* Forty characters or more of base64 that no name, path or number has: 32 random bytes and more. Hexadecimal
 * digits stay, which under such keys are hashes. */
static void long_secret(rd_find *f, rd_value x)
{
    const rd_view *v = &f->v;
    uint32_t n_digits = 0, n_upper = 0, n_lower = 0, n_slashes = 0, i = x.from;
    for (; i < x.to && i < x.from + 2 * MAX_NAME; i++) {
        uint8_t c = rd_at(v, i);
        if (!rd_is(c, RD_C_ALNUM) && c != '+' && c != '/' && c != '=' && c != '-' && c != '_')
            return;
        n_digits += rd_is(c, RD_C_DIGIT);
        n_upper += rd_is(c, RD_C_UPPER);
        n_lower += rd_is(c, RD_C_LOWER);
        n_slashes += c == '/';
    }
    uint32_t n = i - x.from;
    bool hex = n >= 32 && rd_skip(v, x.from, x.to, RD_C_HEX) == x.to && n_digits >= 4 && n_digits + 4 <= n;
    if (hex && rd_spells_nocase(v, x.from - 6, "appid="))
        rd_emit(f, RD_DETECTOR_SECRET, x.from, x.to, 0, 0); /* appid=0123...cdef: a key of an application */
    else if (n >= 40 && n_digits >= 3 && n_upper >= 6 && n_lower >= 6 && n_slashes <= n / 10)
        rd_emit(f, RD_DETECTOR_SECRET, x.from, x.to, 0, 0);
}

static void session(rd_find *f, rd_value x)
{
    const rd_view *v = &f->v;
    bool counter = rd_spells_nocase(v, x.from, "0x") && all(v, x.from + 2, x.to, RD_C_HEX), letters = false;
    for (uint32_t i = x.from; i < x.to && i < x.from + MAX_NAME; i++)
        letters |= rd_is(rd_at(v, i), RD_C_ALPHA);
    counter |= !letters;
    uint32_t digits = x.from + 4;
    while (digits < x.to && (rd_is(rd_at(v, digits), RD_C_DIGIT) || rd_at(v, digits) == '-'))
        digits++;
    if (rd_spells(v, x.from, "S-1-") && digits == x.to)
        return; /* "SID" of Windows: the number of an account or group */
    if (x.to - x.from == 34 && all(v, x.from, x.from + 2, RD_C_UPPER) && all(v, x.from + 2, x.to, RD_C_HEX))
        return; /* "sid" of Twilio: the id of a message or call */
    if (!counter && rd_opaque(v, x.from, x.to, 16))
        rd_emit(f, RD_DETECTOR_SESSION, x.from, x.to, 0, 0);
}

static const char particles[] = "von van de der den di da del la le bin al el zu ten dos du";

/* A word of a name at `i`: "Anna", "O'Neil", "Petrov-Mensah", "T.", "von". Returns its end, `i` when it is
 * none. */
static uint32_t name_word_end(const rd_view *v, uint32_t i, uint32_t limit, bool *out_particle)
{
    uint8_t c = rd_at(v, i);
    uint32_t end = i, n_lower = 0;
    bool capital = rd_is(c, RD_C_UPPER) || c >= 0xc3 || (c == '\\' && rd_at(v, i + 1) == 'u');
    if ((!capital && !rd_may_be_particle(c)) || (c == 0xe2 && rd_at(v, i + 1) == 0x80))
        return i; /* neither is a dash */
    while (end < limit) {
        c = rd_at(v, end);
        uint32_t next = end + 1 + (c == '\'' && rd_at(v, end + 1) == c); /* O''Sullivan in SQL */
        if (c == '\\' && rd_at(v, end + 1) == 'u' && rd_skip(v, end + 2, end + 6, RD_C_HEX) == end + 6) {
            end += 6; /* J\\u00fcrgen in JSON */
            continue;
        }
        bool joins = (c == '\'' || c == '-') && end > i && rd_is(rd_at(v, next), RD_C_ALPHA | RD_C_UTF8);
        if (!rd_is(c, RD_C_ALPHA | RD_C_UTF8) && !joins)
            break;
        if (rd_is(c, RD_C_UPPER) && end > i && rd_is(rd_at(v, end - 1), RD_C_LOWER) && n_lower > 3)
            return i; /* camelCase is code */
        n_lower += rd_is(c, RD_C_LOWER);
        end++;
    }
    *out_particle = !capital && end - i <= 3 && rd_word_in(v, i, end, particles);
    if (!capital && !*out_particle)
        return i;
    if (rd_at(v, end) == '.' && end - i <= 3)
        end++; /* an initial, Dr. */
    return end;
}

/* "Last, First": not before another key ("Vorname: Anna, Ort: Ulm"). */
static bool name_goes_on(const rd_view *v, uint32_t comma)
{
    if (rd_at(v, comma) != ',' || rd_at(v, comma + 1) != ' ')
        return false;
    uint32_t end = rd_skip(v, comma + 2, comma + 2 + MAX_NAME, RD_C_WORD);
    while (rd_at(v, end) == '_' || rd_at(v, end) == '-')
        end = rd_skip(v, end + 1, comma + 2 + MAX_NAME, RD_C_WORD);
    end += rd_at(v, end) == '.'; /* "Tel.:" */
    return rd_at(v, end) != ':' && rd_at(v, end) != '=' && !rd_spells(v, end, " = ");
}

/* CN=Max Muster:mailto:..., of iCalendar (RFC 5545, 3.8.4.1). */
static bool address_follows(const rd_view *v, uint32_t i)
{
    return rd_spells_nocase(v, i, "mailto:") || rd_spells_nocase(v, i, "invalid:") ||
           rd_spells_nocase(v, i, "tel:") || rd_spells_nocase(v, i, "urn:") || rd_spells_nocase(v, i, "http");
}

/* Does a key end at `i`, or behind the digits and capitals that follow: TELF1=, SMTP_ADDR=? Or HTTP/1.1? */
static bool key_goes_on(const rd_view *v, uint32_t i)
{
    if (rd_at(v, i) == '/')
        return rd_is(rd_at(v, i + 1), RD_C_DIGIT) && rd_spells(v, i - 4, "HTTP");
    if (rd_at(v, i) == ' ')
        return rd_at(v, i + 1) == '=' && rd_at(v, i + 2) == ' ';
    if (rd_is(rd_at(v, i), RD_C_DIGIT) || rd_at(v, i) == '_') {
        uint32_t limit = i + MAX_NAME;
        while (i < limit && (rd_is(rd_at(v, i), RD_C_DIGIT | RD_C_UPPER) || rd_at(v, i) == '_'))
            i++;
        return rd_at(v, i) == '=';
    }
    return (rd_at(v, i) == ':' && !address_follows(v, i + 1)) || rd_at(v, i) == '=';
}

/* Capitalised words from `i`; how many, and where they end. */
static uint32_t name_end(const rd_view *v, uint32_t i, uint32_t limit, uint32_t *out_words)
{
    uint32_t end = i, before = i;
    bool comma = false;
    *out_words = 0;
    for (uint32_t n = 0; n < MAX_NAME_WORDS + 1; n++) {
        bool particle;
        uint32_t stop = name_word_end(v, i, limit, &particle);
        if (stop == i || stop - i < 1)
            break;
        if (comma && *out_words >= 2 && all(v, i, stop, RD_C_UPPER))
            break; /* Last, First ROOM 12 */
        if (!particle) {
            end = stop;
            ++*out_words;
        }
        if (*out_words > 1 && (key_goes_on(v, stop) || (*out_words > 2 && rd_starts_field(v, i, stop)))) {
            --*out_words; /* the next key */
            end = before;
            break;
        }
        before = end;
        comma |= *out_words == 1 && rd_at(v, stop) == ',' && !all(v, end - 2, stop, RD_C_UPPER);
        stop += *out_words == 1 && rd_spells(v, stop, "\\, "); /* CN=Last\, First of LDAP */
        i = stop + (*out_words == 1 && name_goes_on(v, stop));
        if (rd_at(v, i) == '+')
            i++;
        else if (rd_at(v, i) == '^')
            i += 1 + (rd_at(v, i + 1) == '^') + rd_spells(v, i + 1, "^^"); /* Last^First^^Title of HL7 */
        else if (rd_spells(v, i, "%20"))
            i += 3;
        else if (rd_at(v, i) == ' ')
            i++;
        else
            break;
    }
    return end;
}

/* "von der Leyen": of the name that ends at `end`, whose last word has a capital. */
static bool starts_with_particle(const rd_view *v, uint32_t i, uint32_t end)
{
    uint32_t to = rd_skip(v, i, end, RD_C_LOWER);
    return rd_at(v, to) == ' ' && rd_word_in(v, i, to, particles);
}

static bool who(rd_find *f, rd_value x)
{
    const rd_view *v = &f->v;
    if (rd_at(v, x.from) >= 0xe3 && rd_east_asian_name(v, x.from, x.to)) {
        rd_emit(f, RD_DETECTOR_PERSON_NAME, x.from, x.to, 0, 0);
        return true;
    }
    uint32_t words, limit = x.quoted ? x.to : x.from + MAX_NAME, end = name_end(v, x.from, limit, &words);
    words += words == 1 && starts_with_particle(v, x.from, end);
    if (words < 2 || words > MAX_NAME_WORDS || (x.quoted && end != x.to) || rd_common_words(v, x.from, end))
        return false;
    if (rd_is(rd_at(v, end), RD_C_DIGIT) || rd_at(v, end) == '=' || rd_at(v, end) == '_' ||
        rd_at(v, end) == '*')
        return false;
    rd_emit(f, RD_DETECTOR_PERSON_NAME, x.from, end, 0, 0);
    return true;
}

/* "Abt. Einkauf", "Team Support": who is asked is no person. */
static bool is_unit_of_people(const rd_view *v, const rd_value *x)
{
    static const char units[] = "abt abteilung team dept department referat fachbereich zentrale hotline "
                                "helpdesk servicedesk sekretariat gruppe group";
    uint32_t to = rd_skip(v, x->from, x->from + MAX_NAME, RD_C_ALPHA);
    return (rd_at(v, to) == '.' || rd_at(v, to) == ' ' || to == x->to) && rd_word_in(v, x->from, to, units);
}

static void name(rd_find *f, rd_value x)
{
    const rd_view *v = &f->v;
    if (is_unit_of_people(v, &x))
        return;
    if (who(f, x) || x.to - x.from > MAX_NAME || rd_placeholder(v, x.from, x.to))
        return;
    bool letters = false;
    for (uint32_t i = x.from; i < x.to; i++)
        letters |= rd_is(rd_at(v, i), RD_C_ALPHA | RD_C_UTF8);
    uint32_t words, end = name_end(v, x.from, x.from + MAX_NAME, &words);
    words += words == 1 && starts_with_particle(v, x.from, end);
    if (!x.quoted && words > 1 && words <= MAX_NAME_WORDS && end > x.to)
        x.to = end; /* "Test Mueller": a common word does not make it half a name */
    if (letters && !prose_word(v, &x) && !is_no_value(v, &x))
        rd_emit(f, RD_DETECTOR_PERSON_NAME, x.from, x.to, 0, 0);
}

/* Keys that may as well name a thing: only what is written like a name of a person counts. */
static void given(rd_find *f, rd_value x)
{
    const rd_view *v = &f->v;
    uint32_t words, limit = x.quoted ? x.to : x.from + MAX_NAME, end = name_end(v, x.from, limit, &words);
    uint8_t behind = rd_at(v, end);
    bool whole = x.quoted ? end == x.to
                          : behind <= ' ' || behind == ',' || behind == ';' || behind == '&' ||
                                behind == ')' || behind == '}' || behind == '|';
    if (words == 0 || words > MAX_NAME_WORDS || !whole || end - x.from < 2 ||
        rd_placeholder(v, x.from, end) || rd_common_words(v, x.from, end))
        return;
    rd_emit(f, RD_DETECTOR_PERSON_NAME, x.from, end, 0, 0);
}

/* Logins of programs, and words that follow "user" in sentences; sorted. */
/* clang-format off */
static const char *const accounts[] = {
    "account", "admin", "administrator", "agent", "airflow", "and", "android", "anonymous", "ansible",
    "apache", "api", "app", "authentication", "backup", "bin", "bot", "by", "centos", "ci", "client",
    "clients", "credentials", "cron", "daemon", "data", "dbus", "debian", "default", "deploy", "docker",
    "does", "dovecot", "ec2-user", "elastic", "error", "errors", "etl", "false", "for", "from", "ftp",
    "ftpuser", "git", "grafana", "guest", "hadoop", "has", "hdfs", "id", "in", "input", "interface",
    "invalid", "is", "jenkins", "kafka", "kibana", "level", "local", "logged", "login", "logstash", "mail",
    "messagebus", "mode", "mongodb", "monitor", "mysql", "nagios", "name", "nginx", "nobody", "none", "not",
    "ntp", "null", "of", "on", "operator", "oracle", "phone", "postfix", "postgres", "prometheus", "readonly",
    "redis", "replication", "replicator", "reporting", "requests", "root", "runner", "sa", "scheduler",
    "server", "servers", "service", "session", "space", "sshd", "support", "sync", "sys", "system",
    "systemd-network", "telegraf", "terraform", "test", "to", "token", "tomcat", "true", "ubuntu", "unknown", "user",
    "userid", "username", "vagrant", "via", "was", "web", "wildfly", "with", "worker", "www", "www-data",
    "yarn", "zabbix", "zookeeper",
};
/* clang-format on */

static bool system_account(const rd_view *v, uint32_t from, uint32_t to)
{
    return RD_LISTED(v, from, to, accounts);
}

/* Letters of both cases and digits, and more of them than logins have. */
static bool is_random_id(const rd_view *v, uint32_t from, uint32_t to)
{
    uint32_t n_upper = 0, n_lower = 0, n_digits = 0;
    for (uint32_t i = from; i < to; i++) {
        n_upper += rd_is(rd_at(v, i), RD_C_UPPER);
        n_lower += rd_is(rd_at(v, i), RD_C_LOWER);
        n_digits += rd_is(rd_at(v, i), RD_C_DIGIT);
    }
    return to - from >= 16 && n_upper >= 3 && n_lower >= 3 && n_digits >= 2 &&
           n_upper + n_lower + n_digits == to - from;
}

/* CORP\tobias, which a reader of escapes cuts: `x` ends at the backslash and is a domain. What may as well be
 * the last word of a line goes with it. */
static bool behind_domain(rd_find *f, const rd_value *x)
{
    const rd_view *v = &f->v;
    uint32_t from = x->to + 1, to = from, letters = 0, i = x->from;
    while (i < x->to && (rd_is(rd_at(v, i), RD_C_UPPER | RD_C_DIGIT) || rd_at(v, i) == '-'))
        i++;
    for (; to - from < MAX_LOGIN && rd_is(rd_at(v, to), RD_C_LOCAL) && rd_at(v, to) != '='; to++)
        letters += rd_is(rd_at(v, to), RD_C_LOWER);
    if (x->quoted || i != x->to || x->to - x->from < 2 || rd_at(v, x->to) != '\\' || letters < 3 ||
        rd_at(v, to) == '\\' || rd_at(v, to) == ':' || rd_at(v, to) == '=')
        return false;
    bool person = rd_login_of_person(v, from, to);
    rd_emit(f, RD_DETECTOR_PERSON_NAME, person ? from : x->from, to, 0, 0);
    return true;
}

/* svc_backup, billing-service: one of the words joined by hyphens or underscores says that it is a program.
 * Not bot-hans.meier. */
static bool is_service(const rd_view *v, uint32_t from, uint32_t to)
{
    static const char parts[] =
        "svc app service api bot job worker daemon server system agent proxy cron deploy "
        "exporter scheduler runner gateway integration readonly backend frontend consumer "
        "producer controller operator robot batch device sensor";
    bool joined = false, dotted = false, named = false;
    for (uint32_t i = from; i < to; i++) {
        uint32_t end = i;
        for (; end < to && rd_at(v, end) != '-' && rd_at(v, end) != '_'; end++)
            dotted |= rd_at(v, end) == '.';
        joined |= end < to;
        named |= joined && rd_word_in(v, i, end, parts);
        i = end;
    }
    return named && !dotted;
}

static void login(rd_find *f, rd_value x)
{
    const rd_view *v = &f->v;
    if (rd_spells(v, x.from, "--"))
        return; /* USER --password, where it is told how a command is used */
    if (who(f, x) || behind_domain(f, &x))
        return;
    uint32_t from = x.from;
    for (uint32_t i = x.from; i < x.to && i < x.from + MAX_LOGIN; i++)
        from = rd_at(v, i) == '\\' ? i + 1 : from; /* DOMAIN\user */
    uint32_t end = from, n_letters = 0;
    for (; end < x.to && end - from <= MAX_LOGIN; end++) {
        uint8_t c = rd_at(v, end);
        if (!rd_is(c, RD_C_WORD) && c != '.' && c != '_' && c != '-' && c != '\'')
            break;
        n_letters += rd_is(c, RD_C_ALPHA | RD_C_UTF8);
    }
    if (rd_at(v, x.to) == ')' && rd_word_in(v, x.from, x.to, pam_types))
        return; /* pam_sss(login:auth) */
    if (rd_spells(v, from - 6, "uid\":\"") && is_random_id(v, from, end))
        return; /* "uid" of Zeek */
    if (end != x.to || n_letters < 3 || system_account(v, from, end) || prose_word(v, &x) ||
        rd_placeholder(v, from, end) || rd_is_type(v, from, end) || is_service(v, from, end))
        return;
    if (rd_is(rd_at(v, from), RD_C_DIGIT) && n_letters < 5)
        return;
    rd_emit(f, RD_DETECTOR_PERSON_NAME, from, end, 0, 0);
}

bool rd_login_of_person(const rd_view *v, uint32_t from, uint32_t to)
{
    uint32_t n_letters = 0, joins = 0, i = from;
    for (; i < to && rd_is(rd_at(v, i), RD_C_LOWER | RD_C_UTF8 | RD_C_DIGIT); i++)
        n_letters += !rd_is(rd_at(v, i), RD_C_DIGIT);
    if (i == to)
        return n_letters >= 3 && n_letters < to - from && !rd_is(rd_at(v, from), RD_C_DIGIT);
    for (; i < to; i++) {
        uint8_t c = rd_at(v, i);
        if (c == '.' || c == '_')
            joins++;
        else if (!rd_is(c, RD_C_LOWER | RD_C_UTF8 | RD_C_DIGIT))
            return false;
    }
    bool number = rd_skip_back(v, to, 8, RD_C_DIGIT) < to - 4; /* blk_1073741825 */
    uint32_t ending = rd_skip_back(v, to, 5, RD_C_ALNUM);
    if (rd_at(v, ending - 1) == '.' &&
        rd_word_in(v, ending, to, "csv txt json xml log yaml yml pdf zip html sql conf cfg ini jar exe dll"))
        return false; /* tokens.csv */
    return joins == 1 && rd_is(rd_at(v, to - 1), RD_C_WORD) && !number;
}

/* Says that the value is not what its key says. */
static void refuse(const rd_find *f, rd_key_class cls, rd_value x)
{
    static const uint8_t detectors[] = {
        [RD_KEY_PASSWORD] = RD_DETECTOR_PASSWORD, [RD_KEY_PIN] = RD_DETECTOR_PASSWORD,
        [RD_KEY_SECRET] = RD_DETECTOR_SECRET,     [RD_KEY_TOKEN] = RD_DETECTOR_SECRET,
        [RD_KEY_LONG] = RD_DETECTOR_SECRET,       [RD_KEY_AUTH] = RD_DETECTOR_SECRET,
        [RD_KEY_COOKIE] = RD_DETECTOR_SESSION,    [RD_KEY_SESSION] = RD_DETECTOR_SESSION,
        [RD_KEY_NAME] = RD_DETECTOR_PERSON_NAME,  [RD_KEY_GIVEN] = RD_DETECTOR_PERSON_NAME,
        [RD_KEY_WHO] = RD_DETECTOR_PERSON_NAME,   [RD_KEY_LOGIN] = RD_DETECTOR_PERSON_NAME,
        [RD_KEY_PHONE] = RD_DETECTOR_PHONE,       [RD_KEY_BIRTH] = RD_DETECTOR_DATE_OF_BIRTH,
        [RD_KEY_SSN] = RD_DETECTOR_US_SSN,        [RD_KEY_MAC] = RD_DETECTOR_MAC};
    /* No detector is called 0 here: private keys have no key. */
    if ((size_t)cls < sizeof detectors && detectors[cls] != 0)
        rd_refuse(f, (rd_detector_id)detectors[cls], x.from, x.to, "value_of_key");
}

bool rd_value_judge(rd_find *f, rd_key_class cls, rd_value x)
{
    uint32_t before = rd_found(f);
    if (rd_at(&f->v, x.to) == ']' && rd_at(&f->v, x.from - 1) == '[' &&
        rd_is_masked(&f->v, x.from - 1, x.to + 1, RD_READABLE_LEAST))
        return false; /* key=[FILTERED] */
    if (rd_at(&f->v, x.from) == 'h' && rd_is_masked(&f->v, x.from, x.to, RD_READABLE_LEAST))
        return false;
    switch (cls) {
    case RD_KEY_PASSWORD:
        password(f, x);
        break;
    case RD_KEY_PIN:
        pin(f, x);
        break;
    case RD_KEY_SECRET:
        secret(f, x, 0);
        break;
    case RD_KEY_TOKEN:
        secret(f, x, 8);
        break;
    case RD_KEY_LONG:
        long_secret(f, x);
        break;
    case RD_KEY_AUTH:
        rd_judge_authorization(f, x);
        break;
    case RD_KEY_COOKIE:
        rd_judge_cookie(f, x);
        break;
    case RD_KEY_SESSION:
        session(f, x);
        break;
    case RD_KEY_NAME:
        name(f, x);
        break;
    case RD_KEY_GIVEN:
        given(f, x);
        break;
    case RD_KEY_WHO:
        if (!who(f, x))
            rd_judge_number_of(f, x);
        break;
    case RD_KEY_LOGIN:
        login(f, x);
        break;
    case RD_KEY_PHONE:
        rd_judge_phone(f, x);
        break;
    case RD_KEY_BIRTH:
        rd_judge_birth(f, x);
        break;
    case RD_KEY_SSN:
        rd_judge_ssn(f, x);
        break;
    case RD_KEY_MAC:
        rd_judge_mac(f, x);
        break;
    default: /* no value of such a key says anything */
        break;
    }
    if (rd_found(f) == before)
        refuse(f, cls, x);
    return rd_found(f) != before;
}
