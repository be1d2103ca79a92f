#!/bin/sh
# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Writes t/data/jose-sm2.json: the signatures of make-sm2.sh, made by the
# openssl command line, as compact JWS with the key as JWK.

set -eu

cd "$(dirname "$0")"

b64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

bytes() { perl -e 'print pack "H*", shift' "$1"; } # HEX

raw() { # DER FILE: r and s, 32 bytes each, in hex
    openssl asn1parse -inform DER -in "$1" | sed -n 's/.*INTEGER *://p' |
    while read -r n; do
        printf '%64s' "$n" | tr ' ' 0
    done
}

point=$(openssl pkey -pubin -in sm2-pub.pem -outform DER |
    tail -c 64 | od -An -tx1 | tr -d ' \n')
x=$(bytes "$(printf '%s' "$point" | cut -c 1-64)" | b64url)
y=$(bytes "$(printf '%s' "$point" | cut -c 65-128)" | b64url)
jwks="{\"keys\":[{\"kty\":\"EC\",\"crv\":\"SM2\",\"x\":\"$x\",\"y\":\"$y\"}]}"

vector() { # NAME RESULT SIGNATURE [MEMBERS]
    printf '{"name":"%s","result":"%s",%s"jwks":%s,"payload":"%s",' \
        "$1" "$2" "${4-}" "$jwks" "$(cut -d . -f 2 sm2-message)"
    printf '"token":"%s.%s"}' "$(cat sm2-message)" "$3"
}

default=$(bytes "$(raw sm2-default.der)" | b64url)
alice=$(bytes "$(raw sm2-alice.der)" | b64url)
der=$(b64url < sm2-default.der)

{
    printf '{"vectors":[\n'
    vector 'SM2, raw' valid "$default"
    printf ',\n'
    vector 'SM2, another id' valid "$alice" '"sm2_id":"ALICE123@YAHOO.COM",'
    printf ',\n'
    vector 'SM2, DER where it is configured' valid "$der" '"sm2_der":true,'
    printf ',\n'
    vector 'SM2, the id is not guessed' refused "$alice"
    printf ',\n'
    vector 'SM2, DER is not guessed' refused "$der"
    printf ',\n'
    vector 'SM2, raw is not guessed' refused "$default" '"sm2_der":true,'
    printf '\n]}\n'
} > jose-sm2.json
