# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
#
# The demo: gateways, a Redis, a source and a court under one directory.
# Sourced by courtctl; $here is lua-free-scripts/.

root=$(CDPATH='' cd -- "$here/.." && pwd)
demo_dir=${COURT_DEMO_DIR:-$root/build/demo}
demo_port=${COURT_PORT:-8080}
demo_tool=${COURT_TOOL:-$root/build/court-tool}
demo_module=${COURT_MODULE:-}
demo_gateways=1
demo_upstream=

demo_say() { printf '%s\n' "$*" >&2; }

demo_find_tool() {
    [ -x "$demo_tool" ] && return 0
    demo_say "courtctl: no $demo_tool: run \"make\" first"
    return 4
}

demo_find_module() {
    [ -n "$demo_module" ] && return 0
    demo_module=$(find "$root/build" -name ngx_http_court_module.so \
        -not -path '*asan*' -not -path '*debug*' 2>/dev/null | head -n 1)
    [ -n "$demo_module" ] && return 0
    demo_say "courtctl: no ngx_http_court_module.so: run \"make\" first"
    return 4
}

# a process is alive: there, and no zombie
demo_alive() {
    [ -n "$1" ] && [ -r "/proc/$1/stat" ] || return 1
    case $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) in
        Z*|X*|'') return 1 ;;
    esac
    return 0
}

demo_pid() { cat "$demo_dir/$1" 2>/dev/null; }

# waits up to $1 tenths of a second for a command to succeed
demo_wait() {
    tries=$1; shift
    while [ "$tries" -gt 0 ]; do
        "$@" && return 0
        sleep 0.1
        tries=$((tries - 1))
    done
    return 1
}

demo_dead() { ! demo_alive "$1"; }

demo_kill() {
    pid=$(demo_pid "$1")
    [ -n "$pid" ] || return 0
    if demo_alive "$pid"; then
        kill -CONT "$pid" 2>/dev/null
        kill "-${2:-TERM}" "$pid" 2>/dev/null
        demo_wait 50 demo_dead "$pid" || kill -KILL "$pid" 2>/dev/null
    fi
    rm -f "$demo_dir/$1"
}

# the gateway's first pid file is nginx.pid, others nginx-N.pid
demo_pidfile() { if [ "$1" = 1 ]; then echo nginx.pid; else echo "nginx-$1.pid"; fi; }

demo_spawn() {
    name=$1; shift
    "$demo_tool" spawn --pid "$demo_dir/$name.pid" --log "$demo_dir/log/$name.out" "$@"
}

demo_keys() {
    k=$demo_dir/keys
    for who in platform staff; do
        "$demo_tool" keys new --kty ec --crv P-256 --kid "$who-es256" --out "$k/$who.es256" &&
        "$demo_tool" keys new --kty rsa --bits 2048 --kid "$who-rs256" --out "$k/$who.rs256" &&
        "$demo_tool" keys new --kty okp --crv Ed25519 --kid "$who-eddsa" --out "$k/$who.eddsa" &&
        "$demo_tool" keys new --kty sm2 --kid "$who-sm2" --out "$k/$who.sm2" &&
        "$demo_tool" keys join --out "$k/$who.jwk" "$k/$who.es256" \
            "$k/$who.rs256" "$k/$who.eddsa" "$k/$who.sm2" &&
        "$demo_tool" keys public --in "$k/$who.jwk" --out "$k/$who.jwks" ||
            return 1
    done
    "$demo_tool" keys new --kty ec --crv P-256 --kid demo-gateway --out "$k/assertion.jwk" &&
    "$demo_tool" keys new --kty seal --kid s1 --out "$k/seal.key" &&
    "$demo_tool" keys new --kty audit --kid a1 --out "$k/audit.key" &&
    "$demo_tool" keys new --kty oct --bits 256 --kid forger --out "$k/forger.jwk" || return 1
    (umask 077; head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$k/redis.password")
}

demo_mint() {
    COURT_DEMO_DIR=$demo_dir "$demo_tool" token mint --demo "$@"
}

demo_tokens() {
    t=$demo_dir/tokens
    for who in lawyer gov_lawyer assistant party officer; do
        demo_mint "$who" > "$t/$who.jwt" || return 1
    done
    demo_mint lawyer --sub lawyer-suspended > "$t/suspended.jwt" &&
    demo_mint lawyer --exp -600 > "$t/expired.jwt" || return 1
    # the lawyer's words under another token's signature
    printf '%s.%s\n' "$(sed 's/\.[^.]*$//' "$t/lawyer.jwt")" \
        "$(sed 's/^.*\.//' "$t/party.jwt")" > "$t/forged.jwt"
}

demo_redis_conf() {
    cat > "$demo_dir/conf/redis.conf" <<EOF
port 0
unixsocket $demo_dir/redis.sock
unixsocketperm 700
daemonize no
save ""
appendonly no
dir $demo_dir/tmp
user default on nopass ~* &* +@all
user gateway on >$(cat "$demo_dir/keys/redis.password") ~court:* &* +@all
EOF
    chmod 600 "$demo_dir/conf/redis.conf"
}

demo_nginx_conf() {
    n=$1
    user=
    [ "$(id -u)" = 0 ] && user='user root;'
    scheme=http://
    upstream=unix:$demo_dir/run/sim-court.sock
    if [ -n "$demo_upstream" ]; then
        upstream=${demo_upstream#*://}
        upstream=${upstream%%/*}
        scheme=${demo_upstream%%://*}://
    fi
    errorlog=error.log
    [ "$n" = 1 ] || errorlog=error-$n.log
    sed -e "s|@MODULE@|$demo_module|" -e "s|@USER@|$user|" \
        -e "s|@DIR@|$demo_dir|g" -e "s|@PID@|$(demo_pidfile "$n")|" \
        -e "s|@ERRORLOG@|$errorlog|" -e "s|@NAME@|gw$n|g" \
        -e "s|@PORT@|$((demo_port + n - 1))|g" \
        -e "s|@UPSTREAM@|$upstream|" -e "s|@UPSTREAM_SCHEME@|$scheme|" \
        "$here/demo/nginx.conf.in" > "$demo_dir/conf/nginx-$n.conf"
}

demo_nginx() {
    for nginx in "${COURT_NGINX:-}" /usr/sbin/nginx nginx; do
        [ -n "$nginx" ] && command -v "$nginx" >/dev/null 2>&1 && break
    done
    printf '%s' "$nginx"
}

demo_gateway_up() {
    pid=$(demo_pid "$(demo_pidfile "$1")")
    [ -n "$pid" ] && demo_alive "$pid"
}

demo_gateway() {
    demo_nginx_conf "$1"
    demo_spawn "gateway-$1" "$(demo_nginx)" -c "$demo_dir/conf/nginx-$1.conf" || return 4
    demo_wait 100 demo_gateway_up "$1" && return 0
    demo_say "courtctl: gateway $1 did not start:"
    cat "$demo_dir/log/gateway-$1.out" >&2
    tail -n 5 "$demo_dir/log/error.log" >&2 2>/dev/null
    return 4
}

demo_status_of() {
    curl -s -o /dev/null -m 5 -w '%{http_code}' \
        -H "Authorization: Bearer $(cat "$demo_dir/tokens/lawyer.jwt")" \
        "http://127.0.0.1:$1/api/v1/cases/1"
}

demo_first() { [ "$(demo_status_of "$demo_port")" = 200 ]; }

demo_redis() {
    demo_spawn redis redis-server "$demo_dir/conf/redis.conf"
}

demo_redis_up() {
    redis-cli -s "$demo_dir/redis.sock" ping 2>/dev/null | grep -q PONG
}

demo_prepare() {
    rm -rf "$demo_dir"
    mkdir -p "$demo_dir" && demo_dir=$(CDPATH='' cd -- "$demo_dir" && pwd) || return 4
    (umask 077; mkdir -p "$demo_dir/keys" "$demo_dir/run")
    mkdir -p "$demo_dir/conf" "$demo_dir/log" "$demo_dir/tmp" "$demo_dir/tokens" \
        "$demo_dir/fault"
    cp -R "$here/demo/data/." "$demo_dir/"
    cp "$root/conf/policy/court.json" "$root/conf/courts.json" "$demo_dir/conf/"
    : > "$demo_dir/log/source.log"
    : > "$demo_dir/log/court.log"
    demo_keys && demo_tokens && demo_redis_conf
}

demo_start() {
    demo_find_tool && demo_find_module || return 4
    if demo_alive "$(demo_pid nginx.pid)"; then
        demo_say "courtctl: the demo is running; stop it first"
        return 1
    fi
    for need in curl redis-server redis-cli "$(demo_nginx)"; do
        command -v "$need" >/dev/null 2>&1 || {
            demo_say "courtctl: $need is missing: \"make deps\" installs it"; return 4; }
    done
    demo_prepare || { demo_say "courtctl: cannot prepare $demo_dir"; return 4; }
    demo_redis &&
    demo_spawn sim-source "$demo_tool" sim source --dir "$demo_dir" \
        --listen "unix:$demo_dir/run/sim-source.sock" &&
    demo_spawn sim-court "$demo_tool" sim court --dir "$demo_dir" \
        --listen "unix:$demo_dir/run/sim-court.sock" &&
    demo_wait 100 demo_redis_up || { demo_stop; return 4; }
    i=1
    while [ "$i" -le "$demo_gateways" ]; do
        demo_gateway "$i" || { demo_stop; return 4; }
        i=$((i + 1))
    done
    echo "$demo_gateways" > "$demo_dir/gateways"
    echo "$demo_port" > "$demo_dir/port"
    if [ -z "$demo_upstream" ] && ! demo_wait 100 demo_first; then
        demo_say "courtctl: the first request was not decided:"
        tail -n 5 "$demo_dir/log/error.log" >&2
        demo_stop
        return 4
    fi
    demo_say "courtctl: the demo runs at http://127.0.0.1:$demo_port (files in $demo_dir)"
}

demo_stop() {
    i=1
    while [ "$i" -le 9 ]; do
        demo_kill "$(demo_pidfile "$i")"
        rm -f "$demo_dir/gateway-$i.pid"
        i=$((i + 1))
    done
    for name in sim-source sim-court sim-redis redis; do
        demo_kill "$name.pid"
    done
}

demo_show_status() {
    rc=0
    for name in nginx.pid redis.pid sim-source.pid sim-court.pid; do
        if demo_alive "$(demo_pid "$name")"; then
            echo "${name%.pid}: up"
        else
            echo "${name%.pid}: down"
            rc=1
        fi
    done
    return $rc
}

# a Redis that answers wrongly takes the real one's place at its socket
demo_redis_swap() {
    s=$demo_dir/redis.sock
    demo_kill sim-redis.pid
    [ -S "$demo_dir/redis.real.sock" ] && mv "$demo_dir/redis.real.sock" "$s"
    [ "$1" = ok ] && return 0
    echo "$1" > "$demo_dir/fault/redis"
    mv "$s" "$demo_dir/redis.real.sock"
    demo_spawn sim-redis "$demo_tool" sim redis --dir "$demo_dir" --listen "unix:$s"
    demo_wait 50 test -S "$s"
    # those already connected speak with the real one: end that
    redis-cli -s "$demo_dir/redis.real.sock" client kill type normal >/dev/null 2>&1
    return 0
}

demo_redis_fault() {
    pid=$(demo_pid redis.pid)
    case $1 in
        ok)
            demo_redis_swap ok
            if demo_alive "$pid"; then kill -CONT "$pid"; else demo_redis; fi
            demo_wait 100 demo_redis_up ;;
        down)
            demo_redis_swap ok
            kill -KILL "$pid" 2>/dev/null
            demo_wait 50 demo_dead "$pid" ;;
        hang)
            demo_redis_swap ok
            kill -STOP "$pid" ;;
        slow|error|garbage|mismatch)
            demo_redis_swap "$1" ;;
    esac
}

demo_fault() {
    case "${1:-} ${2:-}" in
        "source "*|"court "*|"redis "*) ;;
        *) demo_say "usage: courtctl demo fault source|redis|court FAULT"; return 2 ;;
    esac
    case $2 in
        ok|down|hang|slow|error|garbage|mismatch) ;;
        *) demo_say "courtctl: unknown fault \"$2\""; return 2 ;;
    esac
    demo_find_tool || return 4
    demo_alive "$(demo_pid nginx.pid)" || { demo_say "courtctl: no demo runs"; return 4; }
    if [ "$1" = redis ]; then
        demo_redis_fault "$2"
        return
    fi
    echo "$2" > "$demo_dir/fault/$1.new" && mv "$demo_dir/fault/$1.new" "$demo_dir/fault/$1"
    sleep 0.2                       # it looks every 50 ms
}

demo_hints() {
    cat <<EOF

The demo gateway runs.  Paste into another terminal:

  T=$demo_dir/tokens

  # a lawyer reads his case: 200, and what the court service received
  curl -s -H "Authorization: Bearer \$(cat \$T/lawyer.jwt)" http://127.0.0.1:$demo_port/api/v1/cases/1

  # nobody: 401, whatever the path
  curl -s http://127.0.0.1:$demo_port/api/v1/cases/1

  # an assistant reads by delegation: 200; but may not submit a filing: 403
  curl -s -H "Authorization: Bearer \$(cat \$T/assistant.jwt)" http://127.0.0.1:$demo_port/api/v1/cases/1
  curl -s -X POST -H "Authorization: Bearer \$(cat \$T/assistant.jwt)" http://127.0.0.1:$demo_port/api/v1/courts/B00/filings/1/submit

  # a suspended lawyer: 403 practice_not_active
  curl -s -H "Authorization: Bearer \$(cat \$T/suspended.jwt)" http://127.0.0.1:$demo_port/api/v1/cases/1

  # the identity platform is down: a cold identity is 503, never yes or no
  lua-free-scripts/courtctl demo fault source down

Ctrl-C stops everything.
EOF
}

demo_run() {
    trap 'trap "" INT TERM; demo_stop; exit 0' INT TERM
    demo_start || return
    demo_hints
    while demo_alive "$(demo_pid nginx.pid)"; do sleep 1; done
    demo_say "courtctl: the gateway has gone"
    demo_stop
    return 4
}

demo_main() {
    verb=${1:-}
    [ $# -gt 0 ] && shift
    if [ "$verb" = fault ]; then
        demo_fault "$@"
        return
    fi
    while [ $# -gt 0 ]; do
        case $1 in
            --gateways) demo_gateways=${2:-}; shift ;;
            --upstream) demo_upstream=${2:-}; shift ;;
            *) demo_say "courtctl: unknown option \"$1\""; return 2 ;;
        esac
        shift
    done
    case $demo_gateways in
        [1-9]) ;;
        *) demo_say "courtctl: --gateways takes 1 to 9"; return 2 ;;
    esac
    case $demo_upstream in
        ''|http://*|https://*) ;;
        *) demo_say "courtctl: --upstream takes http://HOST:PORT"; return 2 ;;
    esac
    case $verb in
        start)  demo_start ;;
        run)    demo_run ;;
        stop)   demo_stop ;;
        status) demo_show_status ;;
        *) demo_say "usage: courtctl demo start|run|stop|status|fault"; return 2 ;;
    esac
}
