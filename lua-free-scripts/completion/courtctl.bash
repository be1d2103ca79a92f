# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Completion of courtctl for bash: the words are courtctl's own, so that they
# are those of the installed version.

_courtctl() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    local noun='' word i words

    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
            -c|-o) i=$((i + 1)) ;;
            -*) ;;
            *) noun=$word; break ;;
        esac
    done

    case $prev in
        -o) words='text json' ;;
        -c|-f) words='' ;;
        --?*) words=$("$1" --words "${noun:-.}" "$prev" 2> /dev/null) ;;
        *)
            # a noun's words; "--words" without one is the nouns
            words=$("$1" --words ${noun:+"$noun"} 2> /dev/null)
            [[ $cur != -* ]] || words="$words -c -o -h" ;;
    esac

    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    if [ ${#COMPREPLY[@]} = 0 ]; then
        compopt -o filenames 2> /dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    fi
}

complete -F _courtctl courtctl
