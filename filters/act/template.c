/* SPDX-License-Identifier: MIT */
#include "filters/act/template.h"

#include <stdlib.h>
#include <string.h>

static const char *const length_words[RD_LENGTH_CLASSES] = {"short", "medium", "long", "huge"};

unsigned rd_length_class(size_t n)
{
    return n <= 8 ? 0 : n <= 16 ? 1 : n <= 64 ? 2 : 3;
}

/* Length of the word in braces at `s`, 0: there is none. */
static size_t word_at(const char *s)
{
    if (*s != '{')
        return 0;
    size_t n = strspn(s + 1, "abcdefghijklmnopqrstuvwxyz_");
    return s[n + 1] == '}' ? n : 0;
}

static bool is_word(const char *s, size_t n, const char *word)
{
    return n == strlen(word) && memcmp(s + 1, word, n) == 0;
}

/* What the word at `s` stands for; NULL: it is no word of ours. */
static const char *meaning(const char *s, size_t n, const rd_template_values *v, unsigned length_class)
{
    if (is_word(s, n, "rule"))
        return v->rule;
    if (is_word(s, n, "detector"))
        return v->detector;
    return is_word(s, n, "length") ? length_words[length_class] : NULL;
}

const char *rd_template_why(const char *text)
{
    static const rd_template_values any = {"", ""};
    for (const char *s = text; *s != '\0'; s++) {
        size_t n = word_at(s);
        if (n > 0 && meaning(s, n, &any, 0) == NULL)
            return "has a word in braces that is not {rule}, {detector} or {length}";
    }
    return NULL;
}

bool rd_template_has_length(const char *text)
{
    return strstr(text, "{length}") != NULL;
}

/* Writes to `out` if that is not NULL; the length of the result. */
static size_t expand(const char *text, const rd_template_values *v, unsigned length_class, char *out)
{
    size_t total = 0;
    while (*text != '\0') {
        size_t n = word_at(text);
        const char *put = n > 0 ? meaning(text, n, v, length_class) : NULL;
        size_t len = put != NULL ? strlen(put) : 1;
        if (out != NULL)
            memcpy(out + total, put != NULL ? put : text, len);
        total += len;
        text += put != NULL ? n + 2 : 1;
    }
    return total;
}

char *rd_template_expand(const char *text, const rd_template_values *v, unsigned length_class)
{
    size_t n = expand(text, v, length_class, NULL);
    char *out = malloc(n + 1);
    if (out == NULL)
        return NULL;
    expand(text, v, length_class, out);
    out[n] = '\0';
    return out;
}
