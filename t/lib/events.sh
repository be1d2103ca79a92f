# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# For tests of the publisher of revocation events: its files in $dir, a Redis
# and publishers of the test's own, gateways that say what they are told to.
# Sourced; $dir and $tool are set.  events_end stops all of it.
#
# shellcheck disable=SC2034

n=0 failed=0 publisher='' redis_pid='' status=''
declare -A gateway=()

ok() {      # ok STATUS NAME
    n=$((n + 1))
    if [ "$1" = 0 ]; then echo "ok $n - $2"; else
        echo "not ok $n - $2"; failed=1
        tail -n 20 "$dir/out" "$dir/err" "$dir/answer" "$dir/publisher.log" 2> /dev/null | sed 's/^/# /'
    fi
}

until_() {  # until_ COMMAND: 60 s at most
    local i
    for ((i = 0; i < 600; i++)); do
        if eval "$1"; then return 0; fi
        sleep 0.1
    done
    return 1
}

b64() { printf %s "$1" | base64 -w 0 | tr '/+' '_-' | tr -d =; }

scoped() {  # scoped JWK SCOPE: its public part, with a scope
    "$tool" keys public --in "$1" | jq -c --argjson s "$2" '.keys[0] + {court_scope: $s}'
}

events_begin() {
    local all='{"issuers":["https://a.example"],"courts":["*"],"kinds":["*"]}'
    "$tool" keys new ec --kid auth-1 --out "$dir/auth.jwk"
    "$tool" keys new ec --kid auth-2 --out "$dir/other.jwk"
    "$tool" keys new seal --kid s1 --out "$dir/seal.keys"
    chmod 600 "$dir/seal.keys"
    printf '{"keys":[%s]}' "$(scoped "$dir/auth.jwk" "$all")" > "$dir/events.jwks"
    printf '{"keys":[%s]}' "$(scoped "$dir/auth.jwk" "${all/\"\*\"]\}/\"deny\"]\}}")" > "$dir/none.jwks"
    cat > "$dir/events.conf" <<END
# of a test
redis = unix:$dir/redis.sock
prefix = court
key = auth.jwk
keys = events.jwks
seal_keys = seal.keys
state = state
socket = publisher.sock
snapshot = ${snapshot:-2}
keep = ${keep:-1000}
END
}

redis() { redis-cli -s "$dir/redis.sock" "$@"; }

redis_start() {     # its arguments
    redis-server --port 0 --unixsocket "$dir/redis.sock" --dir "$dir" --save '' \
        --appendonly no --daemonize no "$@" > "$dir/redis.log" 2>&1 &
    redis_pid=$!
    until_ '[ "$(redis ping 2> /dev/null)" = PONG ]'
}

redis_kill() { kill -9 "$redis_pid" && wait "$redis_pid" 2> /dev/null; redis_pid=''; }

publisher_start() { # [conf]
    "$tool" events publisher -c "${1:-$dir/events.conf}" >> "$dir/publisher.log" 2>&1 &
    publisher=$!
    until_ '[ -S "$dir/publisher.sock" ]'
}

publisher_kill() { kill -9 "$publisher" && wait "$publisher" 2> /dev/null; rm -f "$dir/publisher.sock"; publisher=''; }

ask() { curl -s -m 20 --unix-socket "${socket:-$dir/publisher.sock}" "http://x$1"; }
seq_() { ask /status | jq .seq; }
up() { [ "$(ask /status | jq -r .redis)" = up ]; }

revoke() {  # revoke BODY: $status, and the answer in $dir/answer
    status=$(curl -s -m 20 --unix-socket "${socket:-$dir/publisher.sock}" -o "$dir/answer" \
        -w '%{http_code}' --data-binary "$1" http://x/revoke)
}

gateway_stop() {
    [ -z "${gateway[$1]:-}" ] || { kill "${gateway[$1]}"; wait "${gateway[$1]}" 2> /dev/null; }
    gateway[$1]=''
    rm -f "$dir/gateway-$1.sock"
}

gateway_start() {   # gateway_start N SEQUENCE BLIND
    gateway_stop "$1"
    "${PYTHON:-python3}" - "$dir/gateway-$1.sock" "$2" "$3" <<'END' &
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(8)
body = ('{"format": 1, "revocation": {"revoked":3,"events":true,"blind":%s,"silence_ms":1,'
        '"max_silence_ms":5000,"sequence":%s,"snapshots":1}}' % (sys.argv[3], sys.argv[2]))
while True:
    c, _ = s.accept()
    status = 200 if c.recv(65536).startswith(b'GET /stats ') else 404
    c.sendall(('HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s'
               % (status, len(body), body)).encode())
    c.close()
END
    gateway[$1]=$!
    until_ "[ -S '$dir/gateway-$1.sock' ]"
}

events_end() {
    local pid
    for pid in "$publisher" "$redis_pid" "${gateway[@]}"; do
        [ -z "$pid" ] || { kill -9 "$pid" && wait "$pid"; } 2> /dev/null
    done
}
