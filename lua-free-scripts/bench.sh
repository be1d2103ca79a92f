# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
#
# bench: how fast the gateway on this machine answers.  Sourced by courtctl
# after ctl.sh.

bench_usage() {
    cat <<'END'
usage: courtctl bench URL|/PATH... [--token FILE|-] [--connections N]
           [--requests N] [--method M] [--host NAME] [--yes] [-o json]
       courtctl bench --demo [--connections N] [--requests N] [-o json]

examples:
  courtctl bench --demo
  courtctl bench /api/v1/cases/1 /static --token token.jwt
  courtctl bench http://127.0.0.1:8081/api/v1/cases/1 --token - < token.jwt

/PATH is asked at the setting "gateway"; a URL is http://HOST:PORT/PATH,
without TLS, or unix:SOCKET:/PATH.  Another machine is asked only with --yes.
--demo compares a lawyer's case with an unprotected location.

exit codes: 0 measured, 1 not all answers were 2xx, 4 no answer, 5 not this
machine
END
}

bench_gateway() {
    place=$(ctl_conf gateway)
    [ -n "$place" ] || { ctl_say 'no "gateway" in the configuration'; return 3; }
    case $place in
        unix:*:/*) printf '%s%s' "${place%/}" "$1" ;;
        unix:*) printf '%s:%s' "$place" "$1" ;;
        *) printf '%s%s' "${place%/}" "$1" ;;
    esac
}

bench_main() {
    left=$# demo=''
    [ $# -gt 0 ] || { ctl_usage_error bench 'no URL'; return; }
    while [ "$left" -gt 0 ]; do
        word=$1; shift; left=$((left - 1))
        case $word in
            --demo) demo=1 ;;
            /*) word=$(bench_gateway "$word") || return
                set -- "$@" "$word" ;;
            --yes|http://*|unix:*) set -- "$@" "$word" ;;
            --*) [ "$left" -gt 0 ] || { ctl_usage_error bench "$word needs a value"; return; }
                set -- "$@" "$word" "$1"; shift; left=$((left - 1)) ;;
            *) ctl_usage_error bench "takes http://HOST:PORT/PATH, without TLS, not \"$word\""; return ;;
        esac
    done
    demo_find_tool || return
    [ "$ctl_output" = text ] || set -- "$@" -o json
    [ -n "$demo" ] || { "$demo_tool" bench "$@"; return; }

    place=$(bench_gateway /api/v1/cases/1) && static=$(bench_gateway /static) || return
    token=$(COURT_DEMO_DIR=$demo_dir "$demo_tool" token mint --demo lawyer) || return
    printf '%s' "$token" | "$demo_tool" bench --token - "$@" "$place" "$static"
}
