# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
#
# What the nouns share: the configuration file, the control socket, output.
# Sourced by courtctl after demo.sh.
#
#   ctl_conf NAME           the setting, or its default; lists line by line
#   ctl_files NAME          the files that a setting's patterns name
#   ctl_export              all settings to court-tool, as COURT_CONF_NAME
#   ctl_control METHOD PATH [BODY-FILE]
#                           asks the control location; the answer's body is
#                           printed where it is 2xx; exit codes as everywhere
#   ctl_get NAME PATH       the same with GET, of the place that a setting names
#   ctl_json                JSON from standard input: as it is with -o json,
#                           else as text to read
#   ctl_say TEXT            a line on standard error
#   ctl_usage_error NOUN TEXT   says it, and what is right; returns 2

# -o: text or json
ctl_output=text
# name=value, one a line; set once by ctl_load
ctl_settings=
ctl_file=
# the HTTP status of the last answer
ctl_status=
ctl_newline='
'

ctl_say() { printf 'courtctl: %s\n' "$*" >&2; }

ctl_usage_error() {
    noun=$1; shift
    ctl_say "$*"
    ctl_help "$noun" >&2
    return 2
}

# Every name that a file may set.  A court's machine as install.md has it
# needs no file; under another prefix, ctl_* of the file "installed".
ctl_default() {
    case $1 in
        control)       echo "unix:${ctl_run:-/run}/court/control.sock" ;;
        status)        ;;
        health)        ;;
        gateway)       ;;
        audit)         echo "${ctl_state:-/var}/log/court/*.audit*" ;;
        audit_key)     echo "${ctl_sysconf:-/etc}/nginx/court/keys/audit.key" ;;
        assertion_key) echo "${ctl_sysconf:-/etc}/nginx/court/keys/assertion.jwk" ;;
        nginx)         echo /usr/sbin/nginx ;;
        nginx_conf)    echo "${ctl_sysconf:-/etc}/nginx/court/nginx.conf" ;;
        nginx_pid)     echo "${ctl_run:-/run}/nginx.pid" ;;
        error_log)     echo "${ctl_state:-/var}/log/court/error.log" ;;
        policy)        echo "${ctl_sysconf:-/etc}/nginx/court/policy/court.json" ;;
        courts)        echo "${ctl_sysconf:-/etc}/nginx/court/courts.json" ;;
        keys_dir)      echo "${ctl_sysconf:-/etc}/nginx/court/keys" ;;
        state_dir)     echo "${ctl_state:-/var}/lib/court" ;;
        unit)          echo nginx.service ;;
        events)        echo "${ctl_sysconf:-/etc}/court/events.conf" ;;
        publisher)     ;;
        gateways)      ;;
        timeout)       echo 10 ;;
        *) return 1 ;;
    esac
}

ctl_names='control status health gateway audit audit_key assertion_key nginx
nginx_conf nginx_pid error_log policy courts keys_dir state_dir unit events publisher gateways
timeout'

ctl_bad() {     # line, text
    ctl_say "$ctl_file:$1: $2"
    return 3
}

# A path, relative to the directory of the file that names it.  The place of
# an HTTP location is unix:PATH[:/prefix] or http://HOST[:PORT][/prefix].
ctl_value() {   # name, value, directory
    case $1,$2 in
        timeout,*[!0-9]*|unit,*[!A-Za-z0-9@._-]*) return 1 ;;
        unit,*|timeout,*) printf %s "$2" ;;
        control,unix:/*|status,unix:/*|health,unix:/*|gateway,unix:/*) printf %s "$2" ;;
        publisher,unix:/*|gateways,unix:/*) printf %s "$2" ;;
        control,unix:*|status,unix:*|health,unix:*|gateway,unix:*) printf 'unix:%s/%s' "$3" "${2#unix:}" ;;
        publisher,unix:*|gateways,unix:*) printf 'unix:%s/%s' "$3" "${2#unix:}" ;;
        status,http://?*|status,https://?*|health,http://?*|health,https://?*) printf %s "$2" ;;
        gateway,http://?*|gateway,https://?*) printf %s "$2" ;;
        gateways,http://?*|gateways,https://?*) printf %s "$2" ;;
        control,*|status,*|health,*|gateway,*|publisher,*|gateways,*) return 1 ;;
        *,/*) printf %s "$2" ;;
        *) printf '%s/%s' "$3" "$2" ;;
    esac
}

# "name = value", nothing is evaluated: a setting is a name and text
ctl_parse() {
    dir=$(CDPATH='' cd -- "$(dirname -- "$ctl_file")" && pwd) || return 3
    number=0
    while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        line=${line#"${line%%[![:space:]]*}"}
        line=${line%"${line##*[![:space:]]}"}
        case $line in
            ''|'#'*) continue ;;
            *=*) ;;
            *) ctl_bad $number 'no "name = value"'; return ;;
        esac
        name=${line%%=*} value=${line#*=}
        name=${name%"${name##*[![:space:]]}"}
        value=${value#"${value%%[![:space:]]*}"}
        case $name in
            ''|*[!a-z_]*) ctl_bad $number "unknown name \"$name\""; return ;;
        esac
        ctl_default "$name" > /dev/null || { ctl_bad $number "unknown name \"$name\""; return; }
        [ -n "$value" ] || { ctl_bad $number "$name has no value"; return; }
        case $name$ctl_newline$ctl_settings in
            audit"$ctl_newline"*|gateways"$ctl_newline"*) ;;    # several
            *"$ctl_newline$name="*) ctl_bad $number "$name is there twice"; return ;;
        esac
        whole=$(ctl_value "$name" "$value" "$dir") ||
            { ctl_bad $number "$name does not take \"$value\""; return; }
        ctl_settings=$ctl_settings$name=$whole$ctl_newline
    done < "$ctl_file"
}

# -c, $COURTCTL_CONF, a running demo's, the system's: the first that is there.
# One that was asked for must be there.
ctl_load() {
    asked=${ctl_file:-${COURTCTL_CONF:-}}
    if [ -n "$asked" ]; then
        ctl_file=$asked
    elif [ -r "$demo_dir/courtctl.conf" ] && demo_alive "$(demo_pid nginx.pid)"; then
        ctl_file=$demo_dir/courtctl.conf
    else
        ctl_file=${COURT_SYSTEM_CONF:-/etc/court/courtctl.conf}
        [ -e "$ctl_file" ] || { ctl_file=; return 0; }
    fi
    if [ ! -f "$ctl_file" ] || [ ! -r "$ctl_file" ]; then
        ctl_say "cannot read $ctl_file"
        return 3
    fi
    ctl_settings=$ctl_newline
    ctl_parse
}

ctl_conf() {
    found=
    while IFS= read -r line; do
        case $line in
            "$1="*) printf '%s\n' "${line#*=}"; found=1 ;;
        esac
    done <<END
$ctl_settings
END
    [ -n "$found" ] || ctl_default "$1"
}

# a pattern's own characters are the shell's: * ? [
ctl_files() {
    ctl_conf "$1" | while IFS= read -r pattern; do
        (
            IFS=
            # shellcheck disable=SC2086
            for name in $pattern; do [ ! -e "$name" ] || printf '%s\n' "$name"; done
        )
    done
}

ctl_export() {
    for name in $ctl_names; do
        export "COURT_CONF_$(printf %s "$name" | tr '[:lower:]' '[:upper:]')=$(ctl_conf "$name")"
    done
}

ctl_need() {
    command -v "$1" > /dev/null 2>&1 || { ctl_say "$1 is missing"; return 4; }
}

# What an HTTP status means to who asked; what it said, to standard error
ctl_answer() {  # status, body, what was asked
    case $1 in
        2??) printf '%s' "$2"; return 0 ;;
        400|405|413|415) rc=2 ;;
        401|403) rc=5 ;;
        422) rc=3 ;;
        5??) rc=6 ;;
        *) rc=1 ;;
    esac
    ctl_say "$3: $1"
    [ -z "$2" ] || printf '%s\n' "$2" >&2
    return $rc
}

# asks a place as ctl_value describes it; other words go to curl
ctl_ask() {     # place, path, method, options...
    ctl_need curl || return
    place=$1 path=$2 method=$3; shift 3
    case $place in
        unix:*)
            socket=${place#unix:} prefix=
            case $socket in *:/*) prefix=${socket#*:} socket=${socket%%:/*} ;; esac
            set -- --unix-socket "$socket" "$@"
            if [ -d "${socket%/*}" ] && [ ! -x "${socket%/*}" ] ||
                { [ -S "$socket" ] && [ ! -w "$socket" ]; }
            then
                ctl_say "$socket: not permitted"
                return 5
            fi
            url=http://localhost${prefix%/}$path ;;
        *) url=${place%/}$path socket=$url ;;
    esac
    said=$(curl -s -m "$(ctl_conf timeout)" --noproxy '*' -X "$method" \
        -w '\n%{http_code}' "$@" -- "$url") || { ctl_say "$socket: no answer"; return 4; }
    ctl_status=${said##*"$ctl_newline"}
    ctl_answer "$ctl_status" "${said%"$ctl_newline"*}" "$method $path"
}

ctl_control() {
    method=$1 path=$2
    if [ $# -lt 3 ]; then
        ctl_ask "$(ctl_conf control)" "$path" "$method"
    else
        ctl_ask "$(ctl_conf control)" "$path" "$method" \
            -H 'Content-Type: application/json' --data-binary "@$3"
    fi
}

ctl_get() { ctl_ask "$(ctl_conf "$1")" "$2" GET; }

ctl_json() {
    if [ "$ctl_output" = json ]; then
        cat
        echo
    else
        demo_find_tool && "$demo_tool" render json
    fi
}

# A noun's help: its own function, or what court-tool says of it
ctl_help() {
    if command -v "${1}_usage" > /dev/null 2>&1; then
        "${1}_usage"
    else
        usage
    fi
}
