/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into a process: counts its calls of malloc, calloc and realloc in the first 8 bytes of the file
 * that MALLOC_COUNT_FILE names, so that another process can read the count at any time.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* glibc's own entry points: no lookup, which would allocate. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

static _Atomic unsigned long before_start, *count = &before_start;

__attribute__((constructor)) static void start(void)
{
    const char *file = getenv("MALLOC_COUNT_FILE");
    int fd = file == NULL ? -1 : open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof *count) != 0)
        return;
    void *p = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p != MAP_FAILED)
        count = p;
    close(fd);
}

void *malloc(size_t n)
{
    atomic_fetch_add(count, 1);
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    atomic_fetch_add(count, 1);
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    atomic_fetch_add(count, 1);
    return __libc_realloc(p, n);
}
