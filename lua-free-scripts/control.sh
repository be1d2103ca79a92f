# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
#
# fact, cache and "policy reload": asked of the running gateway's control
# socket (module/reference/court_control.md).  Who is asked about comes by
# standard input and goes in a body: no process list has it, and no log.
# Sourced by courtctl after ctl.sh.

fact_usage() {
    cat <<'END'
usage: courtctl fact get|fetch|purge NAME [--court CODE] [-o json] < KEY
       courtctl fact extend [NAME ... --for TIME | --end [--court CODE]]

KEY: the values of the fact's "key" line, one a line.

examples:
  courtctl fact extend identity link --for 2h
  courtctl fact extend identity --end
  printf '%s\n' platform lawyer-1 | courtctl fact get identity
  printf '%s\n' platform lawyer-1 | courtctl fact fetch identity
  printf '%s\n' platform lawyer-1 1 | courtctl fact purge relation --court B00

get: what this machine's zone and Redis hold; no source is asked.
fetch: what the source says now; it is kept from then on.
purge: out of Redis and of this machine's zone.
extend: for the morning when the platform is down.  Where a source cannot be
asked, what is known here serves until it was verified TIME ago (90s, 30m, 2h;
8h at most); the extension ends after TIME by itself, or by --end.  With
--court in that court alone.  Without a name: says what is extended.

exit codes: 0 done, 1 get or fetch: there is none, extend --end: there was
none, 2 usage, 4 no answer, 5 not permitted, 6 the source or Redis could not
be asked
END
}

cache_usage() {
    cat <<'END'
usage: courtctl cache stats [-o json]
       courtctl cache purge facts|negative|tokens|all

examples:
  courtctl cache stats
  courtctl cache purge negative

purge empties zones of this machine; facts in Redis stay there.

exit codes: 0 done, 2 usage, 4 no answer, 5 not permitted, 6 not done
END
}

# lines to the inside of a JSON array; 1 where one can be no part of a key
control_key() {
    LC_ALL=C awk '
        /[\001-\037\177]/ || $0 == "" { wrong = 1; exit }
        { gsub(/\\/, "&&"); gsub(/"/, "\\\""); printf "%s\"%s\"", (NR > 1 ? "," : ""), $0 }
        END { exit wrong || NR == 0 }'
}

# what was answered, as text or as it came; its exit code stays
control_show() {    # code, JSON
    [ -z "$2" ] || printf '%s' "$2" | ctl_json
    return "$1"
}

control_fact() {    # verb, name, court
    key=$(control_key) || { ctl_usage_error fact 'the key is lines of text on standard input'; return; }
    court='' fetch=''
    [ -z "$3" ] || court=",\"court\":\"$3\""
    [ "$1" != fetch ] || fetch=',"fetch":true'
    path=/fact
    [ "$1" != purge ] || path=/cache/purge
    answer=$(printf '{"fact":"%s","key":[%s]%s%s}' "$2" "$key" "$court" "$fetch" | ctl_control POST "$path" -) || return
    rc=0
    # where fetch asked, the source has the last word
    case $1,$answer in
        purge,*) ;;
        fetch,*'"source":{"state":"found"'*) ;;
        get,*'"state":"found"'*) ;;
        *) rc=1 ;;
    esac
    control_show $rc "$answer"
}

# "2h", "30m", "90s", "90" as seconds; nothing where it is none of them
control_seconds() {
    printf %s "$1" | LC_ALL=C awk '
        /^[1-9][0-9]?[0-9]?[0-9]?[0-9]?[smh]?$/ {
            unit = substr($0, length($0))
            print $0 * (unit == "h" ? 3600 : unit == "m" ? 60 : 1)
        }'
}


control_extend() {
    names='' court='' seconds='' end=''
    while [ $# -gt 0 ]; do
        case $1 in
            --court|--for)
                [ $# -ge 2 ] || { ctl_usage_error fact "$1 needs a value"; return; }
                if [ "$1" = --court ]; then
                    court=$2
                else
                    seconds=$(control_seconds "$2")
                    [ -n "$seconds" ] || { ctl_usage_error fact '--for takes a time: 90s, 30m, 2h'; return; }
                fi
                shift ;;
            --end) end=1 ;;
            -*) ctl_usage_error fact "unknown option \"$1\""; return ;;
            *[!a-z0-9]*|'') ctl_usage_error fact "no fact: \"$1\""; return ;;
            *) names="$names $1" ;;
        esac
        shift
    done
    case $court in
        *[!A-Za-z0-9._-]*) ctl_usage_error fact "no court: \"$court\""; return ;;
    esac
    case ${names:+n}${seconds:+s}${end:+e}${court:+c} in
        '') answer=$(ctl_control GET /fact/extensions) || return
            control_show 0 "$answer"
            return ;;
        ns|nsc) how="\"for\":$seconds" ;;
        ne|nec) how='"end":true' ;;
        n*) ctl_usage_error fact '--for TIME, or --end'; return ;;
        *) ctl_usage_error fact 'which fact?'; return ;;
    esac
    [ -z "$court" ] || how="$how,\"court\":\"$court\""
    for name in $names; do
        answer=$(printf '{"fact":"%s",%s}' "$name" "$how" | ctl_control POST /fact/extend -) || return
    done
    control_show 0 "$answer"
}

fact_main() {
    verb='' name='' court=''
    if [ "${1-}" = extend ]; then
        shift
        control_extend "$@"
        return
    fi
    while [ $# -gt 0 ]; do
        case $1 in
            --court)
                [ $# -ge 2 ] || { ctl_usage_error fact '--court needs a value'; return; }
                court=$2; shift ;;
            -*) ctl_usage_error fact "unknown option \"$1\""; return ;;
            *)
                if [ -z "$verb" ]; then verb=$1
                elif [ -z "$name" ]; then name=$1
                else ctl_usage_error fact 'a key is given on standard input, never as words'; return
                fi ;;
        esac
        shift
    done
    case $verb in
        get|fetch|purge) ;;
        *) ctl_usage_error fact 'get, fetch, purge or extend'; return ;;
    esac
    case $name in
        ''|*[!a-z0-9]*) ctl_usage_error fact 'which fact?'; return ;;
    esac
    case $court in
        *[!A-Za-z0-9._-]*) ctl_usage_error fact "no court: \"$court\""; return ;;
    esac
    [ ! -t 0 ] || ctl_say 'the key, one value a line, then Ctrl-D:'
    control_fact "$verb" "$name" "$court"
}

cache_main() {
    case $#,${1-},${2-} in
        1,stats,) answer=$(ctl_control GET /cache) || return ;;
        2,purge,facts|2,purge,negative|2,purge,tokens|2,purge,all)
            answer=$(printf '{"zone":"%s"}' "$2" | ctl_control POST /cache/purge -) || return ;;
        2,purge,*) ctl_usage_error cache "no zone: \"$2\""; return ;;
        *) ctl_usage_error cache 'stats, or purge with a zone'; return ;;
    esac
    control_show 0 "$answer"
}

policy_reload() {
    [ $# = 0 ] || { ctl_usage_error policy "unexpected \"$1\""; return; }
    answer=$(printf '{"kind":"policy"}' | ctl_control POST /artefacts/reload -) || return
    control_show 0 "$answer"
}
