# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
#
# What "courtctl -h" says, and "courtctl NOUN -h" of the nouns that court-tool
# answers.  The other nouns have NOUN_usage in their own file.  t/check/cli
# compares it with the man page and the completions.

# shellcheck disable=SC2034
ctl_version=0.1.0

usage() {
    cat <<'EOF'
usage: courtctl [-c FILE] [-o text|json] <noun> <verb> [options]

examples:
  courtctl status                          is the gateway well?
  courtctl audit find REQUEST_ID           why was he refused?
  courtctl demo start                      start the demo gateway
  courtctl token mint --demo lawyer        a token of the running demo
  courtctl token verify --jwks F < token   0 valid, 1 not
  courtctl policy can-i -f conf/policy/court.json --role lawyer \
      --favourable GET /api/v1/cases/1
  courtctl keys new --kty seal             a line for court_cache seal_keys

nouns; "courtctl NOUN -h" says more:
  status                        how the running gateway is
  health          live|ready    0 yes, 1 no, 4 no answer
  fact            get|fetch|purge|extend     what is known here of a person
  cache           stats|purge   how full zones are; empty them
  revoke          subject|token|key|court|undo|list   who is let in no more
  events          status|tail|verify|snapshot|publisher   an authority's
  audit           tail|verify|find|export     the decision record
  keys            new|public|join|list|stage|commit|retire
  check                         what is wrong with a configuration
  token           verify|inspect|mint
  policy          check|can-i|reload
  assertion       verify|mint
  upstream        check         does a court service believe the gateway alone
  support-bundle                what a developer needs, without secrets
  bench                         how fast this gateway answers
  demo            start|run|stop|status|fault

options, before or after the noun:
  -c FILE         courtctl.conf(5); else $COURTCTL_CONF, a running demo's,
                  /etc/court/courtctl.conf
  -o text|json    -h    --version

exit codes: 0 yes/ok, 1 no, 2 usage, 3 configuration invalid,
4 dependency unreachable, 5 not permitted, 6 undetermined
EOF
}

# What a shell may complete, from the texts themselves: nouns; of a noun its
# verbs and options; of an option what it takes, where that is a list.
ctl_words() {       # [noun [--option]]
    if [ $# = 0 ]; then
        usage | sed -n '/^nouns;/,/^$/s/^  \([a-z-]*\) .*/\1/p'
        return
    fi
    ctl_help "$(printf %s "$1" | tr - _)" | awk -v noun="$1" -v option="${2-}" '
        /^$/ { exit }
        {
            gsub(/[][]/, " ")
            for (i = 1; i <= NF; i++) {
                first = $(i - 1) == noun && $(i - 2) == "courtctl"
                if (option != "") {
                    if ($(i - 1) == option && $i ~ /^[a-z0-9|_-]+$/) print $i
                } else if ($i ~ /^--[a-z]/ || (first && $i ~ /^[a-z|-]+$/)) {
                    print $i
                }
            }
        }' | tr '|' '\n' | grep . | sort -u
}

token_usage() {
    cat <<'EOF'
usage: courtctl token verify --jwks FILE [--alg A,B] [--iss I] [--aud A]
           [--now T] [--signature-only] < token
       courtctl token inspect < token
       courtctl token mint --demo ROLE [--sub S] [--claims JSON] [--kid K]
           [--alg A] [--exp SECONDS]

verify prints the payload; mint signs with a running demo's keys alone.
EOF
}

policy_usage() {
    cat <<'EOF'
usage: courtctl policy check FILE
       courtctl policy reload
       courtctl policy can-i -f FILE --role ROLE
           [--facts FILE | --favourable] [--unmet CONDITION] METHOD PATH

can-i: 0 allowed, 1 not, 6 where it depends on what was not given.
EOF
}

keys_usage() {
    cat <<'EOF'
usage: courtctl keys new --kty ec|rsa|okp|sm2|oct|seal|audit [--crv C]
           [--bits N] --kid K [--out FILE]
       courtctl keys public --in FILE [--out FILE]
       courtctl keys join [--out FILE] FILE...
       courtctl keys list FILE...
       courtctl keys stage FILE [--kid K] [--alg A] [--in JWKS]
       courtctl keys commit FILE
       courtctl keys retire FILE [--kid K] [--forget]

To change a key: stage, commit, retire, with a reload of nginx after each;
they say how long to wait (reference/keys.md).
EOF
}

check_usage() {
    cat <<'EOF'
usage: courtctl check [NGINX.CONF|-] [--accept IDS] [--accepted FILE]
           [--jwks-days N] [--logrotate DIR]
       courtctl check --list

NGINX.CONF is that of courtctl.conf(5); "-" is what nginx -T printed.
0 nothing, or notes alone; 1 errors or warnings; 3 nginx refuses it.
What is looked for: reference/check.md.
EOF
}

assertion_usage() {
    cat <<'EOF'
usage: courtctl assertion verify --jwks FILE --aud CODE [--iss I]
           [--interface ID] [--leeway S] [--now T] < assertion
       courtctl assertion mint --demo ROLE [--court CODE] [--sub S]
           [--interface ID] [--claims JSON] [--typ T] [--exp SECONDS]

verify checks as module/reference/upstream.md asks of a court service.
EOF
}

demo_usage() {
    cat <<'EOF'
usage: courtctl demo start|run [--gateways N] [--cluster] [--upstream URL]
       courtctl demo stop|status
       courtctl demo fault source|redis|court
           ok|down|hang|slow|error|garbage|mismatch

COURT_PORT=N takes another port than 8080; further gateways take the next
ones.  --cluster: three gateways, or N, and a Redis cluster of three, which
takes six ports more on loopback; of its faults there are down and hang.
EOF
}
