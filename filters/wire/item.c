/* SPDX-License-Identifier: MIT */
/* One field at a time; see item.h. Source: protobuf encoding guide. */
#include "filters/wire/item.h"

#include "filters/wire/wire.h"

static bool fail(rd_item_reader *r, rd_outcome o, const char *what, const uint8_t *at)
{
    r->failed = rd_fail(r->err, o, what, (size_t)(at - r->body));
    return false;
}

static bool get_varint(rd_item_reader *r, uint64_t *out)
{
    if (r->p < r->end && *r->p < 0x80) {
        *out = *r->p++;
        return true;
    }
    size_t n = rd_varint_get(r->p, r->end, out);
    r->p += n;
    return n > 0 || fail(r, RD_MALFORMED, "protobuf: broken varint", r->p);
}

static bool get_fixed(rd_item_reader *r, unsigned n, uint64_t *out)
{
    uint64_t v = 0;
    if ((size_t)(r->end - r->p) < n)
        return fail(r, RD_MALFORMED, "protobuf: field does not end inside its message", r->p);
    for (unsigned i = 0; i < n; i++)
        v |= (uint64_t)r->p[i] << (8 * i);
    r->p += n;
    *out = v;
    return true;
}

static bool get_number(rd_item_reader *r, unsigned wire, uint64_t *out)
{
    if (wire == RD_WIRE_VARINT)
        return get_varint(r, out);
    return get_fixed(r, wire == RD_WIRE_FIXED64 ? 8 : 4, out);
}

static bool get_bytes(rd_item_reader *r, rd_slice *out)
{
    uint64_t n;
    const uint8_t *at = r->p;
    if (!get_varint(r, &n))
        return false;
    if (n > (uint64_t)(r->end - r->p))
        return fail(r, RD_MALFORMED, "protobuf: field does not end inside its message", at);
    *out = (rd_slice){r->p, (size_t)n};
    r->p += n;
    return true;
}

static bool get_tag(rd_item_reader *r, uint32_t *out_number, unsigned *out_wire)
{
    uint64_t tag;
    const uint8_t *at = r->p;
    if (!get_varint(r, &tag))
        return false;
    if (tag < 8 || tag > UINT32_MAX)
        return fail(r, RD_MALFORMED, "protobuf: field number out of range", at);
    *out_number = (uint32_t)(tag >> 3);
    *out_wire = tag & 7;
    return true;
}

/* `r` stands behind the start of group `number`; afterwards behind its end. */
static bool skip_group(rd_item_reader *r, uint32_t number)
{
    uint32_t open[RD_WIRE_MAX_LEVELS] = {number};
    unsigned n = 1, wire;
    uint64_t ignored;
    rd_slice bytes;
    while (n > 0) {
        const uint8_t *at = r->p;
        bool ok = at < r->end ? get_tag(r, &number, &wire)
                              : fail(r, RD_MALFORMED, "protobuf: group without an end", at);
        if (!ok)
            return false;
        switch (wire) {
        case RD_WIRE_SGROUP:
            if (n == RD_WIRE_MAX_LEVELS)
                return fail(r, RD_TOO_DEEP, "protobuf: nested too deep", at);
            open[n++] = number;
            break;
        case RD_WIRE_EGROUP:
            if (open[--n] != number)
                return fail(r, RD_MALFORMED, "protobuf: group ends that did not start", at);
            break;
        case RD_WIRE_LEN:
            ok = get_bytes(r, &bytes);
            break;
        case RD_WIRE_VARINT:
        case RD_WIRE_FIXED32:
        case RD_WIRE_FIXED64:
            ok = get_number(r, wire, &ignored);
            break;
        default:
            ok = fail(r, RD_MALFORMED, "protobuf: wire type does not exist", at);
        }
        if (!ok)
            return false;
    }
    return true;
}

bool rd_item_next(rd_item_reader *r, const rd_message *m, rd_item *out)
{
    uint32_t number;
    unsigned wire;
    const uint8_t *at = r->p;
    if (at >= r->end || !get_tag(r, &number, &wire))
        return false;
    *out = (rd_item){.field = rd_message_field(m, number), .id = number, .wire = (uint8_t)wire};
    const rd_field *f = out->field;
    if (f != NULL && wire != f->wire && !(wire == RD_WIRE_LEN && f->packable))
        return fail(r, RD_MALFORMED, "protobuf: wire type does not fit the field", at);
    switch (wire) {
    case RD_WIRE_VARINT:
    case RD_WIRE_FIXED32:
    case RD_WIRE_FIXED64:
        return get_number(r, wire, &out->number);
    case RD_WIRE_LEN:
        return get_bytes(r, &out->bytes);
    case RD_WIRE_SGROUP:
        return skip_group(r, number);
    case RD_WIRE_EGROUP:
        return fail(r, RD_MALFORMED, "protobuf: group ends that did not start", at);
    default:
        return fail(r, RD_MALFORMED, "protobuf: wire type does not exist", at);
    }
}

bool rd_item_next_packed(rd_item_reader *r, const rd_field *f, uint64_t *out_number)
{
    return r->p < r->end && get_number(r, f->wire, out_number);
}
