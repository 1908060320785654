#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What identity, quota and label cost: instructions of the whole server per request (callgrind), of a request with a
# bearer token, two labels and every kind of limit, and of the same request without; README.md says how to read it.
#
#    perf/cost.sh BUILD     BUILD: a release build; REQUESTS=2000
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/perf/common.sh"
build=${1:?usage: perf/cost.sh BUILD}
requests=${REQUESTS:-2000}
token=perf-token-of-128-random-bits-or-so

# config NAME: $work/NAME.yaml
config() {
    cat "$root/perf/redactd.yaml" >"$work/$1.yaml"
    [ "$1" = full ] || return 0
    sed -i '/^workspaces:/d' "$work/full.yaml"
    hash=$(printf %s "$token" | sha256sum | cut -d' ' -f1)
    cat >>"$work/full.yaml" <<END
workspaces:
  label: workspace_id
  quota:
    requests_per_second: 1000000
    wire_bytes_per_second: 10GiB
    decoded_bytes_per_second: 10GiB
    items_per_second: 100000000
    items_per_day: 1000000000000
    bytes_per_month: 1000TiB
    requests_in_flight: 1000
    bytes_in_flight: 1GiB
  list:
    - {name: perf, tokens: [$hash], labels: {env: prod}}
    - {name: other}
END
}

# total CONFIG KIND RECORDS REQUESTS: instructions of a server from start to end
total() {
    valgrind --tool=callgrind --callgrind-out-file="$work/out.$1.$4" "$build/gateway/redactd" run -c "$work/$1.yaml" \
        >"$work/log" 2>&1 &
    server=$!
    wait_for_port 14318
    LOAD_HEADER=$([ "$1" = full ] && echo "Authorization: Bearer $token" || echo "X-Not-A-Thing: Nothing $token") \
        "$build/perf/load" 14318 "$(path_of "$2")" "$(type_of "$2")" 1 "$4" "$work/bodies.$3/$2".* >/dev/null ||
        { kill "$server"; exit 1; }
    kill -TERM "$server"
    wait "$server" || { cat "$work/log" >&2; exit 1; }
    awk '/Collected/ {print $NF}' "$work/log"
}

# of FUNCTIONS CONFIG: what calls of them cost in a request, with everything below them
of() {
    for n in 100 $((requests + 100)); do
        (cd "$work" && callgrind_annotate --auto=no --inclusive=yes --threshold=100 "out.$2.$n" 2>/dev/null) |
            awk -v names="$1" '/=>/ {next} {gsub(",", ""); gsub(/\([^)]*%\)/, "")
                for (i = 2; i <= NF; i++) if ($i ~ "^[^ ]*:(" names ")$") {sum += $1; break}} END {print sum + 0}'
    done | { read -r a; read -r b; echo $(((b - a) / requests)); }
}

# each CONFIG KIND RECORDS: instructions of a request
each() {
    few=$(total "$1" "$2" "$3" 100)
    many=$(total "$1" "$2" "$3" $((requests + 100)))
    echo $(((many - few) / requests))
}

row() {
    plain=$(each plain "$1" "$2")
    full=$(each full "$1" "$2")
    rest=$(of "$functions" plain)
    awk -v k="$1" -v r="$2" -v full="$full" -v plain="$plain" -v rest="$rest" 'BEGIN {
        without = plain - rest
        printf "%-14s %4d records  without %8d  with %8d  added %6d  %.1f %%\n", k, r, without, full, full - without,
            100 * (full - without) / without}'
}

# What the plain server does of it nevertheless, for its one workspace.
functions='gw_identity_resolve|gw_admission_begin|gw_admission_body|gw_admission_decoded|gw_admission_count|gw_admission_end|gw_scrub_belong|gw_quota_blocked_until'

config plain
config full
for n in 1 100; do
    mkdir "$work/bodies.$n"
    "$build/perf/make_bodies" "$work/bodies.$n" 8 $n >/dev/null
done
start_sink
echo "== instructions of the server per request, without and with identity, quota and label"
for kind in ${KINDS:-otlp-protobuf otlp-json loki-json loki-protobuf}; do
    for n in ${RECORDS:-1 100}; do row "$kind" "$n"; done
done
[ -z "${KEEP:-}" ] || cp "$work"/out.* "$KEEP"
