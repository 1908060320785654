#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A noisy neighbour: workspace `b` sends at half its limit, alone and beside workspace `a`, which sends at a hundred
# times its limit; in turns, in one run. README.md says how to read it. Exit code 1: `b` lost a request, or its p99
# beside `a` is more than 1.3 times its p99 alone.
#
#    perf/neighbour.sh BUILD     BUILD: a release build; ROUNDS=5 SECONDS_EACH=5 THREADS=1
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/perf/common.sh"
build=${1:?usage: perf/neighbour.sh BUILD}
rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-5} threads=${THREADS:-1}
a_limit=${A_LIMIT:-50} b_limit=${B_LIMIT:-400}
prefix=

before_end() { [ -z "${KEEP_LOG:-}" ] || cp "$work/log" "$KEEP_LOG"; }

config() {
    hash() { printf %s "token-of-$1-0123456789" | sha256sum | cut -d' ' -f1; }
    sed "/^workspaces:/d; s/^threads:.*/threads: $threads/" "$root/perf/redactd.yaml"
    cat <<END
workspaces:
  label: workspace_id
  list:
    - {name: a, tokens: [$(hash a)], quota: {requests_per_second: $a_limit}}
    - {name: b, tokens: [$(hash b)], quota: {requests_per_second: $b_limit}}
END
}

# pace WORKSPACE CONNECTIONS RATE SECONDS
pace() {
    # shellcheck disable=SC2086 # words
    LOAD_HEADER="Authorization: Bearer token-of-$1-0123456789" $prefix taskset -c "$load_core" \
        "$build/perf/pace" 14318 /v1/logs application/x-protobuf "$2" "$3" "$4" "$work/bodies/otlp-protobuf.0"
}

# field NAME: the number behind a word of a line
field() { awk -v w="$1" '{for (i = 1; i < NF; i++) if ($i == w) print $(i + 1)}'; }

median() { summary %d; }

mkdir "$work/bodies"
"$build/perf/make_bodies" "$work/bodies" 1 "${RECORDS:-10}" >/dev/null
config >"$work/redactd.yaml"
start_sink
start_redactd "$work/redactd.yaml" "$work/log"
pace b 4 $((b_limit / 2)) 1 >/dev/null
i=0
while [ $i -lt "$rounds" ]; do
    pace b 4 $((b_limit / 2)) "$seconds" | tee -a "$work/alone" | sed 's/^/b alone     /'
    before=$prefix # on the core that both senders share, the noise must not be in the way of b's clock
    prefix=${A_PREFIX:-nice -n 19}
    pace a "${A_CONNECTIONS:-32}" $((a_limit * 100)) $((seconds + 1)) >>"$work/noise" &
    prefix=$before
    noise=$!
    sleep 0.5
    pace b 4 $((b_limit / 2)) "$seconds" | tee -a "$work/beside" | sed 's/^/b beside a  /'
    wait "$noise"
    tail -1 "$work/noise" | sed 's/^/a           /'
    i=$((i + 1))
done
lost=$(cat "$work/alone" "$work/beside" | awk '{n += $2 - $4} END {print n + 0}')
alone=$(field p99_us <"$work/alone" | median)
beside=$(field p99_us <"$work/beside" | median)
awk -v a="$alone" -v b="$beside" -v lost="$lost" 'BEGIN {
    printf "b: p99 alone %d us, beside a %d us, ratio %.2f (target 1.3), not delivered %d (target 0)\n", a, b, b / a, lost
    exit lost > 0 || b / a > 1.3
}'
