/* SPDX-License-Identifier: MIT */
/* The kinds of telemetry redactd takes, and the forms their bodies come in. */
#ifndef GW_SIGNAL_H
#define GW_SIGNAL_H

/* X(name, word in config, metrics and file names) */
#define GW_SIGNALS(X)                                                                                        \
    X(LOGS, "logs")                                                                                          \
    X(TRACES, "traces")                                                                                      \
    X(METRICS, "metrics")                                                                                    \
    X(LOKI_PUSH, "loki_push")

typedef enum gw_signal {
#define X(name, word) GW_SIGNAL_##name,
    GW_SIGNALS(X)
#undef X
        GW_SIGNAL_COUNT
} gw_signal;

const char *gw_signal_word(gw_signal s);

/* The two body formats; each signal's protobuf and JSON. */
typedef enum gw_format { GW_FORMAT_PROTOBUF, GW_FORMAT_JSON } gw_format;

#endif
