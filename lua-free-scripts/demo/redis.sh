# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
#
# The demo's Redis: one server on a unix socket, or, with --cluster, three that
# share the slots.  Nodes of a cluster speak TCP: on loopback, at the ports
# after the gateways', their bus at the three after that.  Each has a unix
# socket besides: redis.sock, redis-2.sock, redis-3.sock.  Sourced by demo.sh.

# shellcheck disable=SC2154
demo_redis_names() {
    if [ -e "$demo_dir/cluster" ]; then
        echo redis redis-2 redis-3
    else
        echo redis
    fi
}

# 1 for "redis", N for "redis-N"
demo_redis_number() { n=${1#redis}; n=${n#-}; echo "${n:-1}"; }

demo_redis_port() { echo $(($(demo_pid port) + $(demo_pid gateways) + $1 - 1)); }

demo_redis_sock() {
    case $1 in
        redis) echo "$demo_sock" ;;
        *) echo "${demo_sock%redis.sock}$1.sock" ;;
    esac
}

demo_redis_cli() {
    node=$1; shift
    timeout 5 redis-cli -s "$(demo_redis_sock "$node")" "$@" 2>/dev/null
}

demo_redis_conf() {
    for node in $(demo_redis_names); do
        i=$(demo_redis_number "$node")
        mkdir -p "$demo_dir/tmp/$node" || return
        {
            if [ -e "$demo_dir/cluster" ]; then
                p=$(demo_redis_port "$i")
                cat <<EOF
bind 127.0.0.1
port $p
cluster-enabled yes
cluster-config-file nodes.conf
cluster-node-timeout 2000
cluster-port $((p + 3))
EOF
            else
                echo 'port 0'
            fi
            cat <<EOF
unixsocket "$(demo_redis_sock "$node")"
unixsocketperm 700
daemonize no
save ""
appendonly no
dir "$demo_dir/tmp/$node"
user default on nopass ~* &* +@all
user gateway on >$(cat "$demo_dir/keys/redis.password") ~court:* &* +@all
EOF
        } > "$demo_dir/conf/$node.conf" &&
        chmod 600 "$demo_dir/conf/$node.conf" || return
    done
}

# lines of the gateway's court_redis
demo_redis_lines() {
    if [ -e "$demo_dir/cluster" ]; then
        printf 'mode cluster; server'
        for i in 1 2 3; do printf ' 127.0.0.1:%s' "$(demo_redis_port $i)"; done
        printf ';'
    else
        printf 'server        "unix:%s";' "$demo_sock"
    fi
}

demo_redis_one() { demo_spawn "$1" redis-server "$demo_dir/conf/$1.conf"; }

demo_redis() {
    for node in $(demo_redis_names); do
        demo_alive "$(demo_pid "$node.pid")" || demo_redis_one "$node" || return
    done
}

demo_redis_up() {
    for node in $(demo_redis_names); do
        demo_redis_cli "$node" ping | grep -q PONG || return 1
    done
    [ ! -e "$demo_dir/cluster" ] || demo_cluster_up
}

demo_cluster_up() {
    for node in $(demo_redis_names); do
        demo_redis_cli "$node" cluster info | grep -q 'cluster_state:ok' || return 1
    done
}

# three that know nobody become a cluster: they meet, and each takes a third
demo_cluster_join() {
    [ -e "$demo_dir/cluster" ] || return 0
    p=$(demo_redis_port 1)
    for node in $(demo_redis_names); do
        i=$(demo_redis_number "$node")
        demo_wait 100 demo_redis_answers "$node" || return
        demo_redis_cli "$node" cluster set-config-epoch "$i" >/dev/null
        demo_redis_cli "$node" cluster addslotsrange \
            $(((i - 1) * 5461)) $((i == 3 ? 16383 : i * 5461 - 1)) >/dev/null
        [ "$i" = 1 ] || demo_redis_cli "$node" cluster meet 127.0.0.1 "$p" $((p + 3)) >/dev/null
    done
}

demo_redis_answers() { demo_redis_cli "$1" ping | grep -q PONG; }

# A Redis that answers wrongly takes the real one's place at its socket.  The
# real one goes on under another name.
demo_redis_real() {
    demo_kill sim-redis.pid
    [ -S "${demo_sock%.sock}.real.sock" ] && mv "${demo_sock%.sock}.real.sock" "$demo_sock"
    for node in $(demo_redis_names); do
        pid=$(demo_pid "$node.pid")
        if demo_alive "$pid"; then
            kill -CONT "$pid"
        else
            demo_redis_one "$node"
        fi
    done
    demo_wait 100 demo_redis_up || { demo_say "courtctl: Redis does not come back"; return 4; }
}

demo_redis_fake() {
    if [ -e "$demo_dir/cluster" ]; then
        demo_say "courtctl: a cluster's faults are ok, down and hang"
        return 2
    fi
    real=${demo_sock%.sock}.real.sock
    echo "$1" > "$demo_dir/fault/redis"
    mv "$demo_sock" "$real"
    demo_sim redis unix:"$demo_sock" && demo_wait 50 test -S "$demo_sock" || return 4
    # those already connected speak with the real one: end that
    timeout 2 redis-cli -s "$real" client kill type normal >/dev/null 2>&1
    return 0
}

# all of it: of a cluster every node
demo_redis_fault() {
    demo_redis_real || return 4
    case $1 in
        ok) return 0 ;;
        down|hang) ;;
        *) demo_redis_fake "$1"; return ;;
    esac
    for node in $(demo_redis_names); do
        pid=$(demo_pid "$node.pid")
        if [ "$1" = down ]; then
            kill -KILL "$pid"
            demo_wait 50 demo_dead "$pid"
        else
            kill -STOP "$pid"
        fi
    done
}
