/* SPDX-License-Identifier: MIT */
#include "gateway/http1_socket.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

bool gw_http1_has_unread(int fd)
{
    int n = 0;
    return ioctl(fd, FIONREAD, &n) == 0 && n > 0;
}

void gw_http1_ask_half_closed(int fd)
{
    static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
    int unsent;
    /* A sender who has not read earlier answers is served without being asked: half of this would spoil them.
     */
    if (ioctl(fd, SIOCOUTQ, &unsent) != 0 || unsent != 0)
        return;
    (void)send(fd, interim, sizeof interim - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool gw_http1_is_reset(int fd)
{
    struct pollfd p = {.fd = fd};
    return poll(&p, 1, 0) == 1 && (p.revents & (POLLERR | POLLHUP)) != 0;
}
