/* SPDX-License-Identifier: MIT */
/* Dates of birth behind words of sentences. */
#ifndef RD_DETECT_BIRTH_H
#define RD_DETECT_BIRTH_H

#include "filters/detect/matcher.h"

/* Behind "born", "geb.", "Geburtstag". */
void rd_born(rd_find *f, uint32_t i);
/* Behind "birth". */
void rd_birth(rd_find *f, uint32_t i);

#endif
