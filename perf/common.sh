# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the scripts of this directory share; sourced, not run. Sets up a directory $work that is gone at the end, as
# are all servers that were started here. A script that wants something of either calls it in `before_end`.
# The scripts set `root`, and before they start a server `build`, a release build.
# shellcheck disable=SC2034,SC2154 # what the scripts use, and set
work=$(mktemp -d)
pids=
server_core=0 load_core=$(($(nproc) - 1))

before_end() { :; }

stop_servers() {
    for p in $pids; do kill "$p" 2>/dev/null || :; done
    wait 2>/dev/null || :
    pids=
}

cleanup() {
    stop_servers
    before_end
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# start COMMAND...: in the background, until stop_servers; $started is its process
start() {
    "$@" &
    started=$!
    pids="$pids $started"
}

# wait_for_port PORT: until somebody listens there; ends the script after half a minute.
wait_for_port() {
    i=0
    until python3 -c "import socket; socket.create_connection(('127.0.0.1', $1))" 2>/dev/null; do
        i=$((i + 1))
        [ $i -lt 300 ] || { echo "nothing listens on port $1" >&2; exit 1; }
        sleep 0.1
    done
}

# The backend, on the core of the load.
start_sink() {
    start taskset -c "$load_core" "$build/perf/sink" 14399
    wait_for_port 14399
}

# start_redactd CONFIG LOG: $redactd_pid
start_redactd() {
    start taskset -c "$server_core" "$build/gateway/redactd" run -c "$1" 2>"$2"
    redactd_pid=$started
    wait_for_port 14318
}

# path_of KIND, type_of KIND: of a body such as otlp-json
path_of() { case $1 in loki*) echo /loki/api/v1/push ;; *) echo /v1/logs ;; esac; }
type_of() { case $1 in *json) echo application/json ;; *) echo application/x-protobuf ;; esac; }

# summary FORMAT: median, smallest and largest of the numbers on standard input
summary() {
    sort -n | awk -v form="$1" '{v[NR] = $1} END {printf form, (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2, v[1], v[NR]}'
}
