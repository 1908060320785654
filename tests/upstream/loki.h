/* SPDX-License-Identifier: MIT */
/* The rules of Loki's distributor for a push, on the decoded form. Each returns NULL or a literal. */
#ifndef TESTS_UPSTREAM_LOKI_H
#define TESTS_UPSTREAM_LOKI_H

#include <jansson.h>
#include <stdbool.h>

/* {a="b", c="d"}: valid names, double quotes, no duplicates, no empty values; sorted unless any_order. */
const char *up_loki_labels_check(const char *text, bool any_order);

const char *up_loki_json_check(const json_t *root, bool any_order);
const char *up_loki_protobuf_check(const json_t *root, bool any_order);

#endif
