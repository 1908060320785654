/* SPDX-License-Identifier: MIT */
/* The built-in detectors, one row each. X(name, word in config, rule set) */
#ifndef RD_DETECT_DETECTORS_H
#define RD_DETECT_DETECTORS_H

#define RD_DETECTORS(X) X(EMAIL, "email", "pii")

typedef enum rd_detector_id {
#define X(name, word, set) RD_DETECTOR_##name,
    RD_DETECTORS(X)
#undef X
        RD_DETECTOR_COUNT
} rd_detector_id;

enum { RD_DETECTOR_OVER_BUDGET = 0xffff };

const char *rd_detector_word(unsigned id);

#endif
