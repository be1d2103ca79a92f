# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
#
# revoke: who is let in no more, on this machine, asked of the running
# gateway's control socket (module/reference/court_control.md), or by an
# authority's publisher, for all gateways (events.sh).  Who is meant comes by
# standard input: no process list has it, and no log.  Sourced by courtctl
# after control.sh.

revoke_usage() {
    cat <<'END'
usage: courtctl revoke subject|token|key|court|undo|list [--issuer NAME]
       [--until TIME] [--id ID] [--local] [-o json] < WHO

examples:
  echo lawyer-1 | courtctl revoke subject --issuer platform --until +2h
  courtctl revoke token < token.jwt
  echo JTI | courtctl revoke token --issuer platform
  echo KID | courtctl revoke key --issuer platform
  courtctl revoke court B01
  echo lawyer-1 | courtctl revoke undo subject --issuer platform
  courtctl revoke undo --id ID
  courtctl revoke list

subject: whatever token he has, old or new; without --issuer of any issuer.
token: its text, which must be valid, or its jti; a text is kept until it
expires by itself.  key: all that it signed.  court: all who call there.
undo: the same words again, or the id that revoke and list tell.
TIME: +30m, +2h, +7d, seconds since 1970, or as date(1) reads it.

It holds at once for all workers, ends what is open, and outlives a restart
where court_state_dir stands; other machines are not told.  Where courtctl.conf
names a publisher, it tells all gateways by the stream of events, and waits
until each says that it has it; issuers are then called by their URL; --local
is this machine alone all the same.

exit codes: 0 done, 1 undo: it was not revoked, 2 usage, 4 no answer, 5 not
permitted, 6 not done, not kept, or not yet everywhere
END
}

# one line of text as a JSON string; 1 where it is none
revoke_text() {
    LC_ALL=C awk '
        /[\001-\037\177]/ || $0 == "" || NR > 1 { wrong = 1; exit }
        { gsub(/\\/, "&&"); gsub(/"/, "\\\""); printf "\"%s\"", $0 }
        END { exit wrong || NR == 0 }'
}

# seconds since 1970
revoke_time() {
    case $1 in
        +*[!0-9smhd]*|+|+[!0-9]*) return 1 ;;
        +*)
            number=${1#+}; unit=
            case $number in *[smhd]) unit=${number#"${number%?}"}; number=${number%?} ;; esac
            case $number in ''|*[!0-9]*|?????????*) return 1 ;; esac
            case $unit in m) unit=60 ;; h) unit=3600 ;; d) unit=86400 ;; *) unit=1 ;; esac
            echo $(($(date +%s) + number * unit)) ;;
        *[!0-9]*|'') date -d "$1" +%s 2> /dev/null ;;
        *) printf '%s\n' "$1" ;;
    esac
}

# two dots and nothing but base64url between: the text of a token
revoke_member() {   # kind, text as JSON
    case $1,$2 in
        token,*.*.*.*|token,*[!A-Za-z0-9_.\"-]*) echo what ;;
        token,??????????????????????????????*.*.*) echo token ;;
        *) echo what ;;
    esac
}

# of this machine: its control socket
revoke_here() {     # kind, member, text as JSON, issuer as JSON, until, id, undo
    body="\"id\":\"$6\""
    [ -n "$6" ] || body="\"kind\":\"$1\",\"$2\":$3"
    [ -z "$4" ] || body="$body,\"issuer\":$4"
    [ -z "$5" ] || body="$body,\"until\":$5"
    [ -z "$7" ] || body="$body,\"undo\":true"
    answer=$(printf '{%s}' "$body" | ctl_control POST /revoke -) || return
    case $answer in
        *'"kept":false'*) ctl_say 'not kept over a restart: there is no court_state_dir' ;;
    esac
    control_show 0 "$answer"
}

revoke_ask() {      # kind, word, issuer, until, id, undo, how
    text='' member='' issuer=''
    if [ -z "$5" ]; then
        if [ -n "$2" ]; then
            text=$(printf '%s\n' "$2" | revoke_text)
        else
            [ ! -t 0 ] || ctl_say 'who or what, then Ctrl-D:'
            text=$(revoke_text)
        fi || { ctl_usage_error revoke 'who is meant is one line of text on standard input'; return; }
        member=$(revoke_member "$1" "$text")
    fi
    [ -z "$3" ] || issuer=$(printf '%s\n' "$3" | revoke_text) ||
        { ctl_usage_error revoke '--issuer takes a name'; return; }
    "$7" "$1" "$member" "$text" "$issuer" "$4" "$5" "$6"
}

revoke_main() {
    undo='' kind='' word='' issuer='' until='' id='' how=revoke_here
    [ -z "$(ctl_conf publisher)" ] || how=events_revoke
    while [ $# -gt 0 ]; do
        case $1 in
            --issuer|--until|--id)
                [ -n "${2-}" ] || { ctl_usage_error revoke "$1 needs a value"; return; }
                case $1 in --issuer) issuer=$2 ;; --until) until=$2 ;; *) id=$2 ;; esac
                shift ;;
            --local) how=revoke_here ;;
            -*) ctl_usage_error revoke "unknown option \"$1\""; return ;;
            undo) [ -z "$undo$kind" ] || { ctl_usage_error revoke 'undo stands first'; return; }
                undo=1 ;;
            *)
                if [ -z "$kind" ]; then kind=$1
                elif [ -z "$word" ]; then word=$1
                else ctl_usage_error revoke "unexpected \"$1\""; return
                fi ;;
        esac
        shift
    done
    case $undo,$kind,$word,$issuer,$until,$id in
        ,list,,,,)
            [ $how = revoke_here ] || { events_list; return; }
            answer=$(ctl_control GET /revoke/list) || return
            control_show 0 "$answer"; return ;;
        1,,,,,?*) ;;
        *,,*,*,*,*|*,list,*) ctl_usage_error revoke 'subject, token, key, court, undo or list'; return ;;
    esac
    case $kind in
        ''|key|court) ;;
        subject|token)
            [ -z "$word" ] || { ctl_usage_error revoke 'who is meant is given on standard input, never as words'; return; } ;;
        *) ctl_usage_error revoke "unknown kind \"$kind\""; return ;;
    esac
    [ -z "$id" ] || [ -z "$kind" ] || { ctl_usage_error revoke '--id is for undo alone'; return; }
    case $id in *[!A-Za-z0-9_-]*) ctl_usage_error revoke "no id: \"$id\""; return ;; esac
    if [ -n "$until" ]; then
        [ -z "$undo" ] || { ctl_usage_error revoke 'undo takes no --until'; return; }
        until=$(revoke_time "$until") || { ctl_usage_error revoke '--until takes a time'; return; }
    fi
    revoke_ask "$kind" "$word" "$issuer" "$until" "$id" "$undo" "$how"
}
