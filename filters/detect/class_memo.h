/* SPDX-License-Identifier: MIT */
/* What keys said before, see tail_memo.h. The class of a key depends on its bytes alone. */
#ifndef RD_DETECT_CLASS_MEMO_H
#define RD_DETECT_CLASS_MEMO_H

#include "filters/detect/key_words.h"
#include "filters/detect/tail_memo.h"

/* As rd_key_class_of. `m` NULL: nothing is remembered. */
static inline rd_key_class rd_class_memo_ask(rd_tail_memo *m, const rd_key_table *t, const rd_view *v,
                                             uint32_t end)
{
    if (m == NULL)
        return rd_key_class_of(t, v, end);
    const rd_tail *known = rd_tail_memo_find(m, v, end);
    if (known != NULL)
        return (rd_key_class)known->says;
    uint32_t from;
    rd_key_class cls = rd_key_class_seen(t, v, end, &from);
    rd_tail_memo_learn(m, v, end, end - from, (uint8_t)cls);
    return cls;
}

#endif
