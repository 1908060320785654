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
#include "filters/detect/separator.h"
#include "filters/detect/sql.h"
#include "filters/detect/value.h"

enum {
    MAX_NAME_LOOK = 96,
    MAX_NAME_GAP = 24,
    MAX_GAP = 4,
    MAX_TAG = 160,
    LONG_VALUE = 256,
    MAX_ITEMS = 16,
    MAX_ARGUMENT = 256,
    MAX_DECLARATION = 256,
    KEY_AND_SIGN = 4 /* bytes from where a key's end is looked at to what follows the sign behind it */
};

#define REJECTED_VALUE " rejected value ["

/* Start of the word that ends before `end`. */
static uint32_t word_start(const rd_view *v, uint32_t end)
{
    return rd_skip_back(v, end, MAX_NAME_LOOK, RD_C_ALNUM);
}

/* "name":[{"use":"official","text":"x"}], of FHIR: the class of the name, if it is one of people. `i` is at
 * the key "text". */
static rd_key_class class_of_text(const rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    uint32_t open = i;
    while (i - open < MAX_NAME_LOOK && rd_at(v, open - 1) != '{' && rd_at(v, open - 1) != '}' &&
           rd_at(v, open - 1) != 0)
        open--;
    if (rd_at(v, open - 1) != '{')
        return RD_KEY_NONE;
    for (open--; i - open < 2 * MAX_NAME_LOOK && !rd_is(rd_at(v, open - 1), RD_C_WORD); open--) {
        if (rd_at(v, open - 1) == '}' || rd_at(v, open - 1) == ',' || rd_at(v, open - 1) == 0)
            return RD_KEY_NONE;
    }
    rd_key_class cls = rd_key_class_of(f->keys, v, open);
    return cls == RD_KEY_WHO || cls == RD_KEY_NAME || cls == RD_KEY_GIVEN ? cls : RD_KEY_NONE;
}

/* BDAY;VALUE=DATE:1970-01-31, of vCard (RFC 6350, 5.2): `i` is at the key "value". */
static rd_key_class class_of_property(const rd_find *f, uint32_t i)
{
    rd_key_class cls = rd_key_class_of(f->keys, &f->v, i - 1);
    return cls == RD_KEY_BIRTH ? cls : RD_KEY_NONE;
}

/* {"key":{"query":"x"}} of Elasticsearch, {"equals":"x"} of Prisma, {"S":"x"} of DynamoDB: does such a word
 * start at `i`? */
static bool is_operator(const rd_view *v, uint32_t i)
{
    uint32_t end = rd_skip(v, i, i + MAX_NAME_GAP, RD_C_ALPHA);
    return rd_word_in(v, i, end, "query equals contains startswith s");
}

/* Is the field at [from, to) the word for the value of a pair, as it stands above a column? */
static bool is_value_head(const rd_view *v, uint32_t from, uint32_t to)
{
    return rd_word_in(v, from, to, "value val content");
}

/* {"key":"password","value":"x"}, <add key="Password" value="x"/>, `name: PASSWORD` and `value: x` on the
 * next line: the class of the word before the key `value` that starts at `i`. */
static rd_key_class class_of_name(const rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    rd_key_class cls = RD_KEY_VALUE;
    if (rd_spells_nocase(v, i, "text"))
        return class_of_text(f, i);
    if (rd_at(v, i - 1) == ';' && rd_spells(v, i, "VALUE="))
        return class_of_property(f, i);
    if (is_operator(v, i) && rd_at(v, i - 1 - (rd_at(v, i - 1) == '"')) != '{')
        return RD_KEY_NONE;
    i -= rd_spells(v, i - 10, " rejected ") ? 9 : 0; /* field=key rejected value=[x] */
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

/* cn=login,ou=people, account_name=login: keys that as often name a thing. */
static bool names_account(const rd_view *v, uint32_t key)
{
    return rd_spells_nocase(v, key - 2, "cn") || rd_spells_nocase(v, key - 12, "account_name");
}

/* query Find($first: Int, $user: UserInput!): a variable of GraphQL, which stands before its type. */
static bool declares_variable(const rd_view *v, uint32_t key, uint32_t i)
{
    uint32_t from = i + (rd_at(v, i) == ' '), dollar = key;
    from += rd_at(v, from) == '[';
    if (rd_at(v, i - 1) != ':' || !rd_is(rd_at(v, from), RD_C_UPPER))
        return false;
    while (key - dollar < MAX_NAME_LOOK &&
           (rd_is(rd_at(v, dollar - 1), RD_C_ALNUM) || rd_at(v, dollar - 1) == '_'))
        dollar--;
    if (rd_at(v, --dollar) != '$')
        return false;
    uint32_t end = rd_skip(v, from, from + MAX_NAME_LOOK, RD_C_RUN);
    while (rd_at(v, end) == '!' || rd_at(v, end) == ']')
        end++;
    uint8_t behind = rd_at(v, end + (rd_at(v, end) == ' '));
    if (behind != ')' && behind != ',' && behind != '$' && behind != '=' && behind != '@')
        return false;
    uint32_t open = dollar;
    while (dollar - open < MAX_DECLARATION && rd_at(v, open) >= ' ' && rd_at(v, open) != '(')
        open--;
    uint32_t name = rd_skip_back(v, open, MAX_NAME_LOOK, RD_C_RUN),
             word = rd_skip_back(v, name - 1, MAX_NAME_GAP, RD_C_LOWER);
    return rd_at(v, open) == '(' && (rd_word_in(v, word, name - 1, "query mutation subscription") ||
                                     rd_word_in(v, name, open, "query mutation subscription"));
}

/* {{ .Values.password | quote }}: what stands behind the bar is a function. */
static bool in_template(const rd_view *v, uint32_t key)
{
    for (uint32_t i = key; key - i < MAX_NAME_LOOK && rd_at(v, i - 1) >= ' ' && rd_at(v, i - 1) != '}'; i--) {
        if (rd_at(v, i - 1) == '{' && rd_at(v, i - 2) == '{')
            return true;
    }
    return false;
}

/* arn:aws:secretsmanager:region:123456789012:secret:name */
static bool is_part_of_arn(const rd_view *v, uint32_t key)
{
    return rd_spells(v, key - 7, ":secret:") && rd_skip_back(v, key - 7, 12, RD_C_DIGIT) == key - 19;
}

/* event_name=page_view screen_name=ProductList: analytics, where screens are classes of a program. */
static bool is_screen(const rd_view *v, uint32_t key, uint32_t i)
{
    if (!rd_spells(v, key - 11, "screen_name") ||
        !rd_key_is_class_name(v, rd_skip(v, i, i + MAX_NAME_LOOK, RD_C_ALNUM)))
        return false;
    for (uint32_t k = key - 11; key - k < MAX_NAME_LOOK && rd_at(v, k) >= ' '; k--) {
        if (rd_spells(v, k, "event_name="))
            return true;
    }
    return false;
}

/* Does what the key says not go for the value at `i`? */
static bool is_other(const rd_view *v, rd_key_class cls, uint32_t key, uint32_t i)
{
    return declares_variable(v, key, i) || (cls == RD_KEY_SECRET && is_part_of_arn(v, key)) ||
           (cls == RD_KEY_LOGIN && is_screen(v, key, i));
}

/* Of most keys that can mean a person the value is the name of a thing: small letters, and more of them than
 * a particle has, or not those that a particle begins with. No words with capitals can start there. */
static bool is_a_thing(const rd_view *v, uint32_t i, uint32_t key)
{
    uint8_t c = rd_at(v, i);
    uint32_t from = i + (c == ' ' || c == '"'), to = rd_skip(v, from, from + 4, RD_C_LOWER);
    bool login = names_account(v, key) || rd_spells(v, key - 12, "Account Name");
    if (to - from == 4 && from == i)
        return !login;
    bool prefix = c == ' ' && (rd_value_has_type(v, from) || rd_spells(v, i, REJECTED_VALUE));
    return !login && !prefix && (to - from == 4 || (to - from >= 2 && !rd_may_be_particle(rd_at(v, from))));
}

/* Of most keys that can mean something secret it is a status or a count: it begins with a digit, and is
 * shorter than what such a key hides. Only before bytes that end every value. */
static bool is_a_number(const rd_view *v, uint32_t i, uint32_t shortest)
{
    uint32_t from = i + (rd_at(v, i) == ' '), to = rd_skip(v, from, from + shortest, RD_C_RUN);
    uint8_t c = rd_at(v, to), next = rd_at(v, to + 1);
    bool ends = c <= ' ' || c == '"' || ((c == ',' || c == '}') && (next <= ' ' || next == '"'));
    return rd_is(rd_at(v, from), RD_C_DIGIT) && to - from < shortest && ends;
}

/* Do the first bytes of the value at `i` tell that nothing of it is to be hidden? It need not be read then.
 */
static bool is_ordinary(const rd_find *f, rd_key_class cls, uint32_t i, uint32_t key)
{
    static const uint8_t shortest[] = {[RD_KEY_TOKEN] = 8, [RD_KEY_LONG] = 40, [RD_KEY_SESSION] = 16};
    if (f->refused != NULL)
        return false; /* who asks is told why not */
    if (cls == RD_KEY_WHO)
        return is_a_thing(&f->v, i, key);
    return cls < sizeof shortest && shortest[cls] != 0 && is_a_number(&f->v, i, shortest[cls]);
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

/* Vorname: Anna, Name: ...; Anrede: Frau, Name: ...: the key that starts at `i` has a part of a name before
 * it. */
static bool part_before(const rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    for (uint32_t end = i; i - end < MAX_NAME_GAP && rd_at(v, end - 1) != 0; end--) {
        uint8_t c = rd_at(v, end - 1);
        if (c == ':' || c == '=')
            return rd_key_class_of(f->keys, v, end - 1) == RD_KEY_NAME ||
                   rd_word_in(v, word_start(v, end - 1), end - 1, "anrede salutation");
    }
    return false;
}

/* Name: Huber, Vorname: Anna: the family name alone, of which the value ends at `i`. */
static bool has_first_name(const rd_find *f, uint32_t key, uint32_t i)
{
    const rd_view *v = &f->v;
    if (!rd_spells_nocase(v, key - 4, "name") || rd_is(rd_at(v, key - 5), RD_C_WORD))
        return false;
    if (part_before(f, key - 4))
        return true;
    while (rd_at(v, i) == ',' || rd_at(v, i) == ';' || rd_at(v, i) == '&' || rd_at(v, i) == '|')
        i++;
    i = rd_skip(v, i, i + MAX_GAP, RD_C_SPACE);
    uint32_t end = rd_skip(v, i, i + MAX_NAME_GAP, RD_C_RUN | RD_C_UTF8);
    uint32_t value = end + 1 + (rd_at(v, end + 1) == ' ');
    return (rd_at(v, end) == ':' || rd_at(v, end) == '=') && rd_is(rd_at(v, value), RD_C_WORD) &&
           rd_key_class_of(f->keys, v, end) == RD_KEY_NAME;
}

static __attribute__((noinline)) void judge_at(rd_find *f, rd_key_class cls, uint32_t i, uint32_t key)
{
    rd_value value;
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
    if (cls == RD_KEY_WHO && !value.quoted && has_first_name(f, key, value.to))
        cls = RD_KEY_GIVEN;
    if (cls == RD_KEY_WHO && names_account(&f->v, key) && rd_login_of_person(&f->v, value.from, value.to))
        cls = RD_KEY_LOGIN;
    bool emitted = rd_value_judge(f, cls, value);
    if (emitted && value.quoted &&
        (rd_spells(&f->v, value.to + 1, " -> \"") || rd_spells(&f->v, value.to + 1, " => \"")))
        judge_next(f, cls, value.to + 5); /* from old to new, of Terraform */
    if (value.quoted && (rd_at(&f->v, value.from - 2) == '[' || rd_spells(&f->v, value.from - 3, "[\\")))
        rest_of_list(f, cls, value.to);
    /* What stays may be a text with keys of its own. Long ones without quotes are read again only every so
     * many bytes, so that the work stays linear; the next such quote ends a quoted one. What goes may yet end
     * with the key of what stands behind it. */
    uint8_t last = rd_at(&f->v, value.to - 1), sign = rd_at(&f->v, value.to + 1);
    bool ends_key =
        last == ':' || last == '=' || (rd_at(&f->v, value.to) == ' ' && (sign == ':' || sign == '='));
    uint32_t resume = emitted ? value.to - (ends_key ? KEY_AND_SIGN : 0)
                      : !value.quoted && value.to - value.from > LONG_VALUE ? value.from + LONG_VALUE / 4
                                                                            : f->resume;
    if (resume > f->resume && !nested)
        f->resume = resume;
}

/* <label for="key">: what follows is the name of a field. */
static bool is_label(const rd_view *v, uint32_t at)
{
    uint32_t i = at;
    while (at - i < MAX_TAG && rd_at(v, i) != '<' && rd_at(v, i) != 0)
        i--;
    return rd_spells_nocase(v, i, "<label ");
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
    if (!closes_tag(v, at) || is_label(v, at))
        return;
    rd_value value = rd_value_until(v, inner_value(v, at) + 1, '<');
    if (cls == RD_KEY_WHO && (rd_spells_nocase(v, value.to, "</name><vorname>") ||
                              rd_spells_nocase(v, at - 15, "</vorname><name>")))
        cls = RD_KEY_GIVEN; /* the family name alone */
    if (value.from < value.to && rd_at(v, value.to) != 0 && rd_value_judge(f, cls, value))
        f->resume = value.to;
}

/* Is the string at [from, to) the name of a column? */
static bool is_column(const rd_find *f, uint32_t from, uint32_t to)
{
    static const char *const words[] = {
        "active",    "age",        "amount",   "city",  "code",       "comment",     "count",      "country",
        "created",   "created_at", "currency", "date",  "deleted_at", "description", "email",      "enabled",
        "gender",    "group",      "groups",   "id",    "image",      "job",         "key",        "lang",
        "language",  "locale",     "location", "name",  "notes",      "number",      "phone",      "price",
        "quantity",  "role",       "roles",    "state", "status",     "street",      "tags",       "time",
        "timestamp", "timezone",   "title",    "total", "type",       "updated",     "updated_at", "url",
        "uuid",      "version",    "zip"};
    const rd_view *v = &f->v;
    uint32_t end = from;
    while (end < to && (rd_is(rd_at(v, end), RD_C_LOWER | RD_C_DIGIT) || rd_at(v, end) == '_'))
        end++;
    if (end < to || from == to)
        return false;
    return RD_LISTED(v, from, to, words) || rd_spells(v, to - 3, "_id") || rd_spells(v, to - 3, "_at") ||
           rd_key_class_of(f->keys, v, to) != RD_KEY_NONE;
}

/* Are all strings of the list at `open` names of columns? Another among them may be a value. */
static bool are_columns(const rd_find *f, uint32_t open)
{
    const rd_view *v = &f->v;
    uint32_t i = rd_skip(v, open + 1, open + 1 + MAX_NAME_GAP, RD_C_SPACE);
    while (i - open < 2 * MAX_TAG) {
        uint8_t quote = rd_at(v, i);
        uint32_t end = i + 1;
        while (end - i < MAX_NAME_LOOK && (rd_is(rd_at(v, end), RD_C_ALNUM) || rd_at(v, end) == '_'))
            end++;
        if ((quote != '"' && quote != '\'') || rd_at(v, end) != quote || !is_column(f, i + 1, end))
            return false;
        i = rd_skip(v, end + 1, end + 1 + MAX_NAME_GAP, RD_C_SPACE);
        if (rd_at(v, i) == ']')
            return true;
        if (rd_at(v, i) != ',')
            return false;
        i = rd_skip(v, i + 1, i + 1 + MAX_NAME_GAP, RD_C_SPACE);
    }
    return false;
}

/* Is the quote at `i` in a list of columns, whose name says that, too? */
static bool in_list_of_columns(const rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    uint32_t open = i;
    while (i - open < MAX_TAG &&
           (rd_is(rd_at(v, open), RD_C_WORD | RD_C_SPACE | RD_C_RUN) || rd_at(v, open) == '_' ||
            rd_at(v, open) == ',' || rd_at(v, open) == '"' || rd_at(v, open) == '\''))
        open--;
    uint32_t end = open;
    while (open - end < MAX_GAP && !rd_is(rd_at(v, end - 1), RD_C_WORD))
        end--;
    return rd_at(v, open) == '[' &&
           rd_word_in(
               v, word_start(v, end), end,
               "columns cols fields attributes headers keys required select properties params names include "
               "exclude hidden fillable guarded returning") &&
           are_columns(f, open);
}

/* columns: ["first_name", "last_name", "email"]: is the string that ends at `at` in such a list? */
static bool follows_key(const rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t open = at;
    while (at - open < MAX_NAME_LOOK && (rd_is(rd_at(v, open - 1), RD_C_WORD) || rd_at(v, open - 1) == '_'))
        open--;
    uint8_t quote = rd_at(v, open - 1);
    uint32_t before = rd_skip_back(v, open - 1, MAX_GAP, RD_C_SPACE);
    return (quote == '"' || quote == '\'') && rd_at(v, before - 1) == ',' && rd_at(v, before - 2) == quote &&
           rd_key_class_of(f->keys, v, before - 2) != RD_KEY_NONE && in_list_of_columns(f, before - 2);
}

/* f("KEY", "value"), f( 'KEY', 'value' ): `at` is the quote behind the key. */
static void argument(rd_find *f, uint32_t at, rd_key_class cls)
{
    const rd_view *v = &f->v;
    if (follows_key(f, at))
        return;
    uint32_t next = rd_skip(v, at + 2, at + 2 + MAX_NAME_GAP, RD_C_SPACE);
    uint8_t mark = rd_at(v, next);
    rd_value value;
    if ((mark != '"' && mark != '\'') || !rd_value_read(v, next, rd_value_max(cls), &value))
        return;
    uint8_t behind = rd_at(v, value.to + 1);
    if (behind == ',') { /* f("KEY", "value", 3): a number or a word is left */
        uint32_t third = rd_skip(v, value.to + 2, value.to + 2 + MAX_NAME_GAP, RD_C_SPACE);
        behind = rd_at(v, rd_skip(v, third, third + MAX_NAME_GAP, RD_C_WORD));
    }
    if (behind == ')' && rd_spells_nocase(v, value.to + 2, " values"))
        return; /* INSERT INTO t ("a", "b") VALUES */
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
    if (rd_at(v, i - 1) == ' ' && rd_spells(v, i, RD_ARROW " "))
        return i + 3;
    if (rd_at(v, i - 1) == ' ' && rd_spells(v, i, "| ") && !in_template(v, end))
        i = rd_skip(v, i + 1, i + RD_MAX_ALIGNED, RD_C_SPACE);
    else if (rd_at(v, end) != '\t')
        return 0;
    uint32_t to = i, upper = rd_skip(v, i, i + MAX_NAME_LOOK, RD_C_UPPER);
    while (to - i < MAX_NAME_LOOK && rd_at(v, to) > ' ' && rd_at(v, to) != '|')
        to++;
    if (rd_at(v, to) == '\n' || (rd_at(v, to) == '\t' && rd_skip(v, i, to, RD_C_ALPHA) == to))
        to = rd_skip(v, i, to, RD_C_LOWER) == to && rd_at(v, end) == '\t' && row_before(v, end) ? i : to;
    if (to == i)
        return 0;
    rd_key_class next = rd_key_class_of(f->keys, v, to);
    bool names = next == RD_KEY_VALUE ? is_value_head(v, i, to) : next != RD_KEY_NONE;
    return names || (cls >= RD_KEY_NAME && upper == to) ? 0 : i - 1;
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

/* DATE:1970-01-31, date-and-or-time:19700131 */
static uint32_t behind_kind(const rd_view *v, uint32_t i)
{
    uint32_t end = rd_skip(v, i, i + MAX_NAME_GAP, RD_C_ALPHA | RD_C_RUN);
    return rd_at(v, end) == ':' ? end + 1 : i;
}

/* ["key":protected]=> and [key:Class:private] => of PHP: behind the arrow. `i` itself when it is no such. */
static uint32_t behind_visibility(const rd_view *v, uint32_t i)
{
    uint32_t k = i, end;
    if (rd_at(v, i - 1) != ':' ||
        (rd_at(v, i) != 'p' && rd_at(v, i) != '"' && !rd_is(rd_at(v, i), RD_C_UPPER)))
        return i;
    k += rd_at(v, k) == '"';
    for (end = k; end - k < MAX_NAME_LOOK &&
                  (rd_is(rd_at(v, end), RD_C_ALNUM) || rd_at(v, end) == '\\' || rd_at(v, end) == '_');)
        end++;
    if (rd_at(v, end) == '"' || rd_at(v, end) == ':')
        k = end + 1 + (rd_at(v, end) == '"');
    if (!rd_spells(v, k, "protected]") && !rd_spells(v, k, "private]"))
        return i;
    k += rd_at(v, k + 1) == 'r' && rd_at(v, k + 2) == 'o' ? 10 : 8;
    k += rd_at(v, k) == ' ';
    return rd_spells(v, k, "=>") ? k + 2 : i;
}

/* |Anna Kim|SSN:...: the field before one that only people have, in a record with bars. `key` ends that. */
static void field_before(rd_find *f, rd_key_class cls, uint32_t key)
{
    const rd_view *v = &f->v;
    uint32_t to = word_start(v, key) - 1, from = to;
    if ((cls != RD_KEY_SSN && cls != RD_KEY_BIRTH) || rd_at(v, to) != '|')
        return;
    while (to - from < MAX_NAME_LOOK && rd_at(v, from - 1) >= ' ' && rd_at(v, from - 1) != '|')
        from--;
    if (rd_at(v, from - 1) == '|' && from < to)
        rd_value_judge(f, RD_KEY_WHO, (rd_value){.from = from, .to = to, .quoted = true});
}

/* The key that ends at `end` has its value at `behind`. */
static void pair(rd_find *f, uint32_t end, rd_key_class cls, uint32_t behind)
{
    if (cls == RD_KEY_VALUE)
        cls = class_of_name(f, word_start(&f->v, end));
    if (cls == RD_KEY_BIRTH && rd_spells_nocase(&f->v, behind, "date"))
        behind = behind_kind(&f->v, behind);
    uint32_t bound = behind + (rd_at(&f->v, behind) == ' ');
    if (cls != RD_KEY_NONE && rd_at(&f->v, bound) == '$' && rd_is(rd_at(&f->v, bound + 1), RD_C_DIGIT))
        rd_sql_parameter(f, cls, bound);
    if (rd_spells(&f->v, bound, "\"\" => \"") || rd_spells(&f->v, bound, "\"\" -> \""))
        behind = bound + 6; /* from nothing to something, of Terraform */
    behind = behind_visibility(&f->v, behind);
    field_before(f, cls, end);
    if (cls != RD_KEY_NONE && !is_ordinary(f, cls, behind, end) && !is_other(&f->v, cls, end, behind))
        judge_at(f, cls, behind, end);
}

/* What follows the key that ends at `end`, in whatever notation. */
static __attribute__((noinline)) void after_key(rd_find *f, uint32_t end, rd_key_class cls)
{
    const rd_view *v = &f->v;
    uint8_t c = rd_at(v, end);
    if (c == ']' && !rd_separator_bracket_opens(v, end))
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
    if (c == '|') {
        judge_next(f, cls, end + 1); /* this.key|"value", of Apex */
        return;
    }
    uint32_t separator = rd_separator_start(v, end);
    if (rd_at(v, separator) == ',' && separator > end) {
        argument(f, end, cls);
        return;
    }
    if (rd_at(v, separator) == '>' && rd_at(v, separator - 1) != ' ') {
        element(f, cls, separator);
        return;
    }
    uint32_t behind = rd_separator_end(v, separator);
    if (behind == 0)
        behind = column_value(f, cls, end, separator);
    if (behind != 0)
        pair(f, end, cls, behind);
}

static void confirm(rd_find *f, uint32_t at)
{
    uint32_t end = rd_separator_key_end(&f->v, at);
    rd_key_class cls = rd_class_memo_ask(f->classes, f->keys, &f->v, end);
    if (cls == RD_KEY_NONE)
        return;
    uint32_t behind = rd_separator_plain_end(&f->v, end);
    if (behind != 0)
        pair(f, end, cls, behind);
    else
        after_key(f, end, cls);
}

static const rd_window windows[] = {
    {"\\e =", false},   {"\\e : ", false},        {"\\w :\\c", false},     {RD_FULL_WIDTH_COLON, false},
    {"\\w | ", false},  {"\\w ->", false},        {"\\w \xe2\x86", false},

    {"\\a\\d=", false}, {"\\a\\d\":", false},     {"\\a\\d: ", false},     {"_\\d=", false},
    {"pw\\v", true},    {"\\a\\a\\a|\\q", false}, {"{\\qS\\q", false},     {"cn=", true},
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
