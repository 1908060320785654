/* SPDX-License-Identifier: MIT */
/* Label text that parses is written so that it parses to the same labels, and writes the same again. */
#include "filters/loki/labels.h"

#include <stdlib.h>

static void check_list(const rd_labels *l)
{
    for (uint32_t i = 0; i < l->n; i++) {
        const rd_label *at = &l->list[i];
        if (at->name.n == 0 || at->value.n == 0)
            abort();
        if (i > 0 && rd_slice_eq(at->name, at[-1].name))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rd_labels a, b;
    rd_buf first, second;

    rd_labels_init(&a, 64);
    rd_labels_init(&b, 64);
    rd_buf_init(&first, 1 << 24);
    rd_buf_init(&second, 1 << 24);
    if (rd_labels_parse(&a, (rd_slice){data, size}, NULL) == RD_OK) {
        check_list(&a);
        rd_labels_write(&a, &first);
        if (rd_labels_parse(&b, rd_buf_slice(&first), NULL) != RD_OK || a.n != b.n)
            abort();
        for (uint32_t i = 0; i < a.n; i++) {
            if (!rd_slice_eq(a.list[i].name, b.list[i].name) ||
                !rd_slice_eq(a.list[i].value, b.list[i].value))
                abort();
        }
        rd_labels_write(&b, &second);
        if (!rd_slice_eq(rd_buf_slice(&first), rd_buf_slice(&second)))
            abort();
    } else if (a.n != 0) {
        abort();
    }
    rd_buf_release(&first);
    rd_buf_release(&second);
    rd_labels_release(&a);
    rd_labels_release(&b);
    return 0;
}
