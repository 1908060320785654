/* SPDX-License-Identifier: MIT */
/* The reference of all keys, as a Markdown table made from the key table. */
#include "gateway/config_keys.h"

#include <string.h>

static const char *words_text(const gw_word *words, gw_mem *mem)
{
    const char *list = "";
    for (const gw_word *w = words; w->word != NULL; w++)
        list = gw_mem_format(mem, "%s%s`%s`", list, *list != '\0' ? ", " : "", w->word);
    return list;
}

static bool is_number(const gw_key *k)
{
    return k->type->word == NULL && k->words == NULL && k->section == NULL;
}

static const char *type_text(const gw_key *k, gw_mem *mem)
{
    static const char *const numbers[] = {[GW_UNIT_NONE] = "number",
                                          [GW_UNIT_MS] = "duration",
                                          [GW_UNIT_SECONDS] = "duration",
                                          [GW_UNIT_BYTES] = "size"};
    if (k->section != NULL)
        return k->type == &gw_type_map ? "map of name to section"
               : k->count_offset != 0  ? "list of sections"
                                       : "section";
    if (k->type->word == NULL && k->words != NULL)
        return gw_mem_format(mem, "%s%s", k->type->present == gw_present_u64 ? "list of " : "",
                             words_text(k->words, mem));
    if (is_number(k))
        return gw_mem_format(mem, "%s, %s to %s", numbers[k->unit], gw_write_number(k->min, k->unit, mem),
                             gw_write_number(k->max, k->unit, mem));
    if (k->words != NULL && strcmp(k->type->word, "text") == 0)
        return words_text(k->words, mem);
    return k->flags & GW_KEY_PATH ? "file name" : k->type->word;
}

static const char *default_text(const gw_key *k, gw_mem *mem)
{
    if (k->flags & GW_KEY_REQUIRED)
        return "required";
    if (k->doc_default != NULL)
        return k->doc_default;
    return k->def != NULL ? gw_mem_format(mem, "`%s`", k->def) : "";
}

static void print_section(FILE *to, const gw_section *s, const char *prefix, gw_mem *mem)
{
    for (const gw_key *k = s->keys; k->name != NULL; k++) {
        const char *path = gw_mem_format(mem, "%s%s", prefix, k->name);
        fprintf(to, "| `%s` | %s | %s | %s%s |\n", path, type_text(k, mem), default_text(k, mem), k->doc,
                k->flags & GW_KEY_SECRET ? " Masked in dumps and messages." : "");
        const char *below = k->type == &gw_type_map ? ".NAME." : k->count_offset != 0 ? "[]." : ".";
        if (k->section != NULL)
            print_section(to, k->section, gw_mem_format(mem, "%s%s", path, below), mem);
    }
}

void gw_config_reference(FILE *to)
{
    gw_mem mem = {0};
    fputs("| Key | Type | Default | Meaning |\n|---|---|---|---|\n", to);
    print_section(to, &gw_root_section, "", &mem);
    gw_mem_release(&mem);
}
