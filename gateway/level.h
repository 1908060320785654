/* SPDX-License-Identifier: MIT */
/* How much an event of the log matters. */
#ifndef GW_LEVEL_H
#define GW_LEVEL_H

typedef enum gw_level { GW_LEVEL_DEBUG, GW_LEVEL_INFO, GW_LEVEL_WARN, GW_LEVEL_ERROR } gw_level;

#endif
