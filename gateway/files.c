/* SPDX-License-Identifier: MIT */
#include "gateway/files.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool gw_write_all(int fd, rd_slice s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        s = (rd_slice){s.p + n, s.n - (size_t)n};
    }
    return true;
}

bool gw_sync_dir(int at, const char *path)
{
    int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return ok;
}
