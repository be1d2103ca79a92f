# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
#
# status and health: what the running gateway says of itself.  Sourced by
# courtctl after ctl.sh.

status_usage() {
    cat <<'END'
usage: courtctl status [--watch [SECONDS]] [-o json]

examples:
  courtctl status
  courtctl status --watch 5
  courtctl status -o json | jq .policy.version

exit codes: 0 ready, 1 not ready, 4 no answer; see module/reference/status.md
END
}

health_usage() {
    cat <<'END'
usage: courtctl health [live|ready] [-o json]

live: it answers; ready (the default): it can decide.

exit codes: 0 yes, 1 no, 4 no answer
END
}

status_fetch() {
    if [ -n "$(ctl_conf status)" ]; then
        ctl_ask "$(ctl_conf status)" '?format=json' GET
    else
        ctl_control GET /stats
    fi
}

# the same document as text or as it is; 1 where it says "not ready"
status_show() {     # status|health
    status_json=$(status_fetch) || return
    printf '%s\n' "$status_json" | "$demo_tool" render "$1" > /dev/null
    rc=$?
    if [ "$ctl_output" = json ] && [ "$1" = health ]; then
        printf '%s\n' "$status_json" | "$demo_tool" render member health || return 6
    elif [ "$ctl_output" = json ]; then
        printf '%s\n' "$status_json"
    else
        printf '%s\n' "$status_json" | "$demo_tool" render "$1"
    fi
    return $rc
}

status_main() {
    watch=
    while [ $# -gt 0 ]; do
        case $1 in
            --watch) watch=2
                case ${2-} in
                    ''|*[!0-9]*|0*) ;;
                    *) watch=$2; shift ;;
                esac ;;
            *) ctl_usage_error status "unexpected \"$1\""; return ;;
        esac
        shift
    done
    demo_find_tool || return
    [ -n "$watch" ] || { status_show status; return; }

    while :; do
        text=$(status_show status 2>&1)
        # home and clear, on a terminal alone
        [ ! -t 1 ] || printf '\033[H\033[2J'
        printf '%s\n\n' "$text"
        sleep "$watch"
    done
}

# a place of court_health of its own answers for load balancers as it does here
health_ask() {
    ctl_ask "$(ctl_conf health)" "/$1" GET
    rc=$?
    [ $rc != 6 ] || [ "$ctl_status" != 503 ] || rc=1
    return $rc
}

health_main() {
    what=${1:-ready}
    [ $# -le 1 ] || { ctl_usage_error health "unexpected \"$2\""; return; }
    case $what in
        live|ready) ;;
        *) ctl_usage_error health "unknown \"$what\""; return ;;
    esac
    demo_find_tool || return
    if [ -n "$(ctl_conf health)" ]; then
        health_ask "$what"
    elif [ "$what" = ready ]; then
        status_show health
    else
        status_fetch > /dev/null || return
        if [ "$ctl_output" = json ]; then echo '{"live":true}'; else echo live; fi
    fi
}
