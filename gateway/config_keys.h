/* SPDX-License-Identifier: MIT */
/*
 * The table of all configuration keys: one row per key, from which parsing, range checks, defaults, the dump,
 * the reference and the masking of secrets are made.
 *
 *    section (struct) ── rows ──► type (set, present, print) on a field of the struct
 *                          └────► section of a nested struct
 *
 * The type of a row is chosen by C11 _Generic from the struct field it fills, so row and field cannot
 * disagree (macros in config_row.h). Everything is const.
 */
#ifndef GW_CONFIG_KEYS_H
#define GW_CONFIG_KEYS_H

#include "gateway/config_load.h"
#include "gateway/config_scan.h"

typedef struct gw_printer gw_printer;

typedef struct gw_word {
    const char *word; /* NULL ends a list */
    uint64_t value;   /* of an enum, or the bit of a set */
} gw_word;

/* What a key holds. `set` reports what is wrong and then leaves the field as it is. */
typedef struct gw_type {
    void (*set)(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base);
    bool (*present)(const gw_key *k, const void *base); /* is there anything to print? */
    void (*print)(gw_printer *p, const gw_key *k, const void *base);
    const char *word; /* for the reference; NULL: made from unit, words or section */
} gw_type;

enum {
    GW_KEY_REQUIRED = 1 << 0,
    GW_KEY_SECRET = 1 << 1,  /* masked in the dump, never shown in diagnostics, {file:} must be private */
    GW_KEY_PATH = 1 << 2,    /* file name, relative to the configuration's directory */
    GW_KEY_READ = 1 << 3,    /* ... of a file that must be there and readable */
    GW_KEY_PRIVATE = 1 << 4, /* ... and not readable by everyone */
};

struct gw_key {
    const char *name; /* NULL ends a table */
    const gw_type *type;
    size_t offset, count_offset, presence_offset; /* in the section's struct; 0: none (for the latter two) */
    const gw_section *section;                    /* of nested structs */
    const gw_word *words;
    gw_form *form;     /* of text, or of the keys of a map */
    const char *def;   /* default as it would stand in the file, NULL: none */
    uint64_t min, max; /* of numbers; of the length of text (max 0: GW_TEXT_MAX) and lists */
    gw_unit unit;
    unsigned flags;
    const char *doc;
    const char *doc_default; /* when the default is computed */
};

struct gw_section {
    const gw_key *keys;
    size_t size; /* of the struct */
};

enum { GW_TEXT_MAX = 1024 };

extern const gw_section gw_root_section, gw_rule_section, gw_workspace_section, gw_workspaces_file_section;
extern const gw_type gw_type_map; /* name -> section */

/* Is the word the name of any key? */
bool gw_is_key(const char *word, size_t n);

/* config_types.c */
void gw_set_text(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base);
void gw_set_bool(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base);
void gw_set_u32(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base);
void gw_set_u64(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base);
void gw_set_date(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base);
void gw_set_texts(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base);
void gw_set_address(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base);
void gw_set_redis_address(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base);
void gw_set_endpoints(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base);
void gw_set_labels(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base);
void gw_set_headers(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base);
void gw_set_action(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base);
/* config_sections.c */
void gw_set_section(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base);
void gw_set_list(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base);
void gw_set_items(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base);
void gw_set_map(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base);
/* config_rules.c */
void gw_set_rules(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base);
void gw_set_workspace_rules(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base);

/* config_dump.c */
bool gw_present_always(const gw_key *k, const void *base);
bool gw_present_false(const gw_key *k, const void *base);  /* of a bool that is true by default */
bool gw_present_budget(const gw_key *k, const void *base); /* of a rule with a pattern */
bool gw_present_text(const gw_key *k, const void *base);
bool gw_present_u64(const gw_key *k, const void *base);
bool gw_present_date(const gw_key *k, const void *base);
bool gw_present_list(const gw_key *k, const void *base);
bool gw_present_section(const gw_key *k, const void *base);
void gw_print_text(gw_printer *p, const gw_key *k, const void *base);
void gw_print_bool(gw_printer *p, const gw_key *k, const void *base);
void gw_print_u32(gw_printer *p, const gw_key *k, const void *base);
void gw_print_u64(gw_printer *p, const gw_key *k, const void *base);
void gw_print_date(gw_printer *p, const gw_key *k, const void *base);
void gw_print_texts(gw_printer *p, const gw_key *k, const void *base);
void gw_print_endpoints(gw_printer *p, const gw_key *k, const void *base);
void gw_print_labels(gw_printer *p, const gw_key *k, const void *base);
void gw_print_headers(gw_printer *p, const gw_key *k, const void *base);
void gw_print_action(gw_printer *p, const gw_key *k, const void *base);
void gw_print_section(gw_printer *p, const gw_key *k, const void *base);
void gw_print_list(gw_printer *p, const gw_key *k, const void *base);
void gw_print_map(gw_printer *p, const gw_key *k, const void *base);

#endif
