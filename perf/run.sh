#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Measures redactd: against nginx on the same machine, in the same run, in turns; then counts that do not depend on
# the machine; then the pipeline alone. What the numbers mean: README.md in this directory.
#
#    perf/run.sh [ratio|counts|bench|cost]...     default: all
#    ROUNDS=5 REQUESTS=6000 CONNECTIONS=32 BUILD=DIR CONFIG=FILE perf/run.sh ratio
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/perf/common.sh"
config=${CONFIG:-$root/perf/redactd.yaml}
rounds=${ROUNDS:-5} requests=${REQUESTS:-6000} connections=${CONNECTIONS:-32}
what=${*:-ratio counts bench cost}
build=${BUILD:-$work/build}
kinds="otlp-protobuf otlp-json loki-json loki-protobuf"

install_missing() {
    set --
    command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || set -- "$@" nginx-light
    command -v valgrind >/dev/null || set -- "$@" valgrind
    command -v strace >/dev/null || set -- "$@" strace
    [ $# -eq 0 ] || { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"; } >&2
}

prepare() {
    install_missing
    PATH=$PATH:/usr/sbin
    [ -e "$build/build.ninja" ] || meson setup --buildtype=release -Dtests=false "$build" "$root" >"$work/setup.log"
    ninja -C "$build" gateway/redactd perf/bench perf/load perf/sink perf/make_bodies perf/libcount_malloc.so >"$work/build.log" ||
        { cat "$work/build.log" >&2; exit 1; }
    mkdir "$work/bodies" "$work/nginx"
    "$build/perf/make_bodies" "$work/bodies" 8
    echo
}

# load KIND PORT REQUESTS: requests per second
load() {
    taskset -c "$load_core" "$build/perf/load" "$2" "$(path_of "$1")" "$(type_of "$1")" "$connections" "$3" "$work/bodies/$1".*
}

start_nginx() {
    start taskset -c "$server_core" nginx -p "$work/nginx" -c "$root/perf/nginx.conf"
    wait_for_port 14317
    nginx_pid=$(cat "/proc/$started/task/$started/children")
    nginx_pid=${nginx_pid%% *}
}

# CPU of all threads of a process, in microseconds.
cpu_us() {
    sed 's/.*) //' "/proc/$1/stat" | awk -v hz="$(getconf CLK_TCK)" '{printf "%d", ($12 + $13) * 1000000 / hz}'
}

# one KIND PORT PID: CPU per request in microseconds
one() {
    before=$(cpu_us "$3")
    load "$1" "$2" "$requests" >>"$work/rates"
    echo $((($(cpu_us "$3") - before) * 10 / requests)) | sed 's/.$/.&/'
}

ratio() {
    echo "== server CPU per request, microseconds: median [smallest largest] of $rounds rounds of $requests requests, in turns"
    start_sink
    start_nginx
    start_redactd "$config" "$work/redactd.log"
    for kind in $kinds; do
        load "$kind" 14317 500 >/dev/null
        load "$kind" 14318 500 >/dev/null
        i=0
        while [ $i -lt "$rounds" ]; do
            n=$(one "$kind" 14317 "$nginx_pid")
            r=$(one "$kind" 14318 "$redactd_pid")
            echo "$n" >>"$work/nginx.$kind"
            echo "$r" >>"$work/redactd.$kind"
            awk "BEGIN {print $r / $n}" >>"$work/ratio.$kind"
            i=$((i + 1))
        done
        printf '%-14s nginx %s  redactd %s  ratio %s\n' "$kind" "$(summary '%6.1f [%.1f %.1f]' <"$work/nginx.$kind")" \
            "$(summary '%6.1f [%.1f %.1f]' <"$work/redactd.$kind")" "$(summary '%.2f [%.2f %.2f]' <"$work/ratio.$kind")"
    done
    stop_servers
    echo
}

# instructions KIND RECORDS TIMES: all that callgrind counts
instructions() {
    valgrind --tool=callgrind --callgrind-out-file="$work/callgrind.out" "$build/perf/bench" "$config" "$@" 2>&1 |
        awk '/Collected/ {print $NF}'
}

counts() {
    echo "== instructions per request of the pipeline (callgrind), 100 records"
    for kind in $kinds; do
        few=$(instructions "$kind" 100 16)
        many=$(instructions "$kind" 100 48)
        printf '%-14s %9d\n' "$kind" $(((many - few) / 32))
    done
    echo "== allocations per request of the pipeline"
    for kind in $kinds; do
        printf '%-14s' "$kind"
        for n in 10 100 1000; do
            few=$(mallocs "$kind" $n 16)
            many=$(mallocs "$kind" $n 1016)
            awk "BEGIN {printf \"  %d records: %.2f\", $n, ($many - $few) / 1000}"
        done
        echo
    done
    server_counts
    echo
}

mallocs() {
    rm -f "$work/mallocs"
    LD_PRELOAD=$build/perf/libcount_malloc.so MALLOC_COUNT_FILE=$work/mallocs "$build/perf/bench" "$config" "$@"
    read_count
}

read_count() { od -An -t u8 -N 8 "$work/mallocs" | tr -d ' '; }

server_counts() {
    echo "== allocations and system calls per request of the server"
    start_sink
    rm -f "$work/mallocs"
    LD_PRELOAD=$build/perf/libcount_malloc.so MALLOC_COUNT_FILE=$work/mallocs start_redactd "$config" "$work/redactd.log"
    for kind in $kinds; do
        load "$kind" 14318 500 >/dev/null
        before=$(read_count)
        load "$kind" 14318 2000 >/dev/null
        printf '%-14s allocations %s\n' "$kind" "$(awk "BEGIN {printf \"%.2f\", ($(read_count) - $before) / 2000}")"
    done
    for kind in $kinds; do
        strace -f -c -o "$work/strace" -p "$redactd_pid" 2>/dev/null &
        tracer=$!
        sleep 1
        load "$kind" 14318 2000 >/dev/null
        kill -INT "$tracer"
        wait "$tracer" 2>/dev/null || :
        awk -v kind="$kind" '$1 ~ /^[0-9.]+$/ && NF >= 5 && $NF != "total" {printf "%s %.2f, ", $NF, $4 / 2000; sum += $4}
            END {printf "\n%-14s system calls %.2f in all\n", kind, sum / 2000}' "$work/strace"
    done
    stop_servers
}

bench() {
    echo "== the pipeline alone, bodies of 100 records, 8 bodies in turns; median of 9 rounds"
    taskset -c "$server_core" "$build/perf/bench" "$config"
    echo
}

cost() {
    sh "$root/perf/cost.sh" "$build"
    echo
}

prepare
for w in $what; do
    case $w in
    ratio | counts | bench | cost) "$w" ;;
    *)
        echo "perf/run.sh: what is $w?" >&2
        exit 2
        ;;
    esac
done
