/* SPDX-License-Identifier: MIT */
#include "tests/upstream/fault_plan.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tests/upstream/script.h"

typedef struct word {
    const char *word;
    int value;
} word;

static const word listens[] = {
    {"on", FAULT_LISTEN_ON}, {"off", FAULT_LISTEN_OFF}, {"full", FAULT_LISTEN_FULL}, {0}};
static const word drops[] = {
    {"close", FAULT_DROP_CLOSE}, {"reset", FAULT_DROP_RESET}, {"no", FAULT_DROP_NO}, {0}};
static const word accept_acts[] = {{"close", FAULT_CLOSE}, {"reset", FAULT_RESET}, {"hang", FAULT_HANG}, {0}};
static const word acts[] = {{"close", FAULT_CLOSE},           {"reset", FAULT_RESET},
                            {"half_close", FAULT_HALF_CLOSE}, {"hang", FAULT_HANG},
                            {"answer", FAULT_ANSWER},         {0}};

/* `at` is the place of a field whose type `kind` tells; a WORD is one of `words`. */
typedef struct member {
    const char *name;
    const word *words;
    size_t at;
    enum { WORD, SIZE, LONG, BYTES } kind;
} member;

#define AT(field) offsetof(fault_plan, field)
static const member members[] = {
    {"listen", listens, AT(listen), WORD},
    {"drop", drops, AT(drop), WORD},
    {"accept_delay_ms", NULL, AT(accept_delay_ms), LONG},
    {"on_accept", accept_acts, AT(on_accept), WORD},
    {"greeting", NULL, AT(greeting), BYTES},
    {"request_at", NULL, AT(request_at), SIZE},
    {"request_do", acts, AT(request_do), WORD},
    {"request_piece", NULL, AT(request_piece), SIZE},
    {"request_piece_ms", NULL, AT(request_piece_ms), LONG},
    {"answer", NULL, AT(answer), BYTES},
    {"repeat", NULL, AT(repeat), BYTES},
    {"repeat_times", NULL, AT(repeat_times), LONG},
    {"delay_ms", NULL, AT(delay_ms), LONG},
    {"jitter_ms", NULL, AT(jitter_ms), LONG},
    {"piece", NULL, AT(piece), SIZE},
    {"piece_ms", NULL, AT(piece_ms), LONG},
    {"answer_at", NULL, AT(answer_at), SIZE},
    {"answer_do", acts, AT(answer_do), WORD},
    {"times", NULL, AT(times), LONG},
};

static const member *find(const char *name)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        size_t n = strlen(members[i].name);
        bool hex = members[i].kind == BYTES && strncmp(name, members[i].name, n) == 0 &&
                   strcmp(name + n, "_hex") == 0;
        if (hex || strcmp(members[i].name, name) == 0)
            return &members[i];
    }
    return NULL;
}

static bool set_word(const word *words, const char *text, void *field)
{
    for (; text != NULL && words->word != NULL; words++) {
        if (strcmp(words->word, text) == 0) {
            memcpy(field, &words->value, sizeof words->value); /* an enum has the size of an int here */
            return true;
        }
    }
    return false;
}

static bool set(fault_plan *plan, const member *m, const json_t *root, const json_t *value)
{
    void *field = (char *)plan + m->at;
    json_int_t i = json_integer_value(value);
    if (m->kind == WORD)
        return set_word(m->words, json_string_value(value), field);
    if (m->kind == BYTES) {
        fault_bytes *b = field;
        free(b->p);
        b->p = up_rule_bytes(root, m->name, &b->n);
        return json_is_string(value) && b->p != NULL;
    }
    if (!json_is_integer(value) || i < 0)
        return false;
    if (m->kind == SIZE)
        *(size_t *)field = (size_t)i;
    else
        *(long *)field = (long)i;
    return true;
}

fault_plan *fault_plan_new(const unsigned char *text, size_t n, const char **out_why)
{
    _Static_assert(sizeof(fault_act) == sizeof(int) && sizeof(fault_listen) == sizeof(int), "set_word");
    json_error_t ignored;
    json_t *root = json_loadb((const char *)text, n, JSON_ALLOW_NUL, &ignored), *value;
    const char *name;
    fault_plan *plan = calloc(1, sizeof *plan);
    *out_why = json_is_object(root) ? NULL : "not an object";
    plan->times = plan->repeat_times = -1;
    json_object_foreach(root, name, value)
    {
        const member *m = find(name);
        if (m == NULL || !set(plan, m, root, value))
            *out_why = "a member that is unknown or has a wrong value";
    }
    if (*out_why == NULL && plan->request_do != FAULT_GO_ON && plan->request_at == 0)
        *out_why = "request_do without request_at";
    json_decref(root);
    return *out_why == NULL ? plan : NULL; /* a plan that is none is not worth a free either */
}
