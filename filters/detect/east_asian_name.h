/* SPDX-License-Identifier: MIT */
/*
 * Names written in Chinese characters, kana or Hangul: a common family name and one to three characters more.
 * Their letters have no case, so nothing but the family name tells them from other words.
 */
#ifndef RD_DETECT_EAST_ASIAN_NAME_H
#define RD_DETECT_EAST_ASIAN_NAME_H

#include "filters/detect/text.h"

bool rd_east_asian_name(const rd_view *v, uint32_t from, uint32_t to);

#endif
