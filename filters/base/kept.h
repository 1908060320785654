/* SPDX-License-Identifier: MIT */
/* A stretch of a body that is still there, perhaps elsewhere, after the body was changed. */
#ifndef RD_BASE_KEPT_H
#define RD_BASE_KEPT_H

#include <stdint.h>

typedef struct rd_kept {
    uint32_t old_off, new_off, len;
} rd_kept;

#endif
