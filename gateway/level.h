/* SPDX-License-Identifier: MIT */
/* How much an event of the log matters. AUDIT is no level to choose: such lines are always written and never
 * held back. */
#ifndef GW_LEVEL_H
#define GW_LEVEL_H

typedef enum gw_level {
    GW_LEVEL_DEBUG,
    GW_LEVEL_INFO,
    GW_LEVEL_WARN,
    GW_LEVEL_ERROR,
    GW_LEVEL_AUDIT
} gw_level;

#endif
