/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_redis_slots.h"
#include "ngx_court_redis_check.h"


static ngx_uint_t
ngx_court_redis_crc16(const u_char *p, size_t len)
{
    size_t      i;
    ngx_uint_t  crc, bit;

    crc = 0;

    for (i = 0; i < len; i++) {
        crc ^= (ngx_uint_t) p[i] << 8;

        for (bit = 0; bit < 8; bit++) {
            crc = (crc & 0x8000) ? (crc << 1) ^ 0x1021 : crc << 1;
        }

        crc &= 0xffff;
    }

    return crc;
}


ngx_uint_t
ngx_court_redis_slot(const ngx_str_t *key)
{
    u_char  *open, *close, *last;

    last = key->data + key->len;
    open = ngx_strlchr(key->data, last, '{');

    if (open) {
        open++;
        close = ngx_strlchr(open, last, '}');

        if (close && close > open) {
            return ngx_court_redis_crc16(open, (size_t) (close - open))
                   % NGX_COURT_REDIS_SLOTS;
        }
    }

    return ngx_court_redis_crc16(key->data, key->len) % NGX_COURT_REDIS_SLOTS;
}


ngx_uint_t
ngx_court_redis_map_find(const ngx_court_redis_map_t *map,
    const ngx_str_t *host, ngx_uint_t port)
{
    ngx_uint_t                     i;
    const ngx_court_redis_node_t  *node;

    for (i = 0; i < map->nnodes; i++) {
        node = &map->nodes[i];

        if (node->port == port && node->len == host->len
            && ngx_memcmp(node->host, host->data, host->len) == 0)
        {
            return i;
        }
    }

    return NGX_COURT_REDIS_NO_NODE;
}


/*
 * [host, port, id, ...]: host is null or empty where the node does not know
 * it: the one that was asked; "?": nobody does.  NGX_DECLINED: no use.
 */

static ngx_int_t
ngx_court_redis_map_node(ngx_court_redis_map_t *map,
    const ngx_court_redis_reply_t *reply, const ngx_str_t *asked,
    ngx_uint_t *index)
{
    ngx_str_t                host;
    ngx_uint_t               port;
    ngx_court_redis_node_t  *node;

    if (reply->type != NGX_COURT_REDIS_T_ARRAY || reply->n < 2
        || (reply->elements[0].type != NGX_COURT_REDIS_T_STRING
            && reply->elements[0].type != NGX_COURT_REDIS_T_NIL))
    {
        return NGX_ERROR;
    }

    host = reply->elements[0].str;
    port = ngx_court_redis_check_port(&reply->elements[1]);

    if (host.len == 0) {
        host = *asked;
    }

    if (port == 0 || host.len == 0 || host.len > NGX_COURT_REDIS_NODE_HOST
        || (host.len == 1 && host.data[0] == '?'))
    {
        return NGX_DECLINED;
    }

    *index = ngx_court_redis_map_find(map, &host, port);

    if (*index != NGX_COURT_REDIS_NO_NODE) {
        return NGX_OK;
    }

    if (map->nnodes == NGX_COURT_REDIS_NODES) {
        return NGX_ERROR;
    }

    *index = map->nnodes++;
    node = &map->nodes[*index];
    ngx_memzero(node, sizeof(ngx_court_redis_node_t));
    ngx_memcpy(node->host, host.data, host.len);
    node->len = host.len;
    node->port = port;

    return NGX_OK;
}


static ngx_int_t
ngx_court_redis_map_replicas(ngx_court_redis_map_t *map,
    const ngx_court_redis_reply_t *range, const ngx_str_t *asked,
    ngx_court_redis_node_t *master)
{
    ngx_int_t   rc;
    ngx_uint_t  i, k, index;

    for (i = 3; i < range->n; i++) {
        rc = ngx_court_redis_map_node(map, &range->elements[i], asked,
                                      &index);
        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc != NGX_OK) {
            continue;
        }

        for (k = 0; k < master->nreplicas; k++) {
            if (master->replicas[k] == index) {
                break;
            }
        }

        if (k == master->nreplicas && k < NGX_COURT_REDIS_NODE_REPLICAS) {
            master->replicas[master->nreplicas++] = (uint16_t) index;
        }
    }

    return NGX_OK;
}


/* [first, last, master, replica, ...] */

static ngx_int_t
ngx_court_redis_map_range(ngx_court_redis_map_t *map,
    const ngx_court_redis_reply_t *range, const ngx_str_t *asked)
{
    int64_t     first, last, i;
    ngx_int_t   rc;
    ngx_uint_t  index;

    if (range->type != NGX_COURT_REDIS_T_ARRAY || range->n < 3
        || range->elements[0].type != NGX_COURT_REDIS_T_INTEGER
        || range->elements[1].type != NGX_COURT_REDIS_T_INTEGER)
    {
        return NGX_ERROR;
    }

    first = range->elements[0].num;
    last = range->elements[1].num;

    if (first < 0 || last < first || last >= NGX_COURT_REDIS_SLOTS) {
        return NGX_ERROR;
    }

    rc = ngx_court_redis_map_node(map, &range->elements[2], asked, &index);

    if (rc != NGX_OK) {
        return (rc == NGX_DECLINED) ? NGX_OK : NGX_ERROR;
    }

    map->nodes[index].master = 1;

    for (i = first; i <= last; i++) {
        map->covered += (map->slots[i] == NGX_COURT_REDIS_NO_NODE);
        map->slots[i] = (uint16_t) index;
    }

    return ngx_court_redis_map_replicas(map, range, asked,
                                        &map->nodes[index]);
}


ngx_int_t
ngx_court_redis_map_parse(ngx_court_redis_map_t *map,
    const ngx_court_redis_reply_t *reply, const ngx_str_t *asked)
{
    ngx_uint_t  i;

    map->nnodes = 0;
    map->covered = 0;
    ngx_memset(map->slots, 0xff, sizeof(map->slots));

    if (reply->type != NGX_COURT_REDIS_T_ARRAY) {
        return NGX_ERROR;
    }

    for (i = 0; i < reply->n; i++) {
        if (ngx_court_redis_map_range(map, &reply->elements[i], asked)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return map->covered ? NGX_OK : NGX_ERROR;
}


/* the address behind the slot: IPv6 with its colons, brackets or not */

static ngx_int_t
ngx_court_redis_moved_addr(u_char *p, u_char *last,
    ngx_court_redis_moved_t *moved)
{
    u_char     *colon;
    ngx_int_t   port;

    for (colon = last; colon > p && colon[-1] != ':'; colon--) { /* void */ }

    if (colon == p) {
        return NGX_ERROR;
    }

    port = ngx_atoi(colon, (size_t) (last - colon));

    if (port <= 0 || port > 65535) {
        return NGX_ERROR;
    }

    moved->port = (ngx_uint_t) port;
    moved->host.data = p;
    moved->host.len = (size_t) (colon - 1 - p);

    if (moved->host.len > 2 && p[0] == '[' && colon[-2] == ']') {
        moved->host.data++;
        moved->host.len -= 2;
    }

    return (moved->host.len <= NGX_COURT_REDIS_NODE_HOST) ? NGX_OK
                                                          : NGX_ERROR;
}


ngx_int_t
ngx_court_redis_moved(const ngx_str_t *error, ngx_court_redis_moved_t *moved)
{
    u_char     *p, *last, *space;
    ngx_int_t   slot;

    p = error->data;
    last = p + error->len;

    if (error->len > 6 && ngx_memcmp(p, "MOVED ", 6) == 0) {
        moved->ask = 0;
        p += 6;

    } else if (error->len > 4 && ngx_memcmp(p, "ASK ", 4) == 0) {
        moved->ask = 1;
        p += 4;

    } else {
        return NGX_DECLINED;
    }

    space = ngx_strlchr(p, last, ' ');

    if (space == NULL) {
        return NGX_ERROR;
    }

    slot = ngx_atoi(p, (size_t) (space - p));

    if (slot < 0 || slot >= NGX_COURT_REDIS_SLOTS) {
        return NGX_ERROR;
    }

    moved->slot = (ngx_uint_t) slot;

    return ngx_court_redis_moved_addr(space + 1, last, moved);
}
