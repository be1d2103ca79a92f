# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
#
# events: the revocation events of an authority.  The publisher is a service;
# status asks its socket, the other verbs look into Redis by court-tool.  Also
# what "revoke" does where a publisher is set: it publishes, and waits until
# all gateways say that they have it.  Sourced by courtctl after control.sh.

events_usage() {
    cat <<'END'
usage: courtctl events status|verify|snapshot|publisher [-o json]
       courtctl events tail [-n N] [-f] [-o json]

examples:
  courtctl events status
  courtctl events tail -n 5
  courtctl events verify

status: of the publisher on this machine, and of all gateways.
tail: the last entries, each judged.  verify: snapshot and stream as a gateway
sees them.  snapshot: its head.  publisher: the service itself, for systemd.
Which Redis, whose keys: the file "events" of courtctl.conf(5).

exit codes: 0 it holds, 1 it does not, 2 usage, 3 configuration invalid,
4 no answer, 5 not permitted, 6 a gateway is behind or blind
END
}

# the file must be there: without it there is nothing to look at
events_file() {
    events_conf=$(ctl_conf events)
    [ -n "$events_conf" ] && [ -e "$events_conf" ] && return
    ctl_say "${events_conf:-the setting \"events\"}: not there"
    return 3
}

events_tool() {
    events_file || return
    demo_find_tool || return 4
    verb=$1; shift
    [ "$verb" = publisher ] || set -- "$@" -o "$ctl_output"
    exec "$demo_tool" events "$verb" -c "$events_conf" "$@"
}

# a gateway's word on events: "SEQUENCE true|false", blind the latter; nothing
# where it has no events
events_gateway() {      # place
    case $1 in
        unix:*) events_path=/stats ;;
        *) events_path='?format=json' ;;
    esac
    events_said=$(ctl_ask "$1" "$events_path" GET 2> /dev/null) || return 4
    printf '%s' "$events_said" | tr -d '\n' |
        sed -n 's/.*"revocation": *{\([^}]*\)}.*/\1/p' |
        sed -n 's/.*"blind":\(true\|false\).*"sequence":\([0-9]*\).*/\2 \1/p'
}

# 0 all stand at SEQ and see; what each says, as JSON or text, in events_all
events_gateways() {     # seq
    events_rc=0 events_all=''
    events_places=$(ctl_conf gateways)
    for place in ${events_places:-$(ctl_conf control)}; do
        events_one=$(events_gateway "$place") || events_one='0 none'
        [ -n "$events_one" ] || events_one='0 off'
        events_state=behind
        case $events_one in
            *none) events_state='no answer' ;;
            *off) events_state='no events' ;;
            *true) events_state=blind ;;
            *) [ "${events_one% *}" -lt "$1" ] || events_state=ok ;;
        esac
        [ "$events_state" = ok ] || events_rc=6
        events_all="$events_all${events_all:+,}{\"gateway\":\"$place\",\"state\":\"$events_state\",\"sequence\":${events_one% *}}"
    done
    return $events_rc
}

events_status() {
    answer=$(ctl_ask "$(ctl_conf publisher)" /status GET) || return
    # a gateway may be some beats behind, and is told from one that stands
    seq=$(printf '%s' "$answer" | sed -n 's/.*"snapshot_seq":\([0-9]*\).*/\1/p')
    events_gateways "${seq:-0}"
    control_show $? "${answer%\}},\"gateways\":[$events_all]}"
}

# Publishes a request, and waits for all gateways
events_publish() {      # JSON of the request, seconds to wait
    events_answer=$(printf '%s' "$1" | ctl_ask "$(ctl_conf publisher)" /revoke POST \
        -H 'Content-Type: application/json' --data-binary @-) || return
    seq=$(printf '%s' "$events_answer" | sed -n 's/.*"published":true,"seq":\([0-9]*\).*/\1/p')
    if [ -z "$seq" ]; then
        ctl_say 'accepted and kept, not yet published: Redis does not take it'
        control_show 6 "$events_answer"
        return
    fi
    events_end=$(($(date +%s) + $2))
    until events_gateways "$seq"; do
        [ "$(date +%s)" -lt "$events_end" ] || break
        sleep 0.1
    done
    [ $events_rc = 0 ] || ctl_say "published at $seq; not every gateway says that it has it"
    control_show $events_rc "${events_answer%\}},\"gateways\":[$events_all]}"
}

# "revoke" of an authority: the same words, for all gateways; member is "token"
# where the text is that of a token
events_revoke() {       # kind, member, text as JSON, issuer as JSON, until, id, undo
    kind=deny
    [ -z "$7" ] || kind=undo
    case $1,$2 in
        ,*) what="\"of\":\"$6\"" ;;
        subject,*) what="\"what\":{\"subject\":{${4:+\"iss\":$4,}\"sub\":$3}}" ;;
        token,token) what="\"token_text\":$3" ;;
        token,*) what="\"what\":{\"token\":{\"iss\":${4:-\"\"},\"jti\":$3}}" ;;
        key,*) what="\"what\":{\"key\":{\"iss\":${4:-\"\"},\"kid\":$3}}" ;;
        *) what="\"what\":{\"court\":$3}" ;;
    esac
    events_publish "{\"kind\":\"$kind\",$what${5:+,\"until\":$5}}" "$(ctl_conf timeout)"
}

events_list() {
    answer=$(ctl_ask "$(ctl_conf publisher)" /list GET) || return
    control_show 0 "$answer"
}

events_main() {
    case ${1-} in
        status)
            [ $# = 1 ] || { ctl_usage_error events "unexpected \"$2\""; return; }
            events_status ;;
        verify|snapshot|publisher)
            [ $# = 1 ] || { ctl_usage_error events "unexpected \"$2\""; return; }
            events_tool "$1" ;;
        tail) events_tool "$@" ;;
        '') ctl_usage_error events 'status, tail, verify, snapshot or publisher' ;;
        *) ctl_usage_error events "unknown verb \"$1\"" ;;
    esac
}
