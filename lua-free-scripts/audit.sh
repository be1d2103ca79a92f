# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
#
# audit: the decision record.  court-tool reads the files; this finds them
# (those of the configuration where none is named), and has the gateway write
# what it still holds before somebody looks for a request.  Sourced by courtctl
# after ctl.sh.

audit_usage() {
    cat <<'END'
usage: courtctl audit tail [-n N] [--verify] [-f] [FILE...]
       courtctl audit verify [FILE...]
       courtctl audit find [--control unix:PATH] [--policy FILE] REQUEST_ID [FILE...]
       courtctl audit export --court C [--case N | --case-file F]
                [--subject-issuer I --subject-file F | --subject-stdin]
                [--from T] [--to T] [--key FILE] [FILE...]

examples:
  courtctl audit find 9f86d081884c7d659a2feaa0c55ad015     why was he refused?
  courtctl audit export --court B00 --case 1 --from 2026-03 --to 2026-03
  courtctl audit tail --verify -n 0                        are all chains whole?

Without FILE: those of "audit" in courtctl's configuration. In any order, also
packed by gzip; - is standard input. T: RFC 3339, a day, a month (Beijing).

exit codes: 0 found, or whole; 1 not found, or not whole; 2 usage;
3 a file that is not there, or is none; 5 one that may not be read; 6 not found, but it may not be written yet
END
}

# courtctl ends here; the words are complete
audit_tool() {
    demo_find_tool || return 4
    [ "$ctl_output" = text ] || set -- "$@" -o json
    exec "$demo_tool" audit "$@"
}

# Words that are no options, and no option's value, are files; find has its id
# before them.
audit_words() {
    audit_named=0
    skip=
    for word in "$@"; do
        [ -z "$skip" ] || { skip=; continue; }
        case $word in
            -n|--policy|--control|--court|--case|--case-file|--subject-issuer|--subject-file|\
            --from|--to|--key|--flushed) skip=1 ;;
            -) audit_named=$((audit_named + 1)) ;;
            -*) ;;
            *) audit_named=$((audit_named + 1)) ;;
        esac
    done
}

# the gateway writes what its workers hold: "ok", or "failed"
audit_flush() {
    if echo '{}' | ctl_control POST /audit/flush - > /dev/null 2>&1; then
        echo ok
    else
        echo failed
    fi
}

audit_take_control() {
    left=$#
    while [ "$left" -gt 0 ]; do
        word=$1; shift; left=$((left - 1))
        if [ "$word" = --control ] && [ "$left" -gt 0 ]; then
            ctl_settings="control=$1$ctl_newline$(
                printf %s "$ctl_settings" | grep -v '^control=')$ctl_newline"
            shift; left=$((left - 1))
            continue
        fi
        set -- "$@" "$word"
    done
    audit_files find 1 "$@" --flushed "$(audit_flush)"
}

# verb, words before files, words
audit_files() {
    verb=$1 before=$2; shift 2
    audit_words "$@"
    if [ "$audit_named" -gt "$before" ]; then
        audit_tool "$verb" "$@"
        return
    fi
    [ "$audit_named" -eq "$before" ] || { ctl_usage_error audit 'no request id'; return; }
    files=$(ctl_files audit)
    if [ -z "$files" ]; then
        ctl_say "no file: $(ctl_conf audit | tr '\n' ' ')"
        return 3
    fi
    IFS=$ctl_newline
    set -f
    # shellcheck disable=SC2086
    set -- "$@" $files
    set +f
    unset IFS
    audit_tool "$verb" "$@"
}

audit_has() {
    wanted=$1; shift
    for word in "$@"; do [ "$word" != "$wanted" ] || return 0; done
    return 1
}

audit_main() {
    verb=${1-}
    [ $# -eq 0 ] || shift
    case $verb in
        tail|verify) audit_files "$verb" 0 "$@" ;;
        find)
            policy=$(ctl_conf policy)
            if ! audit_has --policy "$@" && [ -r "$policy" ]; then
                set -- --policy "$policy" "$@"
            fi
            audit_take_control "$@" ;;
        export)
            audit_has --key "$@" || set -- --key "$(ctl_conf audit_key)" "$@"
            audit_files export 0 "$@" ;;
        *) ctl_usage_error audit "tail, verify, find or export, not \"$verb\"" ;;
    esac
}
