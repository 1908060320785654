/* SPDX-License-Identifier: MIT */
/* Values inside texts that cannot be what the name of their key says. */
#ifndef RD_DETECT_UNLIKE_KEY_H
#define RD_DETECT_UNLIKE_KEY_H

#include "filters/detect/text.h"

/* Is [from, to), the value of a key that a rule names, plainly something else? Only keys inside texts are
 * asked, whose writers use the words for other things; the key stands before the value. */
bool rd_unlike_key(const rd_view *v, uint32_t from, uint32_t to);
/* volume "db-password" : secret "x" not found: of Kubernetes, what kind of object is missing behind a key in
 * quotes, and its name in quotes behind that. */
bool rd_is_missing_object(const rd_view *v, uint32_t from, uint32_t to);

/* projects/shop/secrets/db/versions/latest, arn:aws:secretsmanager:...: where a secret is kept. */
bool rd_is_resource(const rd_view *v, uint32_t from, uint32_t to);

#endif
