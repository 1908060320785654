# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the scripts of this directory share; sourced, not run.

# wait_for_port PORT: until somebody listens there; ends the script after half a minute.
wait_for_port() {
    i=0
    until python3 -c "import socket; socket.create_connection(('127.0.0.1', $1))" 2>/dev/null; do
        i=$((i + 1))
        [ $i -lt 300 ] || { echo "nothing listens on port $1" >&2; exit 1; }
        sleep 0.1
    done
}
