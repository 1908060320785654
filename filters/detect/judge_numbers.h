/* SPDX-License-Identifier: MIT */
/* Of values behind keys (value.h) those that are written in digits: each emits what is to be hidden, or
 * nothing. */
#ifndef RD_DETECT_JUDGE_NUMBERS_H
#define RD_DETECT_JUDGE_NUMBERS_H

#include "filters/detect/value.h"

void rd_judge_phone(rd_find *f, rd_value x);
/* A telephone number where a name may stand as well. */
void rd_judge_number_of(rd_find *f, rd_value x);
void rd_judge_birth(rd_find *f, rd_value x);
void rd_judge_ssn(rd_find *f, rd_value x);
void rd_judge_mac(rd_find *f, rd_value x);

#endif
