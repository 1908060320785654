/* SPDX-License-Identifier: MIT */
/* What stands around an address: the display name before it, and logins where no address is. */
#ifndef RD_DETECT_MAILBOX_H
#define RD_DETECT_MAILBOX_H

#include "filters/detect/matcher.h"

/* "Anna Smith" <, Anna Smith <: `open` is the angle bracket before an address or a number. */
void rd_mailbox_name(rd_find *f, uint32_t open);
/* login@192.0.2.1, and login@database as PostgreSQL prefixes its lines: [from, at) stands before the '@'. */
void rd_mailbox_login(rd_find *f, uint32_t from, uint32_t at);

#endif
