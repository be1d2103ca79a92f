#!/bin/sh
# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Writes t/data/sm2-*: an SM2 key, and what the openssl command line signs
# with it, so that our signatures are measured against somebody else's.
# Each run makes another key; the files in the repository are one run's.

set -eu

cd "$(dirname "$0")"

openssl genpkey -algorithm SM2 -out sm2-key.pem
openssl pkey -in sm2-key.pem -pubout -out sm2-pub.pem
openssl req -new -x509 -sm3 -key sm2-key.pem -subj /CN=sm2-test -days 36500 \
    -sigopt distid:1234567812345678 -out sm2-cert.pem

printf '%s' 'eyJhbGciOiJTTTIifQ.eyJzdWIiOiJsYXd5ZXIifQ' > sm2-message

sign() { # FILE ID
    openssl pkeyutl -sign -rawin -digest sm3 -inkey sm2-key.pem \
        -pkeyopt "distid:$2" -in sm2-message -out "$1"
}

sign sm2-default.der 1234567812345678
sign sm2-alice.der ALICE123@YAHOO.COM

# MACs of the message under the key 00 01 ... 1f, in hex
key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
openssl dgst -sm3 -mac HMAC -macopt "hexkey:$key" -r sm2-message \
    | cut -d ' ' -f 1 > sm2-hmac
openssl dgst -sm3 -r sm2-message | cut -d ' ' -f 1 > sm2-digest
