/* SPDX-License-Identifier: MIT */
/* Delivery as the kernel sees it. A file of its own because linux/tcp.h, which alone declares
 * tcpi_bytes_acked, and the netinet/tcp.h that h2o's headers may bring cannot be included together. */
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

bool gw_socket_progress(int fd, uint64_t *out_acked, uint32_t *out_unsent);

bool gw_socket_progress(int fd, uint64_t *out_acked, uint32_t *out_unsent)
{
    struct tcp_info info;
    socklen_t n = sizeof info;
    int queued = 0;
    memset(&info, 0, sizeof info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) != 0 ||
        n < offsetof(struct tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked ||
        ioctl(fd, SIOCOUTQ, &queued) != 0)
        return false;
    *out_acked = info.tcpi_bytes_acked;
    *out_unsent = queued > 0 ? (uint32_t)queued : 0;
    return true;
}
