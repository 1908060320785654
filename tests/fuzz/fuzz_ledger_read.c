/* SPDX-License-Identifier: MIT */
/* Any bytes as a file of the ledger: what the reader hands out, line by line, is the file. */
#include "gateway/ledger_read.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Repeated, so that lines lie over the ends of what is read at once. */
static int file_of(const uint8_t *data, size_t size, unsigned times)
{
    int fd = memfd_create("ledger", MFD_CLOEXEC);
    for (unsigned i = 0; i < times; i++) {
        if (fd < 0 || write(fd, data, size) != (ssize_t)size)
            abort();
    }
    if (lseek(fd, 0, SEEK_SET) != 0)
        abort();
    return fd;
}

/* Is `part` what stands in the repeated input from `at`? */
static int stands_at(const uint8_t *data, size_t size, size_t at, rd_slice part)
{
    for (size_t i = 0; i < part.n; i++) {
        if (part.p[i] != data[(at + i) % size])
            return 0;
    }
    return 1;
}

static void check(const uint8_t *data, size_t size, unsigned times)
{
    gw_ledger_reader r;
    gw_ledger_next next;
    rd_slice line;
    size_t at = 0;
    int fd = file_of(data, size, times);
    gw_ledger_reader_init(&r, fd);
    while ((next = gw_ledger_read(&r, &line)) == GW_LEDGER_LINE) {
        if (!stands_at(data, size, at, line) || memchr(line.p, '\n', line.n) != NULL)
            abort();
        at += line.n;
        if (data[at % size] != '\n')
            abort();
        at++;
    }
    if (next == GW_LEDGER_ERROR || (next == GW_LEDGER_EOF && at != size * times))
        abort();
    if (next == GW_LEDGER_TAIL &&
        (line.n == 0 || at + line.n > size * times || !stands_at(data, size, at, line)))
        abort();
    gw_ledger_reader_release(&r);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    check(data, size, 1);
    check(data, size, size < 4096 ? 97 : 3);
    return 0;
}
