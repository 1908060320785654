#!/bin/sh
# SPDX-License-Identifier: MIT
#
# From a fresh clone on Debian 12 to a running redactd: installs what is missing, builds into ./build, makes
# development certificates, and starts redactd on its built-in configuration (OTLP and Loki on 127.0.0.1:4318, admin
# on 127.0.0.1:9464, redacted telemetry stored in ./data). Once it is ready, prints a line to paste for each protocol.
#
#   sh gateway/run.sh                      the built-in configuration
#   sh gateway/run.sh -c redactd.yaml      arguments go to `redactd run`
#
# The script becomes redactd (exec), so signals and the exit code are redactd's own.
set -eu
cd -- "$(dirname -- "$0")/.."
. gateway/packages.sh

# shellcheck disable=SC2086 # lists
install_packages $PACKAGES_BUILD $PACKAGES_RUN

[ -f build/build.ninja ] || meson setup build --buildtype=release -Dtests=false
ninja -C build gateway/redactd
sh certs/make-dev-certs.sh

print_examples() {
    cat <<'EOF'

redactd is ready. Paste any of these; what is stored is shown by:

  tail -F data/logs.jsonl data/traces.jsonl data/metrics.jsonl data/loki_push.jsonl

# OTLP logs, JSON
curl -i http://127.0.0.1:4318/v1/logs -H 'Content-Type: application/json' -d '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"'"$(date +%s)"'000000000","severityText":"INFO","body":{"stringValue":"login by ana@example.com"},"attributes":[{"key":"user_id","value":{"stringValue":"4711"}}]}]}]}]}'

# OTLP traces, JSON
curl -i http://127.0.0.1:4318/v1/traces -H 'Content-Type: application/json' -d '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"GET /users/ana@example.com","kind":2,"startTimeUnixNano":"'"$(date +%s)"'000000000","endTimeUnixNano":"'"$(date +%s)"'500000000"}]}]}]}'

# OTLP metrics, JSON
curl -i http://127.0.0.1:4318/v1/metrics -H 'Content-Type: application/json' -d '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"logins","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{"asInt":"3","timeUnixNano":"'"$(date +%s)"'000000000","attributes":[{"key":"user.email","value":{"stringValue":"ana@example.com"}}]}]}}]}]}]}'

# OTLP logs, protobuf
printf '\012\040\022\036\022\034\052\032\012\030login by ana@example.com' | curl -i http://127.0.0.1:4318/v1/logs -H 'Content-Type: application/x-protobuf' --data-binary @-

# Loki push, JSON
curl -i http://127.0.0.1:4318/loki/api/v1/push -H 'Content-Type: application/json' -d '{"streams":[{"stream":{"job":"shop","session_id":"s-1"},"values":[["'"$(date +%s)"'000000000","login by ana@example.com"]]}]}'

EOF
}

announce() { # pid of redactd: prints the examples when it is ready, gives up when it is gone
    while kill -0 "$1" 2>/dev/null; do
        sleep 0.2
        if curl -fs -o /dev/null --max-time 1 http://127.0.0.1:9464/readyz && kill -0 "$1" 2>/dev/null; then
            print_examples
            return
        fi
    done
}

# Forked twice, so that it is nobody's zombie. With a configuration of the user's own the addresses are the user's too.
if [ $# -eq 0 ]; then
    (announce $$ &)
fi
exec build/gateway/redactd run "$@"
