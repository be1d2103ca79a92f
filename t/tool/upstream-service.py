#!/usr/bin/python3
# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# upstream-service.py PORT JWKS ISS MODE: a court service that verifies by the
# Python block of module/reference/upstream.md, or is wrong in one respect.

import http.server
import json
import re
import sys

from jwcrypto import jwk, jws

port, jwks, iss, mode = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]

page = open("module/reference/upstream.md", encoding="utf-8").read()
block = re.search(r"^```python\n(.*?)^```$", page, re.M | re.S).group(1)
doc = {}
exec(compile(block, "upstream.md", "exec"), doc)
verify, Refused = doc["verify"], doc["Refused"]

keys = jwk.JWKSet.from_json(open(jwks, encoding="utf-8").read())


def claims_of(text):
    part = text.split(".")[1]
    return json.loads(jws.base64url_decode(part))


def forgiving(values):
    """one check left out: what it lets through is known from the claims"""
    claims = claims_of(values[0])
    aud, want = doc["AUD"], iss
    if mode == "no-aud":
        aud = claims["aud"]
    if mode == "no-iss":
        want = claims["iss"]
    interface = claims["interface"] if mode == "no-interface" else "case.read"
    if mode == "no-exp":
        doc["LEEWAY"] = 86400
    if mode == "no-signature":
        return claims
    return verify(values, keys, interface, iss=want, aud=aud)


def judge(headers):
    values = headers.get_all("Court-Assertion") or []
    if mode == "good":
        verify(values, keys, "case.read", iss=iss)
    elif mode == "open":
        return 200
    elif mode == "headers":
        if not headers.get("Court-Subject"):
            raise Refused("no subject")
    elif mode == "closed":
        raise Refused("everybody")
    elif mode == "late":                         # routes before it checks
        if not values:
            return 404
        verify(values, keys, "case.read", iss=iss)
    elif mode == "breaks":
        if not values:
            return 500
        verify(values, keys, "case.read", iss=iss)
    elif mode == "down":
        return 503
    else:
        if not values:
            raise Refused("none")
        forgiving(values)
    return 200


class Service(http.server.BaseHTTPRequestHandler):
    def answer(self):
        try:
            status = judge(self.headers)
        except Refused:
            status = 401
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_POST = answer

    def log_message(self, *args):
        pass


server = http.server.HTTPServer(("127.0.0.1", port), Service)
print("ready", flush=True)
server.serve_forever()
