#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Makes the development certificates next to this file (or in the folder given as first argument):
#
#   ca.pem       ca.key       a CA of its own, trusted by nobody else
#   server.pem   server.key   for localhost, 127.0.0.1 and ::1
#   client.pem   client.key   for a sender (clientAuth)
#
# Only what is missing, unreadable or expires within 30 days is made again, so a second run changes nothing. Keys are
# mode 0600 and never leave the folder; git ignores all of it. For production use a real CA.
set -eu

dir=${1:-$(dirname -- "$0")}
days=825
mkdir -p "$dir"
cd "$dir"
umask 077

usable() { # name: certificate and key exist, belong together and live for 30 days more
    [ -s "$1.pem" ] && [ -s "$1.key" ] || return 1
    openssl x509 -in "$1.pem" -noout -checkend 2592000 >/dev/null 2>&1 || return 1
    [ "$(openssl x509 -in "$1.pem" -noout -pubkey)" = "$(openssl pkey -in "$1.key" -pubout 2>/dev/null)" ]
}

issued_by_ca() { # name
    openssl verify -CAfile ca.pem "$1.pem" >/dev/null 2>&1
}

new_key() { # name
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key.new" 2>/dev/null
    chmod 600 "$1.key.new"
    mv "$1.key.new" "$1.key"
}

issue() { # name, common name, extension lines
    new_key "$1"
    openssl req -new -key "$1.key" -subj "/O=redactd development/CN=$2" -out "$1.csr"
    printf '%s\n' "basicConstraints=critical,CA:FALSE" "keyUsage=critical,digitalSignature" \
        "subjectKeyIdentifier=hash" "authorityKeyIdentifier=keyid" "$3" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -set_serial "0x$(openssl rand -hex 16)" \
        -days "$days" -sha256 -extfile "$1.ext" -out "$1.pem.new" 2>/dev/null
    mv "$1.pem.new" "$1.pem"
    chmod 644 "$1.pem"
    rm -f "$1.csr" "$1.ext"
}

if ! usable ca; then
    new_key ca
    openssl req -x509 -new -key ca.key -sha256 -days "$days" -subj "/O=redactd development/CN=redactd development CA" \
        -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" \
        -out ca.pem
    chmod 644 ca.pem
fi
if ! usable server || ! issued_by_ca server; then
    issue server localhost "extendedKeyUsage=serverAuth
subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"
fi
if ! usable client || ! issued_by_ca client; then
    issue client "development sender" "extendedKeyUsage=clientAuth
subjectAltName=DNS:development-sender"
fi
chmod 600 ca.key server.key client.key
