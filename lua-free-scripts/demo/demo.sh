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
demo_gateways=
demo_cluster=
demo_upstream=

# as /proc shows it, where there is such a directory
[ -d "$demo_dir" ] && demo_dir=$(CDPATH='' cd -P -- "$demo_dir" && pwd -P)

# Sockets stand in run/, and Redis' in the demo's directory itself: links into
# a directory of a short name where theirs would be too long for the kernel.
demo_run=$demo_dir/run
demo_sock=$demo_dir/redis.sock
if [ -L "$demo_run" ]; then
    demo_run=$(readlink "$demo_run")
    demo_sock=$demo_run/redis.sock
fi

. "$here/demo/redis.sh"

demo_say() { printf '%s\n' "$*" >&2; }

demo_find_tool() {
    [ -x "$demo_tool" ] && return 0
    demo_say "courtctl: no $demo_tool: run \"make\" first"
    return 4
}

demo_find_module() {
    [ -n "$demo_module" ] && return 0
    for demo_module in "$root"/build/gcc/ngx_http_court_module.so \
        "$root"/build/*/ngx_http_court_module.so
    do
        [ -r "$demo_module" ] && return 0
    done
    demo_module=
    demo_say "courtctl: no ngx_http_court_module.so: run \"make\" first"
    return 4
}

# A process is alive and one of ours: its stderr is a log of this demo.  So a
# pid file left from before a crash never means somebody else's process, and a
# zombie, which has no files, is dead.
demo_alive() {
    [ -n "$1" ] || return 1
    case $(readlink "/proc/$1/fd/2" 2>/dev/null) in
        "$demo_dir/log/"*.out*|"$demo_dir/log/error"*) return 0 ;;
    esac
    return 1
}

# all of them, whatever became of the pid files
demo_processes() {
    find /proc/[0-9]*/fd/2 -maxdepth 0 \( -lname "$demo_dir/log/*.out*" \
        -o -lname "$demo_dir/log/error*" \) 2>/dev/null | cut -d / -f 3
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
    if demo_alive "$pid"; then
        kill -CONT "$pid" 2>/dev/null
        kill -TERM "$pid" 2>/dev/null
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

demo_sim() {
    rm -f "$demo_dir/fault/$1.is"
    demo_spawn "sim-$1" "$demo_tool" sim "$1" --dir "$demo_dir" --listen "$2"
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

demo_nginx_conf() {
    n=$1
    user=
    [ "$(id -u)" = 0 ] && user='user root;'
    scheme=http://
    upstream=unix:$demo_run/sim-court.sock
    if [ -n "$demo_upstream" ]; then
        upstream=${demo_upstream#*://}
        upstream=${upstream%%/*}
        scheme=${demo_upstream%%://*}://
    fi
    errorlog=error.log
    [ "$n" = 1 ] || errorlog=error-$n.log
    sed -e "s|@MODULE@|$demo_module|" -e "s|@USER@|$user|" \
        -e "s|@DIR@|$demo_dir|g" -e "s|@RUN@|$demo_run|g" \
        -e "s|@REDIS@|$(demo_redis_lines)|" -e "s|@PID@|$(demo_pidfile "$n")|" \
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

# up, or never going to be
demo_gateway_settled() {
    demo_gateway_up "$1" || demo_dead "$(demo_pid "gateway-$1.pid")"
}

demo_gateway() {
    demo_nginx_conf "$1"
    demo_spawn "gateway-$1" "$(demo_nginx)" -e "$demo_dir/log/error.log" \
        -c "$demo_dir/conf/nginx-$1.conf" || return 4
    # it leaves us when it has its sockets; its pid file comes a moment later
    demo_wait 100 demo_gateway_settled "$1"
    demo_wait 50 demo_gateway_up "$1" && return 0
    demo_say "courtctl: gateway $1 did not start:"
    tail -n 5 "$demo_dir/log/gateway-$1.out" >&2
    grep -E '\[(emerg|alert)\]' "$demo_dir/log/error.log" 2>/dev/null | tail -n 5 >&2
    return 4
}

demo_status_of() {
    curl -s -o /dev/null -m 5 --noproxy '*' -w '%{http_code}' \
        -H "Authorization: Bearer $(cat "$demo_dir/tokens/lawyer.jwt")" \
        "http://127.0.0.1:$1/api/v1/cases/1"
}

# Decided: with a court of one's own anything that it may answer, so that only
# our own not-yet is none.
demo_decided() {
    case $(demo_status_of "$1") in
        200) return 0 ;;
        000|500|503) return 1 ;;
    esac
    [ -n "$demo_upstream" ]
}

# 7: nobody listens there
demo_port_free() {
    curl -s -o /dev/null -m 2 --noproxy '*' "http://127.0.0.1:$1/"
    [ $? = 7 ]
}

demo_ports() {
    p=$demo_port
    while [ "$p" -lt $((demo_port + demo_gateways + ${demo_cluster:-0})) ]; do
        if ! demo_port_free "$p"; then
            demo_say "courtctl: port $p is in use; COURT_PORT=N takes another"
            return 4
        fi
        p=$((p + 1))
    done
}

demo_length() { printf %s "$1" | wc -c; }

# A socket's name has 107 bytes at most; the longest here is gw1-control.sock.
demo_run_dir() {
    if [ "$(demo_length "$demo_dir/run/gw1-control.sock")" -le 107 ]; then
        demo_run=$demo_dir/run
        demo_sock=$demo_dir/redis.sock
        (umask 077; mkdir -p "$demo_run")
        return
    fi
    for base in "${TMPDIR:-/tmp}" /tmp; do
        [ "$(demo_length "$base/court-demo-XXXXXX/gw1-control.sock")" -le 107 ] &&
            demo_run=$(mktemp -d "$base/court-demo-XXXXXX") && break
        demo_run=
    done
    [ -n "$demo_run" ] || return 4
    demo_sock=$demo_run/redis.sock
    ln -s "$demo_run" "$demo_dir/run" && ln -s "$demo_sock" "$demo_dir/redis.sock"
}

# what would have another meaning in the files that are written with it
demo_names() {
    case $demo_dir$demo_module$root in
        *[\"\'\\\|\&\$\*\?\[\`]*|*'
'*)
            demo_say "courtctl: quotes and the like in a path are not supported: $demo_dir"
            return 3 ;;
    esac
    if [ "$demo_dir" != "$root/build/demo" ] && [ ! -e "$demo_dir/.court-demo" ] &&
        [ -n "$(ls -A "$demo_dir" 2>/dev/null)" ]
    then
        demo_say "courtctl: $demo_dir is there and is no demo's: it is left alone"
        return 3
    fi
}

demo_prepare() {
    rm -rf "$demo_dir"
    mkdir -p "$demo_dir" && demo_dir=$(CDPATH='' cd -P -- "$demo_dir" && pwd -P) || return 4
    : > "$demo_dir/.court-demo"
    (umask 077; mkdir -p "$demo_dir/keys")
    mkdir -p "$demo_dir/conf" "$demo_dir/log" "$demo_dir/tmp" "$demo_dir/tokens" \
        "$demo_dir/fault"
    echo "$demo_gateways" > "$demo_dir/gateways"
    echo "$demo_port" > "$demo_dir/port"
    [ -z "$demo_cluster" ] || : > "$demo_dir/cluster"
    demo_run_dir || return 4
    cp -R "$here/demo/data/." "$demo_dir/"
    cp "$root/conf/policy/court.json" "$root/conf/courts.json" "$demo_dir/conf/"
    : > "$demo_dir/log/source.log"
    : > "$demo_dir/log/court.log"
    demo_courtctl_conf && demo_keys && demo_tokens && demo_redis_conf
}

# what courtctl takes while the demo runs: the first gateway
demo_courtctl_conf() {
    cat > "$demo_dir/courtctl.conf" <<EOF
control = unix:$demo_run/gw1-control.sock
status = unix:$demo_run/gw1-control.sock:/status
gateway = http://127.0.0.1:$demo_port
audit = log/gw1.audit*
audit_key = keys/audit.key
assertion_key = keys/assertion.jwk
nginx = $(command -v "$(demo_nginx)")
nginx_conf = conf/nginx-1.conf
nginx_pid = nginx.pid
error_log = log/error.log
policy = conf/court.json
courts = conf/courts.json
keys_dir = keys
state_dir = tmp
EOF
}

demo_servers() {
    demo_redis && demo_cluster_join &&
    demo_sim source unix:"$demo_run/sim-source.sock" &&
    demo_sim court unix:"$demo_run/sim-court.sock" &&
    demo_wait 100 demo_redis_up || {
        demo_say "courtctl: Redis or a simulator did not start:"
        tail -n 3 "$demo_dir"/log/redis*.out "$demo_dir"/log/sim-*.out >&2
        return 4
    }
    i=1
    while [ "$i" -le "$demo_gateways" ]; do
        demo_gateway "$i" || return 4
        i=$((i + 1))
    done
    i=1
    while [ "$i" -le "$demo_gateways" ]; do
        demo_wait 100 demo_decided $((demo_port + i - 1)) || {
            demo_say "courtctl: gateway $i decided no first request:"
            tail -n 5 "$demo_dir/log/error.log" >&2
            return 4
        }
        i=$((i + 1))
    done
}

demo_start() {
    demo_find_tool && demo_find_module || return 4
    demo_names || return
    if demo_alive "$(demo_pid nginx.pid)"; then
        demo_say "courtctl: the demo is running; stop it first"
        return 1
    fi
    for need in curl redis-server redis-cli "$(demo_nginx)"; do
        command -v "$need" >/dev/null 2>&1 || {
            demo_say "courtctl: $need is missing: \"make deps\" installs it"; return 4; }
    done
    demo_stop                       # what a crash or rm left
    demo_ports || return
    demo_prepare || { demo_say "courtctl: cannot prepare $demo_dir"; return 4; }
    demo_servers || { demo_stop; return 4; }
    demo_say "courtctl: the demo runs at $(demo_urls) (files in $demo_dir)"
}

# a gateway's port is that of the one before it plus one
demo_urls() {
    n=$(demo_pid gateways)
    p=$(demo_pid port)
    last=$((p + ${n:-1}))
    while [ "$p" -lt "$last" ]; do
        printf '%s%s' "${urls:+ }" "http://127.0.0.1:$p"
        urls=1
        p=$((p + 1))
    done
    urls=
}

# Sends a signal to the demo's processes, but not to children of one of them:
# workers follow their master.  0 where none is left.
demo_signal() {
    pids=$(demo_processes | tr '\n' ' ')
    [ -n "$pids" ] || return 0
    for pid in $pids; do
        parent=$(sed 's/.*) . \([0-9]*\) .*/\1/' "/proc/$pid/stat" 2>/dev/null)
        case " $pids" in
            *" $parent "*) ;;
            *) kill "-$1" "$pid" 2>/dev/null ;;
        esac
    done
    return 1
}

demo_stop() {
    [ -d "$demo_dir" ] || return 0
    if ! demo_signal CONT; then
        demo_wait 50 demo_signal TERM || demo_wait 20 demo_signal KILL
    fi
    rm -f "$demo_dir"/*.pid "$demo_dir"/nginx.pid.oldbin "$demo_dir"/redis*.sock
    [ -e "$demo_dir/.court-demo" ] || return 0
    rm -f "$demo_run"/*.sock
    if [ -L "$demo_dir/run" ]; then
        rmdir "$demo_run" 2>/dev/null
        rm -f "$demo_dir/run"
    fi
    return 0
}

demo_show_status() {
    rc=0
    n=$(demo_pid gateways)
    names="nginx $(demo_redis_names) sim-source sim-court"
    i=2
    while [ "$i" -le "${n:-1}" ]; do
        names="$names nginx-$i"
        i=$((i + 1))
    done
    for name in $names; do
        if demo_alive "$(demo_pid "$name.pid")"; then
            echo "$name: up"
        else
            echo "$name: down"
            rc=1
        fi
    done
    [ $rc = 0 ] && demo_urls | tr ' ' '\n' && echo
    return $rc
}

demo_in_force() { [ "$(demo_pid "fault/$1.is")" = "$2" ]; }

demo_fault() {
    case "${1:-} ${2:-} $#" in
        "source "*" 2"|"court "*" 2"|"redis "*" 2") ;;
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
    demo_wait 50 demo_in_force "$1" "$2" || { demo_say "courtctl: the $1 does not hear"; return 4; }
}

demo_hints() {
    cat <<EOF

The demo gateway runs.  Paste into another terminal:

  T='$demo_dir/tokens'

  # a lawyer reads his case: 200, and what the court service received
  curl -s -H "Authorization: Bearer \$(cat "\$T"/lawyer.jwt)" http://127.0.0.1:$demo_port/api/v1/cases/1

  # nobody: 401, whatever the path
  curl -s http://127.0.0.1:$demo_port/api/v1/cases/1

  # an assistant reads by delegation: 200; but may not submit a filing: 403
  curl -s -H "Authorization: Bearer \$(cat "\$T"/assistant.jwt)" http://127.0.0.1:$demo_port/api/v1/cases/1
  curl -s -X POST -H "Authorization: Bearer \$(cat "\$T"/assistant.jwt)" http://127.0.0.1:$demo_port/api/v1/courts/B00/filings/1/submit

  # a suspended lawyer: 403 practice_not_active
  curl -s -H "Authorization: Bearer \$(cat "\$T"/suspended.jwt)" http://127.0.0.1:$demo_port/api/v1/cases/1

  # the identity platform is down: a cold identity is 503, never yes or no
  lua-free-scripts/courtctl demo fault source down

Ctrl-C stops everything.
EOF
}

demo_run() {
    trap 'trap "" INT TERM HUP; demo_stop; exit 0' INT TERM HUP
    demo_start || return
    demo_hints
    while demo_alive "$(demo_pid nginx.pid)"; do sleep 1; done
    demo_say "courtctl: the gateway has gone"
    demo_stop
    return 4
}

demo_options() {
    while [ $# -gt 0 ]; do
        case $1 in
            --cluster) demo_cluster=6; shift; continue ;;
            --gateways|--upstream)
                [ $# -ge 2 ] || { demo_say "courtctl: $1 needs a value"; return 2; } ;;
            *) demo_say "courtctl: unknown option \"$1\""; return 2 ;;
        esac
        [ "$1" = --gateways ] && demo_gateways=$2
        [ "$1" = --upstream ] && demo_upstream=$2
        shift 2
    done
    # a cluster is there to be shared
    demo_gateways=${demo_gateways:-${demo_cluster:+3}}
    demo_gateways=${demo_gateways:-1}
    case $demo_gateways in
        [1-9]) ;;
        *) demo_say "courtctl: --gateways takes 1 to 9"; return 2 ;;
    esac
    case $demo_upstream in
        *[!A-Za-z0-9.:/_-]*) demo_say "courtctl: --upstream takes http://HOST:PORT"; return 2 ;;
        ''|http://?*|https://?*) ;;
        *) demo_say "courtctl: --upstream takes http://HOST:PORT"; return 2 ;;
    esac
    case $demo_port in
        ''|*[!0-9]*|0*|??????*) demo_say "courtctl: COURT_PORT is no port"; return 2 ;;
    esac
    [ $((demo_port + demo_gateways + ${demo_cluster:-0})) -le 65536 ] || { demo_say "courtctl: COURT_PORT is no port"; return 2; }
}

demo_main() {
    verb=${1:-}
    [ $# -gt 0 ] && shift
    case $verb in
        start|run) demo_options "$@" || return ;;
        stop|status) [ $# = 0 ] || { demo_say "courtctl: demo $verb takes no option"; return 2; } ;;
    esac
    case $verb in
        start)  demo_start ;;
        run)    demo_run ;;
        stop)   demo_stop ;;
        status) demo_show_status ;;
        fault)  demo_fault "$@" ;;
        *) demo_say "usage: courtctl demo start|run|stop|status|fault"; return 2 ;;
    esac
}
