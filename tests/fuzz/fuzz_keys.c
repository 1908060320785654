/* SPDX-License-Identifier: MIT */
/* A key set against a model: normalise every dotted tail and look it up one by one. Lines of the input are
 * keys. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "filters/detect/keys.h"

static const rd_keyset_entry entries[] = {{"user_id", 1}, {"token", 2}, {"X-API-Key", 3},
                                          {"q", 4},       {"a.b", 5},   {"ip", 6}};
enum { N = sizeof entries / sizeof entries[0] };
static rd_keyset *set;

static size_t normalise(const uint8_t *p, size_t n, uint8_t *out)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = p[i];
        if (c == '_' || c == '-' || c == '.' || c == ' ')
            continue;
        out[len++] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
    }
    return len;
}

static int model(const uint8_t *key, size_t n)
{
    uint8_t *form = malloc(n + 1), name[64];
    int found = -1;
    for (size_t from = n; found < 0; from--) {
        if (from == 0 || key[from - 1] == '.') {
            size_t len = normalise(key + from, n - from, form);
            for (unsigned e = 0; e < N && found < 0 && len > 0; e++) {
                size_t want = normalise((const uint8_t *)entries[e].name, strlen(entries[e].name), name);
                if (want == len && memcmp(form, name, len) == 0)
                    found = entries[e].value;
            }
        }
        if (from == 0)
            break;
    }
    free(form);
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (set == NULL)
        set = rd_keyset_build(entries, N);
    if (set == NULL)
        abort();
    for (size_t from = 0; from <= size;) {
        const uint8_t *end = from < size ? memchr(data + from, '\n', size - from) : NULL;
        size_t n = (end != NULL ? (size_t)(end - data) : size) - from;
        uint16_t value = 0;
        bool found = rd_keyset_find(set, rd_slice_of(data + from, n), &value);
        int want = n > 0 ? model(data + from, n) : -1;
        if (found != (want >= 0) || (found && value != want))
            abort();
        /* Inside text a key ends where a space stands; what is before it must not matter. */
        const uint8_t *last = n > 0 && memchr(data + from, ' ', n) == NULL ? data + from + n : NULL;
        uint32_t looked, again;
        bool may_end = last != NULL && rd_keyset_may_end(set, data, last, &looked);
        if (found && last != NULL && !may_end)
            abort();
        /* Nor what it did not look at. */
        if (last != NULL && looked <= (size_t)(last - data) &&
            (rd_keyset_may_end(set, last - looked, last, &again) != may_end || again != looked))
            abort();
        from += n + 1;
    }
    return 0;
}
