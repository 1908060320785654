# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034
#
# The one list of Debian 12 packages that redactd needs, and how they are installed. Sourced by gateway/run.sh and
# tests/run.sh.

# To compile it.
PACKAGES_BUILD="gcc libc6-dev meson ninja-build python3 pkg-config protobuf-c-compiler libprotobuf-c-dev libh2o-evloop-dev
libssl-dev zlib1g-dev libdeflate-dev libisal-dev libzstd-dev libsnappy-dev libjansson-dev libpcre2-dev libyaml-dev
libargon2-dev libhiredis-dev"
# To make development certificates and to wait until it is ready.
PACKAGES_RUN="openssl curl"
# To test it. Node comes apart: tests/run.sh uses a present one if it is new enough.
PACKAGES_TEST="libcmocka-dev clang libclang-rt-14-dev nginx-light shellcheck git procps tzdata redis-server"
PACKAGES_NODE="nodejs npm"

missing_packages() { # packages: those that are not installed
    for p in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || printf '%s ' "$p"
    done
}

install_packages() { # packages: installs the missing ones; asks the mirror for new lists only when it must
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        echo "these packages are missing and only root can install them: $missing" >&2
        return 1
    fi
    echo "installing: $missing" >&2
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 # a list
    apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1 && return 0
    apt-get update -qq >&2
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing >&2
}
