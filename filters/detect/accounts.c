/* SPDX-License-Identifier: MIT */
/*
 * Logins and passwords in the fixed phrases of programs, without a key before them:
 *
 *    net use ... /user:DOMAIN\login password         "AUTH" "password" (Redis MONITOR)
 *    su: FAILED SU (to root) login on pts/0          DB_PASSWORD set to value, set db_password value
 *    jdbc:oracle:thin:login/password@//host           Unseal Key 1: value (Vault)
 *    Login OK: [login/password], Login incorrect: [login] (FreeRADIUS)
 *    334 UGFzc3dvcmQ6, then the password in base64 (AUTH LOGIN of SMTP)
 *    by login(uid=1000) (PAM)
 *    AUTH PLAIN base64 (SASL, RFC 4616), a1 LOGIN login password (IMAP)
 *    USER login, PASS password (FTP, POP3)
 *    : PSK "value" (ipsec.secrets)
 */
#include <string.h>

#include "filters/detect/opaque.h"
#include "filters/detect/value.h"

enum { MAX_TOKEN = 128, MAX_BASE64 = 1024 };

/* The end of the token at `i`: up to a space, a quote or one of `stops`. */
static uint32_t token_end(const rd_view *v, uint32_t i, const char *stops)
{
    uint32_t end = i;
    for (; end - i < MAX_TOKEN && rd_at(v, end) > ' ' && rd_at(v, end) != '"' && rd_at(v, end) != '\'';
         end++) {
        for (const char *s = stops; *s != 0; s++) {
            if (rd_at(v, end) == (uint8_t)*s)
                return end;
        }
    }
    return end;
}

static void password(rd_find *f, uint32_t from, uint32_t to)
{
    if (from < to && !rd_placeholder(&f->v, from, to))
        rd_emit(f, RD_DETECTOR_PASSWORD, from, to, 0, 0);
}

/* /user:DOMAIN\login password */
static void net_use(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    uint32_t to = token_end(v, i, ""), next = to + 1;
    if (rd_at(v, to) == ' ' && rd_at(v, next) != '/' && rd_at(v, next) != '*')
        password(f, next, token_end(v, next, ""));
}

static void login(rd_find *f, uint32_t from, uint32_t to)
{
    if (from < to)
        rd_value_judge(f, RD_KEY_LOGIN, (rd_value){.from = from, .to = to, .quoted = true});
}

/* [login/password] or [login]: `i` is behind the bracket. */
static void radius(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    uint32_t to = token_end(v, i, "/]");
    login(f, i, to);
    if (rd_at(v, to) == '/') {
        uint32_t end = token_end(v, to + 1, "]");
        if (rd_at(v, to + 1) != '<' && rd_at(v, end) == ']') /* <via Auth-Type = EAP> */
            password(f, to + 1, end);
    }
}

/* Login incorrect (reason): [login]: `i` is behind the word. */
static void radius_refused(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    if (!rd_spells_nocase(v, i - 15, "login incorrect"))
        return;
    for (uint32_t limit = i + MAX_TOKEN; i < limit && rd_at(v, i) >= ' '; i++) {
        if (rd_spells(v, i, ": [")) {
            radius(f, i + 3);
            return;
        }
    }
}

/* The line behind the server's "334 Password:": perhaps with the mark of a client before it. */
static void smtp_password(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    i = token_end(v, i, "\\");
    while (rd_is(rd_at(v, i), RD_C_SPACE) || rd_at(v, i) == '>' ||
           (rd_at(v, i) == '\\' && rd_is(rd_at(v, i + 1), RD_C_LOWER)))
        i += rd_at(v, i) == '\\' ? 2 : 1;
    i += rd_spells(v, i, "C: ") ? 3 : 0;
    password(f, i, token_end(v, i, "\\"));
}

/* "by login(uid=1000)": `at` is the bracket. */
static void pam_login(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t from = at;
    while (at - from < MAX_TOKEN && rd_at(v, from - 1) > ' ')
        from--;
    if (rd_spells(v, from - 4, " by "))
        login(f, from, at);
}

/* "AUTH" "password", "AUTH" "login" "password": `i` is behind the second opening quote. */
static void redis_auth(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    uint32_t to = token_end(v, i, "");
    if (rd_spells(v, to, "\" \"")) {
        rd_value_judge(f, RD_KEY_LOGIN, (rd_value){.from = i, .to = to, .quoted = true});
        i = to + 3;
        to = token_end(v, i, "");
    }
    if (rd_at(v, to) == '"')
        password(f, i, to);
}

/* login/password@host */
static void oracle(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    uint32_t slash = token_end(v, i, "/@");
    if (rd_at(v, slash) != '/' || slash == i)
        return;
    uint32_t to = token_end(v, slash + 1, "@");
    if (rd_at(v, to) == '@' && to > slash + 1 && !rd_placeholder(v, slash + 1, to)) {
        rd_value_judge(f, RD_KEY_LOGIN, (rd_value){.from = i, .to = slash});
        rd_emit(f, RD_DETECTOR_URL_CREDENTIALS, slash + 1, to, 0, 0);
    }
}

/* sqlplus -L login/password@service, userid=login/password: the first argument that is no option; `i` is
 * behind the program. */
static void oracle_tool(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    for (unsigned n = 0; n < 6 && rd_at(v, i) == ' '; n++) {
        uint32_t from = i + 1, to = token_end(v, from, "");
        from += rd_spells_nocase(v, from, "userid=") ? 7 : 0;
        uint32_t slash = token_end(v, from, "/@"), end = token_end(v, slash + 1, "@");
        if (rd_at(v, from) != '-' && slash < to && rd_at(v, slash) == '/' && slash > from &&
            end > slash + 1) {
            rd_value_judge(f, RD_KEY_LOGIN, (rd_value){.from = from, .to = slash});
            password(f, slash + 1, end);
            return;
        }
        i = to;
    }
}

/* snmp-server community value RO: `i` is behind the word. */
static void community(rd_find *f, uint32_t i)
{
    static const char words[] =
        "string strings name names is was read write has not and or the for of in on to with "
        "mismatch from edition version support";
    const rd_view *v = &f->v;
    uint32_t from = rd_skip_back(v, i - 11, 16, RD_C_RUN);
    if (!rd_word_in(v, from, i - 11, "snmp-server snmp-agent snmp") || rd_at(v, i - 11) != ' ')
        return;
    i += rd_spells(v, i, "read ") ? 5 : rd_spells(v, i, "write ") ? 6 : 0;
    i += rd_spells(v, i, "cipher ") ? 7 : rd_spells(v, i, "simple ") ? 7 : 0;
    uint32_t quote = rd_at(v, i) == '"', to = token_end(v, i + quote, "\\");
    if (!rd_word_in(v, i + quote, to, words))
        password(f, i + quote, to);
}

/* tacacs-server key 7 value, radius-server host address key 6 value: `i` is behind the digit. */
static void server_key(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    uint32_t to = token_end(v, i, "\\");
    for (uint32_t k = i - 7; i - k < MAX_TOKEN && rd_at(v, k) >= ' '; k--) {
        if (rd_at(v, k) == '-' && rd_spells(v, k, "-server ")) {
            password(f, i, to);
            return;
        }
    }
}

/* "Unseal Key 1: value" (Vault): `end` is behind the word. */
static void numbered_key(rd_find *f, uint32_t end)
{
    rd_key_class cls = rd_key_class_of(f->keys, &f->v, end);
    rd_value x;
    if (cls == RD_KEY_SECRET && rd_value_read(&f->v, end + 3, MAX_TOKEN, &x))
        rd_value_judge(f, cls, x);
}

/* "... set db_password value", "DB_PASSWORD set to value": `at` is the space before "set". Only for keys of
 * one word, so that sentences about passwords stay. */
static void assignment(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    if (rd_at(v, at + 4) != ' ')
        return;
    bool behind = rd_spells(v, at, " set to ");
    uint32_t key = at + 5, end = at, value = at + 8;
    if (!behind) {
        end = rd_skip(v, key, key + MAX_TOKEN, RD_C_RUN);
        while (rd_at(v, end) == '.' || rd_at(v, end) == ':')
            end = rd_skip(v, end + 1, key + MAX_TOKEN, RD_C_RUN);
        value = end + 1;
    }
    rd_key_class cls = rd_at(v, end) == ' ' ? rd_key_class_of(f->keys, v, end) : RD_KEY_NONE;
    bool joined =
        rd_skip_back(v, end, MAX_TOKEN, RD_C_ALNUM) != rd_skip_back(v, end, MAX_TOKEN, RD_C_RUN) || !behind;
    rd_value x;
    if (!joined || (cls != RD_KEY_PASSWORD && cls != RD_KEY_SECRET && cls != RD_KEY_TOKEN) ||
        !rd_value_read(v, value, MAX_TOKEN, &x))
        return;
    x.prose = true;
    rd_value_judge(f, cls, x);
}

/* "(to root) login on": `at` is the bracket. */
static void switched_user(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t close = token_end(v, at + 4, ")");
    if (rd_at(v, close) != ')' || rd_at(v, close + 1) != ' ')
        return;
    uint32_t to = token_end(v, close + 2, "");
    if (rd_spells(v, to, " on "))
        rd_value_judge(f, RD_KEY_LOGIN, (rd_value){.from = close + 2, .to = to});
}

/* ParameterBinding(ConvertTo-SecureString): name="String"; value="password", of PowerShell's log. */
static void parameter_binding(rd_find *f, uint32_t i)
{
    static const char name[] = "name=\"String\"; value=";
    const rd_view *v = &f->v;
    for (uint32_t limit = i + MAX_TOKEN; i < limit && rd_at(v, i) >= ' '; i++) {
        rd_value x;
        if (rd_at(v, i) != 'n' || !rd_spells(v, i, name))
            continue;
        if (rd_value_read(v, i + sizeof name - 1, MAX_TOKEN, &x) && x.quoted)
            password(f, x.from, x.to);
        return;
    }
}

/* ConvertTo-SecureString "password" */
static void powershell(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    if (rd_spells(v, i, "String)"))
        parameter_binding(f, i + 7);
    if (!rd_spells(v, i, "String "))
        return;
    i += 7;
    uint8_t quote = rd_at(v, i);
    if (quote != '"' && quote != '\'')
        return;
    uint32_t to = i + 1;
    while (to - i < MAX_TOKEN && rd_at(v, to) >= ' ' && rd_at(v, to) != quote)
        to++;
    password(f, i + 1, to);
}

/* One past the string or word at `i` (RFC 9051); what is inside goes to *out. */
static uint32_t imap_string(const rd_view *v, uint32_t i, rd_value *out)
{
    *out = (rd_value){.from = i, .to = i, .quoted = rd_at(v, i) == '"'};
    if (!out->quoted)
        return out->to = token_end(v, i, "\\");
    for (out->to = ++out->from;
         out->to - i < MAX_TOKEN && rd_at(v, out->to) >= ' ' && rd_at(v, out->to) != '"';)
        out->to += rd_at(v, out->to) == '\\' ? 2 : 1;
    return out->to + 1;
}

/* a1 LOGIN login password: `at` is the last digit of the tag. Sentences have other words behind. */
static void imap_login(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t tag = rd_skip_back(v, at, 16, RD_C_ALNUM);
    uint8_t before = rd_at(v, tag - 1);
    rd_value name, secret;
    uint32_t i = imap_string(v, at + 8, &name);
    if (rd_at(v, i) != ' ' || (before != 0 && before != '\n' && before != '"' && rd_at(v, tag - 2) != ':' &&
                               rd_at(v, tag - 2) != '>'))
        return;
    i = imap_string(v, i + 1, &secret);
    bool ends = rd_at(v, i) < ' ' || rd_at(v, i) == '"' || rd_at(v, i) == '\\';
    if (!secret.quoted &&
        (!ends || rd_word_in(v, name.from, name.to, "failed denied from by for ok attempt")))
        return;
    login(f, name.from, name.to);
    password(f, secret.from, secret.to);
}

/* USER login, then PASS password of FTP and POP3, `at` the space before the word. Reports of tests say PASS,
 * too: only what a client says, or with the other command before it. */
static void pass_command(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t i = at + 6, to = token_end(v, i, "\\"), user = at;
    bool client = rd_spells(v, at - 2, "C:") || rd_at(v, at - 1) == '>';
    while (at - user < MAX_TOKEN && rd_at(v, user) != 0 && !rd_spells(v, user, "USER "))
        user--;
    if (rd_spells(v, user, "USER ")) {
        client = true;
        login(f, user + 5, token_end(v, user + 5, "\\"));
    }
    if (client && rd_at(v, to) != ' ')
        password(f, i, to);
}

/* Does the base64 text hold a zero byte, which stands between the login and the password of SASL PLAIN? */
static bool has_zero(const rd_view *v, uint32_t from, uint32_t to)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    for (uint32_t i = from; i < to; i++) {
        const char *digit = strchr(digits, rd_at(v, i));
        bits = bits << 6 | (digit != NULL ? (uint32_t)(digit - digits) : 1);
        unsigned n = 6 * ((i - from) % 4) + 6, spare = n % 8;
        if (n > 6 && (bits >> spare & 0xff) == 0)
            return true;
    }
    return false;
}

/* Over the line in which the server asks for more, and the marks of who speaks. */
static uint32_t behind_challenge(const rd_view *v, uint32_t i)
{
    for (unsigned n = 0; n < 2 && (rd_at(v, i) == '\r' || rd_at(v, i) == '\n'); n++) {
        i = rd_skip(v, i, i + 4, RD_C_SPACE);
        i += rd_spells(v, i, "S: ") || rd_spells(v, i, "C: ") ? 3 : 0;
        i += rd_at(v, i) == '+' ? 1 : rd_spells(v, i, "334") ? 3 : 0;
        i += rd_at(v, i) == ' ';
    }
    return i;
}

/* AUTH PLAIN base64, AUTHENTICATE PLAIN base64: `i` is behind the mechanism. */
static void sasl_plain(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    uint32_t from = behind_challenge(v, i + (rd_at(v, i) == ' ')), to = from;
    if (!rd_spells_nocase(v, i - 10, "auth plain") && !rd_spells_nocase(v, i - 18, "authenticate plain"))
        return;
    while (to - from < MAX_BASE64 &&
           (rd_is(rd_at(v, to), RD_C_ALNUM) || rd_at(v, to) == '+' || rd_at(v, to) == '/'))
        to++;
    if (to - from >= 6 && has_zero(v, from, to))
        rd_emit(f, RD_DETECTOR_BASIC_AUTH, from, to + (rd_at(v, to) == '=') + rd_spells(v, to, "=="), 0, 0);
}

/* : PSK "value", : PSK 0sdmFsdWU=: `at` is the colon. */
static void ipsec_secret(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t i = at + 6, quote = rd_at(v, i) == '"';
    if (!rd_word_in(v, at + 2, at + 5, "psk eap"))
        return;
    uint32_t to = i += quote;
    while (to - i < MAX_TOKEN && rd_at(v, to) >= ' ' + (quote == 0) && rd_at(v, to) != '"')
        to++;
    if (quote != 0 || rd_spells(v, i, "0s") || rd_spells(v, i, "0x") || rd_opaque(v, i, to, 6))
        password(f, i, to);
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    if (rd_is(rd_at(v, at), RD_C_DIGIT) && rd_at(v, at + 1) == ' ') {
        imap_login(f, at);
        return;
    }
    if (rd_spells(v, at + 1, "PASS")) {
        pass_command(f, at);
        return;
    }
    if (rd_spells_nocase(v, at + 1, " plain")) {
        sasl_plain(f, at + 7);
        return;
    }
    switch (rd_lower(rd_at(v, at))) {
    case ':':
        ipsec_secret(f, at);
        break;
    case '/':
        net_use(f, at + 6);
        break;
    case '"':
        redis_auth(f, at + 8);
        break;
    case 'y':
        numbered_key(f, at + 1);
        break;
    case '(':
        if (rd_at(v, at + 1) == 'u')
            pam_login(f, at);
        else
            switched_user(f, at);
        break;
    case 'n':
        if (rd_at(v, at + 1) == 'c')
            radius_refused(f, at + 8);
        else
            radius(f, at + 7);
        break;
    case '3':
        smtp_password(f, at + 4);
        break;
    case ' ':
        if (rd_at(v, at + 1) == 'k')
            server_key(f, at + 7);
        else
            assignment(f, at);
        break;
    case 's':
    case 'e': /* expdp */
    case 'i': /* impdp */
        oracle_tool(f, token_end(v, at, ""));
        break;
    case 'm':
        community(f, at + 7);
        break;
    case 'u':
        powershell(f, at + 3);
        break;
    default:
        oracle(f, at + 5);
        break;
    }
}

static const rd_window windows[] = {{"/user:", true},
                                    {"(to ", false},
                                    {" set", false},
                                    {"ureS", false},
                                    {"\"auth\" \"", true},
                                    {"thin:\\w", true},
                                    {"y \\d:", true},
                                    {"n OK: [", false},
                                    {"ncorrect", false},
                                    {"334 UGFz", false},
                                    {"(uid=\\d", false},
                                    {"munity ", false},
                                    {" key \\d ", false},
                                    {"sqlplus ", true},
                                    {"sqlldr ", true},
                                    {"\\a\\apdp ", true},
                                    {"\\a PLAIN\\s", true},
                                    {"\\d LOGIN ", false},
                                    {": \\u\\u\\u \\y", false},
                                    {"\\sPASS \\y", false}};

const rd_matcher rd_match_accounts = {
    .yields = RD_BIT(PERSON_NAME) | RD_BIT(PASSWORD) | RD_BIT(URL_CREDENTIALS) | RD_BIT(BASIC_AUTH),
    RD_WINDOWS(windows),
    .confirm = confirm,
};
