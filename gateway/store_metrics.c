/* SPDX-License-Identifier: MIT */
#include "gateway/store_metrics.h"

void gw_store_metrics_write(gw_store *s, const char *upstream, rd_buf *out)
{
    gw_store_stats st;
    gw_store_stats_get(s, &st);
    const struct {
        const char *name, *type, *help;
        uint64_t value;
    } rows[] = {
        {"redactd_store_lines_total", "counter", "Lines written and synced.", st.lines},
        {"redactd_store_written_bytes_total", "counter", "Bytes written and synced.", st.bytes},
        {"redactd_store_syncs_total", "counter", "Group commits.", st.syncs},
        {"redactd_store_rotations_total", "counter", "Files rotated.", st.rotations},
        {"redactd_store_segments_deleted_total", "counter",
         "Rotated files deleted to stay within the total size.", st.segments_deleted},
        {"redactd_store_errors_total", "counter", "Failed writes and syncs.", st.errors},
        {"redactd_store_queued_bytes", "gauge", "Bytes that wait for the next group commit.",
         st.queued_bytes},
        {"redactd_store_size_bytes", "gauge", "Bytes of all files.", st.total_bytes},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        rd_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s{upstream=\"%s\"} %llu\n", rows[i].name,
                      rows[i].help, rows[i].name, rows[i].type, rows[i].name, upstream,
                      (unsigned long long)rows[i].value);
}
