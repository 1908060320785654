/* SPDX-License-Identifier: MIT */
/* What the script of quota_share.h answered. Pure: the only reader of the shared store's numbers. */
#ifndef GW_QUOTA_REPLY_H
#define GW_QUOTA_REPLY_H

#include <hiredis/hiredis.h>

#include "gateway/quota_share.h"

/* Totals beyond this are none: sums of them stay far from where numbers end. */
#define GW_QUOTA_MAX_TOTAL (INT64_C(1) << 60)

/* False: `r` (may be NULL) is no answer, *out is untouched. No lease is more than what was asked for,
 * whatever the store says. */
bool gw_quota_reply_parse(const redisReply *r, const gw_share_ask *asked, gw_share_answer *out);

#endif
