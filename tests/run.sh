#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Every test there is: installs what is missing (Debian 12), builds, runs all suites and closes with one line
# "N passed, N failed" (", N skipped" if any). Fails if a test failed, if a build failed or if nothing ran.
#
#   sh tests/run.sh                 all of them
#   sh tests/run.sh lint unit       some of them
#
#   lint      includes, headers, text rules, shell scripts, README.md against the program
#   unit      unit tests and replayed fuzz corpora, release build, warnings are errors
#   asan      the same with AddressSanitizer and UndefinedBehaviorSanitizer
#   tsan      the tests with threads under ThreadSanitizer, built by clang, warnings are errors
#   e2e       the release binary against real senders, a recording backend and nginx
#   e2e_asan  the same against the sanitized binary
#   quality   what the shipped rules find, by our labelled lines and by random ones: on the command line and through
#             the gateway
#
# Some end-to-end tests are short by default and do more when told to:
#
#   REDACTD_KILLS=300 REDACTD_TERMS=100   rounds of kill -9 and of SIGTERM under load (kill.test.mjs)
#   REDACTD_OUTAGE_S=60                   how long the backend is away from real senders (outage.test.mjs)
#   REDACTD_FLOOD=10000                   connections with bodies of 1 MiB before a backend that hangs (memory.test.mjs)
#   REDACTD_FAULT=nginx                   only the faults whose name holds this (faults.test.mjs)
#
# Build folders are build-test/*, or below $REDACTD_TEST_BUILD.
set -u
cd -- "$(dirname -- "$0")/.." || exit 1
. gateway/packages.sh

builds=${REDACTD_TEST_BUILD:-$PWD/build-test}
suites=${*:-lint unit asan tsan e2e e2e_asan quality}
jobs=$(nproc)
mkdir -p "$builds"
tally=$builds/tally
: >"$tally"

export ASAN_OPTIONS=abort_on_error=1:detect_leaks=1:strict_string_checks=1
export LSAN_OPTIONS=suppressions="$PWD"/tests/lsan.supp:print_suppressions=0
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1

say() {
    printf '\n== %s (%s)\n' "$*" "$(date +%T)"
}

count() { # kind, log: adds what the log counts
    python3 tests/tally.py "$1" "$2" | tee -a "$tally" | awk '{ printf "   %d passed, %d failed, %d skipped\n", $1, $2, $3 }'
}

failed() { # what: one failure that is no test case
    echo "   FAILED: $*"
    echo "0 1 0" >>"$tally"
}

build() { # name, options: configures once, builds; the log is shown only when it fails
    name=$1
    shift
    log=$builds/$name.log
    if [ ! -f "$builds/$name/build.ninja" ] && ! meson setup "$builds/$name" "$@" >"$log" 2>&1; then
        tail -40 "$log"
        failed "meson setup of $name"
        return 1
    fi
    if ! ninja -C "$builds/$name" -j "$jobs" >"$log" 2>&1; then
        grep -vE '^\[[0-9]+/' "$log" | tail -60
        failed "build of $name"
        return 1
    fi
}

build_release() {
    build release --buildtype=release -Dwerror=true
}

build_asan() {
    build asan --buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false
}

meson_tests() { # name, arguments of meson test
    name=$1
    shift
    meson test -C "$builds/$name" --no-rebuild --print-errorlogs --num-processes "$jobs" --timeout-multiplier 3 "$@"
    count meson "$builds/$name/meson-logs/testlog.json"
}

lint() { # script, arguments
    python3 "tests/lint/$1.py" ${2:+"$2"} >"$builds/lint-$1.tap"
    grep -vE '^(ok|1\.\.)' "$builds/lint-$1.tap"
    count tap "$builds/lint-$1.tap"
}

node_tests() { # build name, files
    name=$1
    shift
    log=$builds/e2e-$name.tap
    rm -f "$log"
    REDACTD_BUILD=$builds/$name node --test --test-concurrency="$jobs" \
        --test-reporter=spec --test-reporter-destination=stdout \
        --test-reporter=tap --test-reporter-destination="$log" "$@"
    count tap "$log"
}

new_enough_node() {
    command -v npm >/dev/null && node -e '
        const [major, minor] = process.versions.node.split(".").map(Number)
        process.exit(major > 18 || (major === 18 && minor >= 19) ? 0 : 1)' 2>/dev/null
}

# Node's packages once for each state of the lock file.
npm_packages() {
    stamp=tests/e2e/node_modules/.lock-stamp
    cmp -s tests/e2e/package-lock.json "$stamp" && return 0
    (cd tests/e2e && npm ci --ignore-scripts --no-audit --no-fund) >"$builds/npm.log" 2>&1 || {
        tail -20 "$builds/npm.log"
        return 1
    }
    cp tests/e2e/package-lock.json "$stamp"
}

suite_lint() {
    build_release || return
    lint edges
    lint text
    lint headers "$builds/release"
    lint readme "$builds/release"
}

suite_unit() {
    build_release && meson_tests release
}

suite_asan() {
    build_asan && meson_tests asan
}

suite_tsan() {
    CC=clang build tsan --buildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false -Dwerror=true || return
    # shellcheck disable=SC2046 # a list of names
    meson_tests tsan $(meson test -C "$builds/tsan" --list --no-rebuild 2>/dev/null | sed 's/.* \/ //' | grep -E '^(store|endpoint|upstream|scrub|server|metrics|log|quota|ledger|identity_gate)')
}

suite_e2e() {
    npm_packages || { failed "npm ci"; return; }
    build_release && node_tests release tests/e2e/*.test.mjs
}

suite_e2e_asan() {
    npm_packages || { failed "npm ci"; return; }
    # What lives as long as the process is not freed at its end, so leaks are looked for in the unit tests only.
    # At the pace of a sanitized build there are fewer connections, and lower rates (quota-redis.test.mjs).
    build_asan && REDACTD_SANITIZED=1 REDACTD_FLOOD=${REDACTD_FLOOD:-100} node_tests asan tests/e2e/*.test.mjs
}

python_tap() { # name, script, arguments
    name=$1
    shift
    python3 -B "$@" >"$builds/$name.tap" || echo "   $1 ended with $?"
    cat "$builds/$name.tap"
    count tap "$builds/$name.tap"
}

suite_quality() {
    build_release || return
    python_tap quality tests/quality/quality.py "$builds/release"
    python_tap unseen tests/quality/unseen_sets.py "$builds/release"
    python_tap peers tests/quality/peers.py "$builds/release"
    python_tap property tests/quality/property.py "$builds/release" 6000 1
}

say "packages"
# shellcheck disable=SC2086 # lists
install_packages $PACKAGES_BUILD $PACKAGES_RUN $PACKAGES_TEST || exit 1
# shellcheck disable=SC2086
new_enough_node || install_packages $PACKAGES_NODE || exit 1

for suite in $suites; do
    say "$suite"
    "suite_$suite" || true
done

say "result"
awk '{ p += $1; f += $2; s += $3 }
    END {
        printf "%d passed, %d failed%s\n", p, f, (s ? ", " s " skipped" : "")
        exit (f > 0 || p == 0)
    }' "$tally"
