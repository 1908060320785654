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
 */
#include "filters/detect/opaque.h"
#include "filters/detect/value.h"

enum { MAX_TOKEN = 128 };

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

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    switch (rd_lower(rd_at(v, at))) {
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

static const rd_window windows[] = {
    {"/user:", true},    {"(to ", false},    {" set", false},      {"ureS", false},     {"\"auth\" \"", true},
    {"thin:\\w", true},  {"y \\d:", true},   {"n OK: [", false},   {"ncorrect", false}, {"334 UGFz", false},
    {"(uid=\\d", false}, {"munity ", false}, {" key \\d ", false}, {"sqlplus ", true},  {"sqlldr ", true},
    {"expdp ", true},    {"impdp ", true}};

const rd_matcher rd_match_accounts = {
    .yields = RD_BIT(PERSON_NAME) | RD_BIT(PASSWORD) | RD_BIT(URL_CREDENTIALS),
    RD_WINDOWS(windows),
    .confirm = confirm,
};
