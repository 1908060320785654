/* SPDX-License-Identifier: MIT */
/*
 * Key and value, in the notations of logs:
 *
 *    key=value  key = "value"  key: value  "key":"value"  \"key\":\"value\"  'key' => 'value'  key := `value`
 *    ["key"] = value  ?key=value&  key%3Dvalue  <key>value</key>  key="Password" value="x"  f("KEY", "value")
 *    &lt;key&gt;value&lt;/key&gt;  key<TAB>value  key -> value  "key":["value","value"]
 *    key[0]=value  key["x"] = value  key("value")  setKey("value")  withKey(value)
 *
 * The candidate is the end of the key, which is then read backwards and must be one we know (key_words.c).
 */
#include "filters/detect/class_memo.h"
#include "filters/detect/header_values.h"
#include "filters/detect/opaque.h"
#include "filters/detect/value.h"

enum {
    MAX_KEY_GAP = 4,
    MAX_ALIGNED = 32, /* spaces before a separator, in columns */
    MAX_SUFFIX = 4,
    MAX_CLOSERS = 8,
    MAX_NAME_LOOK = 96,
    MAX_NAME_GAP = 24,
    MAX_TAG = 160,
    LONG_VALUE = 256,
    MAX_ITEMS = 16,
    MAX_INDEX = 34,
    MAX_ARGUMENT = 256
};

/* Does the closing bracket behind the key at `end` belong to one before it, as in `user[key]`? */
static bool bracket_opens(const rd_view *v, uint32_t end)
{
    uint32_t i = end;
    while (end - i < MAX_TAG && (rd_is(rd_at(v, i - 1), RD_C_WORD | RD_C_RUN) || rd_at(v, i - 1) == '.'))
        i--;
    return rd_at(v, i - 1) == '[';
}

/* Where the index that ends before `end` opens, `end` when there is none: key[0], key["x"], key[]. */
static uint32_t before_index(const rd_view *v, uint32_t end)
{
    uint32_t i = end - 1;
    if (rd_at(v, i) != ']')
        return end;
    uint8_t quote = rd_at(v, i - 1);
    bool quoted = quote == '"' || quote == '\'';
    i -= quoted;
    while (end - i < MAX_INDEX && rd_is(rd_at(v, i - 1), quoted ? RD_C_RUN : RD_C_DIGIT))
        i--;
    i -= quoted && rd_at(v, i - 1) == quote;
    return rd_at(v, i - 1) == '[' ? i - 1 : end;
}

/* One past the index that opens at `i`, `i` when there is none. */
static uint32_t behind_index(const rd_view *v, uint32_t i)
{
    if (rd_at(v, i) != '[')
        return i;
    uint32_t end = i + 1;
    while (end - i < MAX_INDEX && rd_at(v, end) > ' ' && rd_at(v, end) != ']')
        end++;
    return before_index(v, end + 1) == i ? end + 1 : i;
}

#define REJECTED_VALUE   " rejected value ["
#define ARROW            "\xe2\x86\x92"
#define FULL_WIDTH_COLON "\xef\xbc\x9a"

/* What stands between key and separator: digits and underscores of key_2, closing quotes and brackets,
 * an index, spaces. Returns the end. */
static uint32_t skip_closers(const rd_view *v, uint32_t i)
{
    for (uint32_t n = 0; n < MAX_SUFFIX && (rd_is(rd_at(v, i), RD_C_DIGIT) || rd_at(v, i) == '_'); n++)
        i++;
    for (uint32_t n = 0; n < MAX_CLOSERS; n++) {
        uint8_t c = rd_at(v, i);
        if (c == '"' || c == '\'' || c == '`' || c == '\\' || c == ']' || c == ')')
            i++;
        else if (c == '%' && (rd_spells(v, i, "%22") || rd_spells(v, i, "%27")))
            i += 3;
        else if (c == '&' && rd_spells(v, i, "&quot;"))
            i += 6;
        else
            break;
    }
    i = behind_index(v, i);
    for (uint32_t n = 0; n < MAX_ALIGNED && (rd_at(v, i) == ' ' || rd_at(v, i) == '\t'); n++)
        i++;
    return i;
}

/* End of the separator at `i` with its operators (:= => ::=), 0 when there is none. */
static uint32_t separator_end(const rd_view *v, uint32_t i)
{
    bool found = false;
    if (rd_spells(v, i, FULL_WIDTH_COLON))
        return i + 3;
    if (rd_at(v, i) == '%' && rd_at(v, i + 1) == '3') {
        uint8_t c = rd_lower(rd_at(v, i + 2));
        return c == 'd' || c == 'a' ? i + 3 : 0;
    }
    if ((rd_at(v, i) == '.' || rd_at(v, i) == '+' || rd_at(v, i) == '?') && rd_at(v, i + 1) == '=')
        i++;
    uint32_t from = i;
    for (; i < from + MAX_KEY_GAP; i++) {
        uint8_t c = rd_at(v, i);
        if (c != '=' && c != ':' && !(c == '>' && found))
            break;
        found = true;
    }
    bool comparison = i - from == 2 && rd_at(v, from) == '=' && rd_at(v, from + 1) == '=';
    return found && !comparison ? i : 0;
}

/* Start of the word that ends before `end`. */
static uint32_t word_start(const rd_view *v, uint32_t end)
{
    return rd_skip_back(v, end, MAX_NAME_LOOK, RD_C_ALNUM);
}

/* {"key":"password","value":"x"}, <add key="Password" value="x"/>, `name: PASSWORD` and `value: x` on the
 * next line: the class of the word before the key `value` that starts at `i`. */
static rd_key_class class_of_name(const rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    rd_key_class cls = RD_KEY_VALUE;
    for (unsigned n = 0; n < 2 && cls == RD_KEY_VALUE; n++) {
        for (uint32_t gap = 0; gap < MAX_NAME_GAP && !rd_is(rd_at(v, i - 1), RD_C_WORD); gap++) {
            uint8_t c = rd_at(v, --i);
            if (c == 0 || c == '}' || c == '/' || c == ';')
                return RD_KEY_NONE;
        }
        cls = rd_key_class_of(f->keys, v, i);
        i = word_start(v, i);
    }
    return cls == RD_KEY_VALUE ? RD_KEY_NONE : cls;
}

/* scheme://key:value@host: a key that is the user of a URL. */
static bool is_url_user(const rd_view *v, uint32_t key)
{
    uint32_t i = key;
    for (uint32_t n = 0; n < MAX_NAME_LOOK && rd_at(v, i - 1) != '/'; n++) {
        uint8_t c = rd_at(v, i - 1);
        if (!rd_is(c, RD_C_ALNUM) && c != '-' && c != '_' && c != '.')
            return false;
        i--;
    }
    return rd_spells(v, i - 3, "://");
}

/* Of most keys that can mean a person the value is the name of a thing: small letters without a quote before
 * them, and more than a particle has. No words with capitals can start there, so the value need not be read.
 */
static bool is_a_thing(const rd_find *f, rd_key_class cls, uint32_t i)
{
    return cls == RD_KEY_WHO && f->refused == NULL && rd_skip(&f->v, i, i + 4, RD_C_LOWER) == i + 4;
}

/* The other strings of a list whose first ends at `i`. */
static void rest_of_list(rd_find *f, rd_key_class cls, uint32_t i)
{
    const rd_view *v = &f->v;
    for (uint32_t n = 0; n < MAX_ITEMS; n++) {
        rd_value value;
        while (rd_at(v, i) == '\\')
            i++;
        i = rd_skip(v, i + 1, i + 1 + MAX_NAME_GAP, RD_C_SPACE);
        if (rd_at(v, i) != ',')
            return;
        i = rd_skip(v, i + 1, i + 1 + MAX_NAME_GAP, RD_C_SPACE);
        if (!rd_value_read(v, i, LONG_VALUE, &value) || !value.quoted)
            return;
        rd_value_judge(f, cls, value);
        i = value.to;
    }
}

/* cn=login,ou=people, account_name=login: keys that as often name a thing. */
static bool names_account(const rd_view *v, uint32_t key)
{
    return rd_spells_nocase(v, key - 2, "cn") || rd_spells_nocase(v, key - 12, "account_name");
}

/* FooManager: the name of a class may stand before prose. Not for keys that say clearly what they are. */
static bool may_be_class_name(const rd_view *v, rd_key_class cls, uint32_t key)
{
    return cls == RD_KEY_COOKIE || cls == RD_KEY_AUTH || cls == RD_KEY_GIVEN || cls == RD_KEY_WHO ||
           (cls == RD_KEY_LOGIN && !rd_spells_nocase(v, key - 4, "name"));
}

/* The quoted value at `i`. */
static void judge_next(rd_find *f, rd_key_class cls, uint32_t i)
{
    rd_value value;
    if (rd_value_read(&f->v, i, rd_value_max(cls), &value) && value.quoted)
        rd_value_judge(f, cls, value);
}

static void judge_at(rd_find *f, rd_key_class cls, uint32_t i, uint32_t key)
{
    rd_value value;
    if (is_a_thing(f, cls, i))
        return;
    if (cls == RD_KEY_WHO && rd_spells(&f->v, key - 12, "Account Name"))
        cls = RD_KEY_LOGIN; /* events of Windows */
    if (cls == RD_KEY_LOGIN && rd_at(&f->v, i) == '<') {
        uint32_t to = rd_skip(&f->v, i + 1, i + MAX_NAME_LOOK, RD_C_LOCAL); /* user=<login> */
        if (rd_at(&f->v, to) == '>')
            rd_value_judge(f, cls, (rd_value){.from = i + 1, .to = to, .quoted = true});
        return;
    }
    if ((cls == RD_KEY_COOKIE || cls == RD_KEY_AUTH) && rd_at(&f->v, i + (rd_at(&f->v, i) == ' ')) == '[') {
        rd_judge_header_list(f, cls, i + (rd_at(&f->v, i) == ' '));
        return;
    }
    if (rd_spells(&f->v, i, REJECTED_VALUE)) /* Spring: "field 'key': rejected value [x]" */
        i += sizeof REJECTED_VALUE - 2;
    if (!rd_value_read(&f->v, i, rd_value_max(cls), &value))
        return;
    bool nested = cls == RD_KEY_COOKIE || cls == RD_KEY_AUTH || cls >= RD_KEY_NAME;
    if (value.prose && may_be_class_name(&f->v, cls, key) && rd_key_is_class_name(&f->v, key))
        return;
    if (!value.quoted && rd_at(&f->v, i - 1) == ':' && is_url_user(&f->v, key)) {
        /* The host stays; without `@` the whole may yet be the value. */
        for (uint32_t k = value.from; k < value.to; k++)
            if (rd_at(&f->v, k) == '@')
                value.to = k;
    }
    if (cls == RD_KEY_WHO && names_account(&f->v, key) && rd_login_of_person(&f->v, value.from, value.to))
        cls = RD_KEY_LOGIN;
    bool emitted = rd_value_judge(f, cls, value);
    if (emitted && value.quoted &&
        (rd_spells(&f->v, value.to + 1, " -> \"") || rd_spells(&f->v, value.to + 1, " => \"")))
        judge_next(f, cls, value.to + 5); /* from old to new, of Terraform */
    if (value.quoted && (rd_at(&f->v, value.from - 2) == '[' || rd_spells(&f->v, value.from - 3, "[\\")))
        rest_of_list(f, cls, value.to);
    /* What stays may be a text with keys of its own. Long ones without quotes are read again only every so
     * many bytes, so that the work stays linear; the next such quote ends a quoted one. */
    uint32_t resume = emitted                                               ? value.to
                      : !value.quoted && value.to - value.from > LONG_VALUE ? value.from + LONG_VALUE / 4
                                                                            : f->resume;
    if (resume > f->resume && !nested)
        f->resume = resume;
}

/* Is `at` the closing bracket of a tag? */
static bool closes_tag(const rd_view *v, uint32_t at)
{
    for (uint32_t i = at, n = 0; n < MAX_TAG; n++) {
        uint8_t c = rd_at(v, --i);
        if (c == '<' || c == 0)
            return true; /* perhaps: a line that was cut starts anywhere */
        if (c == '>')
            return false;
    }
    return false;
}

/* <Attribute Name="key"><AttributeValue>: the end of the inner tag, `at` when there is none. */
static uint32_t inner_value(const rd_view *v, uint32_t at)
{
    uint32_t i = rd_skip(v, at + 1, at + 1 + MAX_NAME_GAP, RD_C_SPACE), open = i;
    if (rd_at(v, i) != '<' || !(rd_is(rd_at(v, i + 1), RD_C_ALPHA)))
        return at;
    while (i - open < MAX_TAG && rd_at(v, i) != '>' && rd_at(v, i) != 0)
        i++;
    uint32_t name = rd_skip(v, open + 1, i, RD_C_WORD);
    name = rd_at(v, name) == ':' ? rd_skip(v, name + 1, i, RD_C_WORD) : name;
    return rd_at(v, i) == '>' && rd_spells_nocase(v, name - 5, "value") ? i : at;
}

/* &lt;key&gt;value&lt;: `i` is behind the key. */
static void escaped_element(rd_find *f, rd_key_class cls, uint32_t i)
{
    const rd_view *v = &f->v;
    rd_value value = {.from = i + 4, .to = i + 4, .quoted = true};
    while (value.to - value.from < LONG_VALUE && rd_at(v, value.to) != 0 && !rd_spells(v, value.to, "&lt;"))
        value.to++;
    if (value.to > value.from && rd_at(v, value.to) == '&')
        rd_value_judge(f, cls, value);
}

/* <key>value</key>, <x name="key">value</x>; `at` is the closing bracket of the start tag. The next tag ends
 * the value, so that each is read once; one that stays may hold keys of its own. */
static void element(rd_find *f, rd_key_class cls, uint32_t at)
{
    const rd_view *v = &f->v;
    if (!closes_tag(v, at))
        return;
    rd_value value = rd_value_until(v, inner_value(v, at) + 1, '<');
    if (cls == RD_KEY_WHO && (rd_spells_nocase(v, value.to, "</name><vorname>") ||
                              rd_spells_nocase(v, at - 15, "</vorname><name>")))
        cls = RD_KEY_GIVEN; /* the family name alone */
    if (value.from < value.to && rd_at(v, value.to) != 0 && rd_value_judge(f, cls, value))
        f->resume = value.to;
}

/* f("KEY", "value"), f( 'KEY', 'value' ): `at` is the quote behind the key. */
static void argument(rd_find *f, uint32_t at, rd_key_class cls)
{
    const rd_view *v = &f->v;
    uint32_t next = rd_skip(v, at + 2, at + 2 + MAX_NAME_GAP, RD_C_SPACE);
    uint8_t mark = rd_at(v, next);
    rd_value value;
    if ((mark != '"' && mark != '\'') || !rd_value_read(v, next, rd_value_max(cls), &value))
        return;
    uint8_t behind = rd_at(v, value.to + 1);
    if (behind == ')' || behind == ']' || rd_spells(v, value.to + 1, " )"))
        rd_value_judge(f, cls, value);
}

/* setKey("value"), withKey(value): `i` is behind the bracket. A bare argument must be all there is, and look
 * as nothing but a value does. */
static void call(rd_find *f, rd_key_class cls, uint32_t i)
{
    const rd_view *v = &f->v;
    uint8_t mark = rd_at(v, i);
    rd_value value;
    if (mark == '"' || mark == '\'' || mark == '\\') {
        if (rd_value_read(v, i, rd_value_max(cls), &value))
            rd_value_judge(f, cls, value);
        return;
    }
    uint32_t to = i;
    while (to - i < MAX_ARGUMENT && rd_is(rd_at(v, to), RD_C_TOKEN | RD_C_LOCAL) && rd_at(v, to) != '(')
        to++;
    bool secret = cls >= RD_KEY_PASSWORD && cls <= RD_KEY_SESSION && rd_opaque(v, i, to, 8);
    bool login = cls == RD_KEY_LOGIN && rd_login_of_person(v, i, to);
    if (rd_at(v, to) == ')' && (secret || login))
        rd_value_judge(f, cls, (rd_value){.from = i, .to = to});
}

/* One past the last byte of the key: `at` is three bytes before it, or what follows the key (see windows). */
static uint32_t key_end(const rd_view *v, uint32_t at)
{
    uint8_t c = rd_at(v, at + 2);
    if (rd_spells(v, at, FULL_WIDTH_COLON))
        return at;
    if (rd_at(v, at) == ']' && rd_at(v, at + 1) == '=')
        return before_index(v, at + 1);
    bool two_letters = c == '=' || c == ':' || c == '"';
    if (rd_is(rd_at(v, at + 1), RD_C_DIGIT) || (two_letters && rd_at(v, at + 1) != ' '))
        return at + 2; /* behind a digit, or a key of two letters */
    uint32_t i = at + 1;
    bool column =
        (rd_at(v, at) == ' ' || rd_at(v, at) == '\t') && rd_at(v, i) == ' ' && (c == '=' || c == ':');
    for (uint32_t n = 0; column && n < MAX_ALIGNED && (rd_at(v, i - 1) == ' ' || rd_at(v, i - 1) == '\t');
         n++)
        i--;
    if (!column &&
        (rd_at(v, at + 1) != ' ' || (c != '=' && c != ':' && c != '-' && c != '|' && c != (uint8_t)ARROW[0])))
        return at + 3;
    if (before_index(v, i) < i)
        return before_index(v, i);
    for (uint32_t n = 0; n < 2 && (rd_at(v, i - 1) == ']' || rd_at(v, i - 1) == ')'); n++)
        i--;
    if (rd_at(v, i - 1) == '"' || rd_at(v, i - 1) == '\'' || rd_at(v, i - 1) == '`') {
        i--;
        while (rd_at(v, i - 1) == '\\')
            i--;
    }
    return i;
}

/* Is the key that ends at `end` not the first field of its line? */
static bool row_before(const rd_view *v, uint32_t end)
{
    uint32_t i = rd_skip_back(v, end, MAX_NAME_LOOK, RD_C_RUN);
    return rd_at(v, i - 1) == '\t';
}

/* key<TAB>value, key -> value, key | value: where the value starts, 0 when there is none. `i` is behind the
 * blanks. Rows of keys, such as the head of a table, are no pairs. */
static uint32_t column_value(const rd_find *f, rd_key_class cls, uint32_t end, uint32_t i)
{
    const rd_view *v = &f->v;
    if (rd_at(v, i - 1) == ' ' && rd_spells(v, i, "-> "))
        return i + 2;
    if (rd_at(v, i - 1) == ' ' && rd_spells(v, i, ARROW " "))
        return i + 3;
    if (rd_at(v, i - 1) == ' ' && rd_spells(v, i, "| "))
        i = rd_skip(v, i + 1, i + MAX_ALIGNED, RD_C_SPACE);
    else if (rd_at(v, end) != '\t')
        return 0;
    uint32_t to = i, upper = rd_skip(v, i, i + MAX_NAME_LOOK, RD_C_UPPER);
    while (to - i < MAX_NAME_LOOK && rd_at(v, to) > ' ' && rd_at(v, to) != '|')
        to++;
    if (rd_at(v, to) == '\n' || (rd_at(v, to) == '\t' && rd_skip(v, i, to, RD_C_ALPHA) == to))
        to = rd_skip(v, i, to, RD_C_LOWER) == to && rd_at(v, end) == '\t' && row_before(v, end) ? i : to;
    if (to == i)
        return 0;
    bool head = rd_key_class_of(f->keys, v, to) != RD_KEY_NONE || (cls >= RD_KEY_NAME && upper == to);
    return head ? 0 : i - 1;
}

/* Content-Disposition: form-data; name="key", an empty line and the value (RFC 7578). */
static bool form_field(rd_find *f, uint32_t end, rd_key_class cls)
{
    const rd_view *v = &f->v;
    uint32_t i = end + 1;
    if (rd_at(v, i) != '\r' && rd_at(v, i) != '\n')
        return false;
    for (unsigned n = 0; n < 2; n++) {
        i += rd_at(v, i) == '\r';
        if (rd_at(v, i++) != '\n')
            return false;
    }
    rd_value value = {.from = i, .to = i, .quoted = true};
    while (value.to - i < LONG_VALUE && rd_at(v, value.to) >= ' ')
        value.to++;
    return value.to > i && rd_value_judge(f, cls, value);
}

/* What follows the key that ends at `end`; `cls` is its class. */
static void after_key(rd_find *f, uint32_t end, rd_key_class cls)
{
    const rd_view *v = &f->v;
    uint8_t c = rd_at(v, end);
    if (c == ']' && !bracket_opens(v, end))
        return;
    if (c == '&' && rd_spells(v, end, "&gt;")) {
        escaped_element(f, cls, end);
        return;
    }
    if (c == '(' && cls != RD_KEY_VALUE) {
        call(f, cls, end + 1);
        return;
    }
    if (c == '"' && form_field(f, end, cls))
        return;
    uint32_t separator = skip_closers(v, end);
    if (rd_at(v, separator) == ',' && separator > end) {
        argument(f, end, cls);
        return;
    }
    if (rd_at(v, separator) == '>' && rd_at(v, separator - 1) != ' ') {
        element(f, cls, separator);
        return;
    }
    uint32_t behind = separator_end(v, separator);
    if (behind == 0)
        behind = column_value(f, cls, end, separator);
    if (behind == 0)
        return;
    if (cls == RD_KEY_VALUE)
        cls = class_of_name(f, word_start(v, end));
    if (cls != RD_KEY_NONE)
        judge_at(f, cls, behind, end);
}

static void confirm(rd_find *f, uint32_t at)
{
    uint32_t end = key_end(&f->v, at);
    rd_key_class cls = rd_class_memo_ask(f->classes, f->keys, &f->v, end);
    if (cls != RD_KEY_NONE)
        after_key(f, end, cls);
}

static const rd_window windows[] = {{"\\e =", false},
                                    {"\\e : ", false},
                                    {"\\w :\\c", false},
                                    {FULL_WIDTH_COLON, false},
                                    {"\\w | ", false},
                                    {"\\w ->", false},
                                    {"\\w \xe2\x86", false},

                                    {"\\a\\d=", false},
                                    {"\\a\\d\":", false},
                                    {"\\a\\d: ", false},
                                    {"_\\d=", false},
                                    {"pw\\v", true},
                                    {"cn=", true},
                                    {"]=", false}};

static void key_ends(rd_key_end_fn *add, void *ctx, const char *const *names, uint32_t n_names)
{
    (void)names;
    (void)n_names;
    rd_key_endings(add, ctx);
}

const rd_matcher rd_match_keyvalue = {
    .yields = RD_BIT(PASSWORD) | RD_BIT(SECRET) | RD_BIT(SESSION) | RD_BIT(PERSON_NAME) | RD_BIT(PHONE) |
              RD_BIT(DATE_OF_BIRTH) | RD_BIT(US_SSN) | RD_BIT(MAC),
    RD_WINDOWS(windows),
    .key_ends = key_ends,
    .confirm = confirm,
};
