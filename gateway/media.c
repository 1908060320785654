/* SPDX-License-Identifier: MIT */
#include "gateway/media.h"

static rd_slice without_parameters(rd_slice v)
{
    size_t n = 0;
    while (n < v.n && v.p[n] != ';')
        n++;
    while (n > 0 && (v.p[n - 1] == ' ' || v.p[n - 1] == '\t'))
        n--;
    while (n > 0 && (*v.p == ' ' || *v.p == '\t')) {
        v.p++;
        n--;
    }
    return (rd_slice){v.p, n};
}

gw_media gw_media_of(rd_slice content_type, bool loki)
{
    rd_slice type = without_parameters(content_type);
    if (rd_slice_eq_nocase(type, RD_SLICE_LIT("application/json")))
        return GW_MEDIA_JSON;
    if (rd_slice_eq_nocase(type, RD_SLICE_LIT("application/x-protobuf")))
        return GW_MEDIA_PROTOBUF;
    if (loki && (rd_slice_eq_nocase(type, RD_SLICE_LIT("application/x-snappy")) ||
                 rd_slice_eq_nocase(type, RD_SLICE_LIT("application/octet-stream"))))
        return GW_MEDIA_PROTOBUF;
    return GW_MEDIA_OTHER;
}

rd_slice gw_media_upstream(gw_format format)
{
    return format == GW_FORMAT_JSON ? RD_SLICE_LIT("application/json")
                                    : RD_SLICE_LIT("application/x-protobuf");
}

rd_slice gw_media_upstream_coding(gw_signal signal, gw_format format, rd_coding coding)
{
    if (signal == GW_SIGNAL_LOKI_PUSH && format == GW_FORMAT_PROTOBUF)
        return RD_SLICE_LIT("snappy");
    if (coding == RD_CODING_IDENTITY)
        return (rd_slice){0};
    return rd_slice_str(rd_coding_token(coding));
}
