# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
#
# upstream check URL: does a court service believe the gateway alone?  It is
# asked as the running demo's gateway would ask it, and then as nobody may.
# Sourced by courtctl after demo.sh.

upstream_usage() {
    cat <<'EOF'
usage: courtctl upstream check URL [--court CODE] [--role ROLE] [--sub S]
           [--interface ID] [--method METHOD] [--cacert FILE] [-o json]

examples:
  courtctl demo start --upstream http://127.0.0.1:9001
  courtctl upstream check http://127.0.0.1:9001/api/v1/cases/1
  courtctl upstream check http://127.0.0.1:9001/api/v1/cases/1 --court B01

The service must know the demo's keys: http://127.0.0.1:8080
/.well-known/court-jwks.json, iss http://127.0.0.1:8080, aud the court's code.

Right is: with a good assertion any answer but 401, 403 and 5xx; without one,
and with each wrong one, 400, 401 or 403.  With --interface an assertion for
another interface must be refused, too.

exit codes: 0 right, 1 not, 2 usage, 4 no demo runs, or no answer
EOF
}

up_court=B00 up_role=lawyer up_sub='' up_interface='' up_method=GET
up_url='' up_cacert='' up_json='' up_wrong=0 up_unreached=0 up_rows=0

upstream_options() {
    while [ $# -gt 0 ]; do
        case $1 in
            --court|--role|--sub|--interface|--method|--cacert)
                [ $# -ge 2 ] || { demo_say "courtctl: $1 needs a value"; return 2; } ;;
            -*) demo_say "courtctl: unknown option \"$1\""; return 2 ;;
            *)
                [ -z "$up_url" ] || { demo_say "courtctl: unexpected \"$1\""; return 2; }
                up_url=$1; shift; continue ;;
        esac
        case $1 in
            --court) up_court=$2 ;;
            --role) up_role=$2 ;;
            --sub) up_sub=$2 ;;
            --interface) up_interface=$2 ;;
            --method) up_method=$2 ;;
            --cacert) up_cacert=$2 ;;
        esac
        shift 2
    done
    case $up_url in
        http://?*|https://?*) ;;
        *) demo_say "courtctl: upstream check takes http://HOST:PORT/PATH"; return 2 ;;
    esac
    case $up_method in
        GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) ;;
        *) demo_say "courtctl: unknown method \"$up_method\""; return 2 ;;
    esac
    case $up_court$up_role in
        *[!A-Za-z0-9_-]*) demo_say "courtctl: no court or role: \"$up_court\" \"$up_role\""; return 2 ;;
    esac
}

upstream_mint() {
    set -- --demo "$up_role" --interface "${up_interface:-case.read}" "$@"
    [ -z "$up_sub" ] || set -- "$@" --sub "$up_sub"
    COURT_DEMO_DIR=$demo_dir "$demo_tool" assertion mint "$@"
}

# Header lines on standard input, so that no assertion stands in a process
# list; the status, 000 where nobody answered.  A HEAD has no body to wait for.
upstream_ask() {
    set -- -s -o /dev/null -m 10 --noproxy '*' --path-as-is -H @- -w '%{http_code}'
    if [ "$up_method" = HEAD ]; then set -- "$@" -I; else set -- "$@" -X "$up_method"; fi
    [ -z "$up_cacert" ] || set -- "$@" --cacert "$up_cacert"
    curl "$@" -- "$up_url"
}

# what the gateway would say in headers beside the assertion
upstream_headers() {
    printf 'Court-Subject: %s\nCourt-Role: %s\nCourt-Issuer: platform\n' "$1" "$2"
    printf 'Court-Code: %s\nCourt-Interface: %s\n' "$up_court" "${up_interface:-case.read}"
    printf 'Court-Request-Id: 00000000000000000000000000000000\n'
    [ -z "${3-}" ] || printf 'Court-Assertion: %s\n' "$3"
}

upstream_row() {    # what, what is right, status, verdict
    up_rows=$((up_rows + 1))
    if [ -n "$up_json" ]; then
        [ "$up_rows" = 1 ] || printf ','
        printf '{"case":"%s","want":"%s","status":%d,"ok":%s}' "$1" "$2" "${3#"${3%%[!0]*}"}" \
            "$([ "$4" = ok ] && echo true || echo false)"
        return
    fi
    printf '%-34s %-9s %-7s %s\n' "$1" "$2" "$3" "$4"
}

upstream_accepted() {
    case $1 in
        000|5??) return 4 ;;
        401|403|1??) return 1 ;;
    esac
    return 0
}

# A service that answers the good one so has not been asked for a proof at all
upstream_refused() { [ "$1" != "$up_good" ] || return 1; case $1 in 400|401|403) return 0 ;; esac; return 1; }

upstream_must_refuse() {    # what, status
    if upstream_refused "$2"; then
        upstream_row "$1" refused "$2" ok
    elif [ "$2" = 000 ]; then
        up_unreached=1
        upstream_row "$1" refused "$2" 'NO ANSWER'
    else
        up_wrong=1
        upstream_row "$1" refused "$2" 'NOT REFUSED'
    fi
}

# what, subject, role, assertion: no pipe into a function that counts
upstream_try() {
    up_what=$1; shift
    upstream_must_refuse "$up_what" "$(upstream_headers "$@" | upstream_ask)"
}

upstream_wrong() {          # what, options of mint...
    up_case=$1; shift
    bad=$(upstream_mint "$@") || return 4
    upstream_try "$up_case" "$up_who" "$up_role" "$bad"
}

b64url() { base64 | tr -d '=\n' | tr '+/' '-_'; }

# the good one's words under another's signature; and under none
upstream_unsigned() {
    other=$(upstream_mint --court "$up_court" --claims '{"jti":"another"}') || return 4
    upstream_try 'wrong signature' "$up_who" "$up_role" "${up_assertion%.*}.${other##*.}"
    head=$(printf '{"alg":"none","typ":"court-assertion+jwt"}' | b64url)
    words=${up_assertion#*.}
    upstream_try 'alg none' "$up_who" "$up_role" "$head.${words%.*}."
}

upstream_cases() {
    upstream_must_refuse 'no header of the gateway' "$(echo 'X-Nothing: 1' | upstream_ask)"
    upstream_try 'no assertion' "$up_who" "$up_role"
    upstream_try 'spoofed headers alone' judge-1 judge
    upstream_wrong 'wrong aud' --court not-a-court &&
    upstream_wrong 'another court' --court "$up_other" &&
    upstream_wrong 'expired' --court "$up_court" --exp -120 &&
    upstream_wrong 'another gateway (iss)' --court "$up_court" --claims '{"iss":"https://elsewhere.example"}' &&
    upstream_wrong 'wrong typ' --court "$up_court" --typ at+jwt &&
    upstream_unsigned || return
    [ -z "$up_interface" ] || upstream_wrong 'another interface' --court "$up_court" \
        --claims '{"interface":"not.this"}'
}

upstream_good() {
    up_assertion=$(upstream_mint --court "$up_court") || return 4
    up_who=${up_sub:-$up_role-1}
    up_good=$(upstream_headers "$up_who" "$up_role" "$up_assertion" | upstream_ask)
    upstream_accepted "$up_good"
    case $? in
        0) upstream_row 'a good assertion' accepted "$up_good" ok ;;
        1) up_wrong=1; upstream_row 'a good assertion' accepted "$up_good" REFUSED ;;
        *) up_unreached=1; upstream_row 'a good assertion' accepted "$up_good" 'NO ANSWER' ;;
    esac
    return 0
}

upstream_check() {
    upstream_options "$@" || { upstream_usage >&2; return 2; }
    demo_find_tool || return 4
    command -v curl >/dev/null 2>&1 || { demo_say "courtctl: curl is missing"; return 4; }
    up_other=B01
    [ "$up_court" != B01 ] || up_other=B00

    if [ -n "$up_json" ]; then
        printf '{"schema":1,"rows":['
    else
        printf '%-34s %-9s %-7s %s\n' case right status verdict
    fi
    rc=0
    upstream_good && { [ $up_unreached = 1 ] || upstream_cases; } || rc=4
    [ $up_unreached = 0 ] || rc=4
    [ $up_wrong = 0 ] || rc=1
    if [ -n "$up_json" ]; then
        printf '],"ok":%s}\n' "$([ $rc = 0 ] && echo true || echo false)"
    elif [ $rc = 4 ]; then
        demo_say "courtctl: not found out: no demo runs, or $up_url does not answer, or with 5xx"
    elif [ $rc = 1 ]; then
        demo_say "courtctl: $up_url does not do what module/reference/upstream.md asks"
    fi
    return $rc
}

upstream_main() {
    [ "$ctl_output" = text ] || up_json=1
    case ${1:-} in
        check) shift; upstream_check "$@" ;;
        *) upstream_usage >&2; return 2 ;;
    esac
}
