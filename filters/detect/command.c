/* SPDX-License-Identifier: MIT */
/*
 * Command lines: `--password value`, `--token value`, `-u user:password`, `--user user:password`, `mysql
 * -pvalue`, `sshpass -p value`, `redis-cli -a value`.
 */
#include "filters/detect/opaque.h"
#include "filters/detect/value.h"

enum { MAX_OPTION = 48, MAX_ARGUMENT = 256, LOOK_BACK = 96 };

/* The argument at `i` as a shell reads it: quoted parts and plain ones up to a space. */
static uint32_t argument_end(const rd_view *v, uint32_t i)
{
    uint8_t quote = 0;
    for (uint32_t from = i; i - from < MAX_ARGUMENT; i++) {
        uint8_t c = rd_at(v, i);
        if (c == 0 || (quote == 0 && c <= ' '))
            break;
        if (quote != 0 ? c == quote : c == '"' || c == '\'')
            quote = quote != 0 ? 0 : c;
    }
    return i;
}

static uint32_t skip_spaces(const rd_view *v, uint32_t i)
{
    for (uint32_t n = 0; n < 8 && (rd_at(v, i) == ' ' || rd_at(v, i) == '='); n++)
        i++;
    return i;
}

static bool is_quote(uint8_t c)
{
    return c == '"' || c == '\'' || c == '\\';
}

/* Is one of the programs named before, on the same line? The list ends with NULL. */
static bool program_before(const rd_view *v, uint32_t at, const char *const *names)
{
    for (uint32_t n = 0; n < LOOK_BACK && rd_at(v, at - n) != 0 && rd_at(v, at - n) != '\n'; n++) {
        for (const char *const *name = names; *name != NULL; name++) {
            if (rd_at(v, at - n) == (uint8_t) * *name && rd_spells(v, at - n, *name))
                return true;
        }
    }
    return false;
}

/* login%password of smbclient and its kin; `end` when there is none. */
static uint32_t samba_colon(const rd_view *v, uint32_t i, uint32_t end)
{
    static const char *const programs[] = {"smb", "rpcclient", "net rpc", "net ads", "winexe", "wmic", NULL};
    if (!program_before(v, i, programs))
        return end;
    while (i < end && rd_at(v, i) != '%')
        i++;
    return i;
}

/* user:password at `i`: hides the password; the user when there is no password but a token. */
static void user_password(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    uint32_t end = argument_end(v, i), colon = i;
    while (colon < end && rd_at(v, colon) != ':')
        colon++;
    if (colon == end)
        colon = samba_colon(v, i, end);
    if (colon == end || rd_spells(v, colon, "://"))
        return; /* a URL: its credentials are found by url.c */
    uint32_t from = colon + 1, user = i;
    while (from < end && is_quote(rd_at(v, from)))
        from++;
    while (end > from && is_quote(rd_at(v, end - 1)))
        end--;
    while (user < colon && is_quote(rd_at(v, user)))
        user++;
    bool numeric = rd_skip(v, from, end, RD_C_DIGIT) == end && rd_skip(v, user, colon, RD_C_DIGIT) == colon;
    if (from < end && !numeric && !rd_placeholder(v, from, end)) {
        rd_emit(f, RD_DETECTOR_PASSWORD, from, end, 0, 0);
        rd_value_judge(f, RD_KEY_LOGIN, (rd_value){.from = user, .to = colon});
    } else if (from >= end && rd_opaque(v, user, colon, 8))
        rd_emit(f, RD_DETECTOR_PASSWORD, user, colon, 0, 0);
}

/* Programs whose short option is a password: apart from it, or stuck to it. */
static const char *const *programs_of(uint8_t option, bool apart)
{
    static const char *const sticks[] = {"mysql", "mariadb", "mycli", "mongo", "sqlcmd",
                                         "osql",  "7z",      "rar ",  NULL};
    static const char *const p_apart[] = {
        "sshpass", "htpasswd", " login",     "mongo",   "mysql",   "plink",   "pscp",       "psftp",
        "sqlcmd",  "osql",     "mosquitto_", "bcp ",    "isql",    "snowsql", "clickhouse", "mqtt",
        "zip ",    "registry", "usermod",    "useradd", "freerdp", NULL};
    static const char *const w_apart[] = {"ldap", "dsconf", NULL};
    static const char *const a_apart[] = {"redis-cli", "valkey-cli", "keydb-cli", NULL};
    static const char *const k_apart[] = {"openssl enc", NULL};
    static const char *const nobody[] = {NULL};
    switch (option) {
    case 'p':
        return apart ? p_apart : sticks;
    case 'w':
        return apart ? w_apart : nobody;
    case 'k':
        return apart ? k_apart : nobody;
    case 'a':
        return apart ? a_apart : nobody;
    default:
        return nobody;
    }
}

/* -u login ... -p value: what takes both is given a login and a password. `at` is the space before -p. */
static bool login_before(const rd_view *v, uint32_t at)
{
    for (uint32_t i = at; at - i < LOOK_BACK && rd_at(v, i) != 0 && rd_at(v, i) != '\n'; i--) {
        if (rd_spells(v, i, " -u ") || rd_spells(v, i, " -U "))
            return rd_is(rd_at(v, i + 4), RD_C_ALPHA) || is_quote(rd_at(v, i + 4));
    }
    return false;
}

/* Programs that take -u and -p for other things: a unit and a priority. */
static const char *const priorities[] = {"journalctl", "systemctl", NULL};

/* -u x:y, -pvalue, -a value: `at` is the space before. */
static void short_option(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t i = at + 3;
    uint8_t option = rd_lower(rd_at(v, at + 2));
    if (option == 'u') {
        user_password(f, skip_spaces(v, i));
        return;
    }
    bool apart = rd_at(v, i) == ' ';
    if (!program_before(v, at, programs_of(option, apart)) &&
        !(option == 'p' && apart && login_before(v, at) && !program_before(v, at, priorities)))
        return;
    i += apart;
    uint32_t end = argument_end(v, i);
    while (i < end && is_quote(rd_at(v, i)))
        i++;
    while (end > i && is_quote(rd_at(v, end - 1)))
        end--;
    bool port = apart && rd_skip(v, i, end, RD_C_DIGIT) == end && end - i <= 5 && option == 'p';
    if (!port && rd_at(v, i) != '-' && !rd_placeholder(v, i, end))
        rd_emit(f, RD_DETECTOR_PASSWORD, i, end, 0, 0);
}

/* Does the argument name a key of its own? `query`, `text` and the like may be values. */
static bool names_key(const rd_find *f, const rd_value *x)
{
    rd_key_class cls = rd_key_class_of(f->keys, &f->v, x->to);
    return cls != RD_KEY_NONE && cls != RD_KEY_VALUE && rd_skip(&f->v, x->from, x->to, RD_C_RUN) == x->to;
}

/* Using --password via the CLI is insecure: the option is spoken of. */
static bool is_sentence(const rd_view *v, const rd_value *x)
{
    static const char words[] =
        "via is the on in and or option flag argument was for instead with from to may must can "
        "cannot not requires on has parameter should will when if as are";
    uint32_t next = rd_skip(v, x->to + 1, x->to + MAX_OPTION, RD_C_ALPHA);
    return !x->quoted && rd_word_in(v, x->from, x->to, words) && rd_at(v, x->to) == ' ' && next > x->to + 1 &&
           (rd_at(v, next) <= ' ' || rd_at(v, next) == ',' || rd_at(v, next) == '.');
}

/* --option value: `at` is the first hyphen. */
static void long_option(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t end = at + 2;
    while (end - at < MAX_OPTION &&
           (rd_is(rd_at(v, end), RD_C_ALNUM) || rd_at(v, end) == '-' || rd_at(v, end) == '_'))
        end++;
    uint8_t c = rd_at(v, end);
    if (c != ' ' && c != '=')
        return;
    uint32_t i = skip_spaces(v, end);
    if (rd_at(v, i) == '-')
        return;
    if (rd_word_in(v, at + 2, end, "user proxy-user userpwd credentials auth creds")) {
        user_password(f, i);
        return;
    }
    rd_key_class cls = c == ' ' ? rd_key_class_of(f->keys, v, end) : RD_KEY_NONE;
    rd_value x;
    if (cls == RD_KEY_NONE || cls == RD_KEY_VALUE || !rd_value_read(v, i, MAX_ARGUMENT, &x))
        return;
    if (rd_spells(v, i, "id=") || names_key(f, &x))
        return; /* --secret id=x, --secret dbPassword value: the option is a switch */
    if (is_sentence(v, &x))
        return;
    x.prose = false;
    rd_value_judge(f, cls, x);
}

static void confirm(rd_find *f, uint32_t at)
{
    if (rd_at(&f->v, at) == '-')
        long_option(f, at);
    else
        short_option(f, at);
}

static const rd_window windows[] = {{"--\\a", false}, {" -\\a ", false}, {" -u\\y", true}, {" -p\\y", true}};

const rd_matcher rd_match_command = {
    .yields = RD_BIT(PASSWORD) | RD_BIT(SECRET) | RD_BIT(PERSON_NAME) | RD_BIT(PHONE) |
              RD_BIT(DATE_OF_BIRTH) | RD_BIT(US_SSN) | RD_BIT(MAC) | RD_BIT(SESSION),
    RD_WINDOWS(windows),
    .confirm = confirm,
};
