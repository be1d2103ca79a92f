# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
#
# support-bundle: what a developer needs to see of a machine, and nothing that
# is secret or names a person.  Sourced by courtctl after status.sh.
#
# Each file goes through "court-tool scrub", which also hides whatever stands
# in the files of keys and passwords that the configuration names.  Where that
# cannot be done, there is no bundle.

support_bundle_usage() {
    cat <<'END'
usage: courtctl support-bundle [--out DIR|FILE.tgz] [--lines N] [-o json]

examples:
  courtctl support-bundle
  courtctl support-bundle --out /root/gw1.tgz --lines 5000

Versions, configuration, courtctl check, status, the last lines (2000) of
error.log, the last decision records, limits.  Secrets, tokens, paths and
addresses of requests are taken out; see module/reference/courtctl.md.
Read it before it is sent: it is a tar file of text.

exit codes: 0 made, 4 cannot be written, 5 not permitted to read what must be
hidden: be root
END
}

bundle_scrub() {    # how, file: from standard input
    "$demo_tool" scrub "$1" --secrets "$bundle_tmp/secrets" > "$bundle_dir/$2" 2>> "$bundle_tmp/scrub"
}

# files of which the configuration says that they are secret
bundle_named() {
    for directive in password_file sentinel_password_file court_assertion_key court_audit_key \
        ssl_certificate_key proxy_ssl_certificate_key grpc_ssl_certificate_key ssl_password_file \
        proxy_ssl_password_file auth_basic_user_file decrypt_keys seal_keys=
    do
        sed -n -e "s/#.*//" \
            -e "s/.*[\"[:space:]]${directive}[[:space:]]*\"\\([^\"]*\\)\".*/\\1/p;t" \
            -e "s/.*[\"[:space:]]${directive}[[:space:]]*\\([^\";[:space:]]*\\)[\";[:space:]].*/\\1/p" "$bundle_tmp/nginx-T"
    done | while IFS= read -r file; do
        case $file in /*) ;; *) file=$(dirname -- "$(ctl_conf nginx_conf)")/$file ;; esac
        printf '%s\n' "$file"
    done
}

bundle_secrets() {
    {
        bundle_named
        ctl_conf audit_key
        ctl_conf assertion_key
        find "$(ctl_conf keys_dir)/" -type f 2> /dev/null
    } | sort -u | while IFS= read -r file; do
        [ -f "$file" ] || continue
        [ -r "$file" ] || { ctl_say "$file: not permitted"; return 5; }
        printf '%s\n' "$file"
    done > "$bundle_tmp/secrets"
}

bundle_title() { printf '\n== %s\n' "$*"; }

bundle_try() {
    bundle_title "$*"
    command -v "$1" > /dev/null 2>&1 || { echo 'not there'; return 0; }
    timeout 20 "$@" 2>&1 < /dev/null || echo "exit code $?"
}

bundle_versions() {
    date -u '+%Y-%m-%dT%H:%M:%SZ'
    echo "courtctl $ctl_version"
    bundle_try uname -srm
    bundle_title os-release
    sed -n 's/^PRETTY_NAME=//p' /etc/os-release
    bundle_try "$(ctl_conf nginx)" -V
    bundle_try openssl version
    bundle_try redis-server --version
    bundle_try curl --version
    module=$(sed -n 's/^ *load_module  *"\{0,1\}\([^";]*ngx_http_court_module.so\)"\{0,1\};.*/\1/p' \
        "$bundle_tmp/nginx-T" | head -n 1)
    case $module in /*|'') ;; *) module=/usr/share/nginx/$module ;; esac
    for file in "$demo_tool" "${module:-$demo_module}"; do
        bundle_title "$file"
        if [ -r "$file" ]; then
            printf 'sha256:'; sha256sum < "$file" | cut -d ' ' -f 1
            readelf -n "$file" 2> /dev/null | sed -n 's/ *Build ID: */build /p'
        else
            echo 'not there'
        fi
    done
}

bundle_processes() {
    pid=$(cat "$(ctl_conf nginx_pid)" 2> /dev/null)
    case $pid in ''|*[!0-9]*) echo 'nginx does not run, or its pid file is elsewhere'; return ;; esac
    bundle_try ps -o pid,ppid,user,etimes,rss,nlwp,stat,comm -p "$pid" --ppid "$pid"
    for one in $pid $(pgrep -P "$pid" | head -n 2); do
        bundle_title "limits of $one"
        cat "/proc/$one/limits" 2>&1
        printf 'open files: '; find "/proc/$one/fd/" -mindepth 1 2> /dev/null | wc -l
    done
}

bundle_system() {
    bundle_try uptime
    bundle_try free -m
    bundle_try df -h "$(ctl_conf state_dir)" "$(dirname "$(ctl_conf error_log)")" /run
    bundle_try df -i "$(ctl_conf state_dir)" "$(dirname "$(ctl_conf error_log)")"
    bundle_title 'limits of this shell'
    cat /proc/self/limits
    bundle_processes
    # names and modes; what is in them is never read into a file here
    for name in keys_dir state_dir; do bundle_try ls -ln "$(ctl_conf $name)/"; done
    bundle_title 'decision records'
    ctl_files audit | while IFS= read -r file; do ls -ln "$file"; done
    bundle_try systemctl show -p ActiveState,SubState,NRestarts,Result,LimitNOFILE,DropInPaths \
        "$(ctl_conf unit)"
}

bundle_settings() {
    echo "# ${ctl_file:-no file: defaults}"
    for name in $ctl_names; do
        ctl_conf "$name" | while IFS= read -r value; do
            [ -z "$value" ] || printf '%s = %s\n' "$name" "$value"
        done
    done
}

bundle_audit() {
    ctl_files audit | while IFS= read -r file; do
        case $file in *.gz|*.xz) ;; *) tail -n "$bundle_lines" "$file" ;; esac
    done | tail -n "$bundle_lines"
}

bundle_state() {
    status_fetch > "$bundle_tmp/status" 2> "$bundle_tmp/said" || cat "$bundle_tmp/said" >> "$bundle_tmp/status"
    bundle_scrub secrets status.json < "$bundle_tmp/status"
    { "$demo_tool" render status < "$bundle_tmp/status" 2>&1; echo "exit code $?"; } |
        bundle_scrub secrets status.txt
    { ctl_export; "$demo_tool" check "$(ctl_conf nginx_conf)" 2>&1 < /dev/null; echo "exit code $?"; } |
        bundle_scrub text check.txt
}

# where nginx does not take it: the files as they are
bundle_conf() {
    "$(ctl_conf nginx)" -e stderr -T -c "$(ctl_conf nginx_conf)" > "$bundle_tmp/nginx-T" 2> "$bundle_tmp/nginx-t" &&
        return
    find "$(dirname -- "$(ctl_conf nginx_conf)")/" -type f -name '*.conf' ! -name redis.conf |
        sort | while IFS= read -r file; do
            printf '# configuration file %s:\n' "$file"
            cat "$file"
        done > "$bundle_tmp/nginx-T"
}

bundle_fill() {
    bundle_conf
    bundle_secrets || return
    bundle_versions 2>&1 | bundle_scrub text versions.txt
    bundle_scrub conf nginx.conf < "$bundle_tmp/nginx-T"
    bundle_scrub log nginx-t.txt < "$bundle_tmp/nginx-t"
    bundle_settings | bundle_scrub text courtctl.conf
    bundle_state
    tail -n "$bundle_lines" "$(ctl_conf error_log)" 2>&1 | bundle_scrub log error.log
    bundle_audit | bundle_scrub audit audit.jsonl
    bundle_system 2>&1 | bundle_scrub text system.txt
    if [ -s "$bundle_tmp/scrub" ]; then
        tail -n 1 "$bundle_tmp/scrub" >&2
        ctl_say 'could not hide what must be hidden: no bundle'
        return 5
    fi
    (cd "$bundle_dir" && sha256sum -- * > "$bundle_tmp/manifest" && mv "$bundle_tmp/manifest" MANIFEST)
}

bundle_options() {
    bundle_out='' bundle_lines=2000
    while [ $# -gt 0 ]; do
        [ $# -gt 1 ] || { ctl_usage_error support_bundle "$1 needs a value, or is unknown"; return; }
        case $1 in
            --out) bundle_out=$2 ;;
            --lines) bundle_lines=$2 ;;
            *) ctl_usage_error support_bundle "unknown option \"$1\""; return ;;
        esac
        shift 2
    done
    case $bundle_lines in
        ''|*[!0-9]*|0*|???????*) ctl_usage_error support_bundle '--lines takes 1 to 999999'; return ;;
    esac
    [ -n "$bundle_out" ] || bundle_out=.
    bundle_name=court-support-$(uname -n | tr -cd 'A-Za-z0-9.-')-$(date -u +%Y%m%dT%H%M%SZ)
    [ ! -d "$bundle_out" ] || bundle_out=${bundle_out%/}/$bundle_name.tgz
    if [ -e "$bundle_out" ]; then
        ctl_say "$bundle_out is there already"
        return 4
    fi
}

bundle_tell() {
    if [ "$ctl_output" = json ]; then
        printf '{"schema":1,"file":"%s","sha256":{' "$bundle_out"
        (cd "$bundle_dir" && sed 's/^\([0-9a-f]*\)  \(.*\)/"\2":"\1"/' MANIFEST | paste -sd , - | tr -d '\n')
        printf '}}\n'
    else
        printf '%s\n' "$bundle_out"
        ctl_say 'read it before it is sent: secrets and persons were taken out as far as their form is known'
    fi
}

# in a subshell, so that what was collected goes away however it ends
support_bundle_main() (
    bundle_options "$@" || return
    demo_find_tool || return
    umask 077
    bundle_tmp=$(mktemp -d "${TMPDIR:-/tmp}/court-bundle.XXXXXX") || return 4
    trap 'rm -rf "$bundle_tmp"' EXIT
    trap 'exit 130' INT TERM HUP
    bundle_dir=$bundle_tmp/$bundle_name
    mkdir "$bundle_dir"
    bundle_fill || return
    tar -C "$bundle_tmp" -czf "$bundle_tmp/bundle.tgz" "$bundle_name" &&
        cp "$bundle_tmp/bundle.tgz" "$bundle_out" || { ctl_say "cannot write $bundle_out"; return 4; }
    bundle_tell
)
