/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * scale [COUNT [SOCKET]]: as many generated identities as a country has, by
 * the module's own code: an answer is decoded, kept in a zone's structure,
 * sealed and put into the Redis at SOCKET.  Says how many bytes each takes,
 * what a hit costs beside one among 10,000, and what a zone does that is too
 * small.  Without the zone's lock, the network, and HTTP.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <hiredis/hiredis.h>

#include "ngx_court_rt.h"
#include "ngx_court_base64url.h"
#include "ngx_court_fact.h"
#include "ngx_court_seal.h"
#include "ngx_court_zone_lru.h"


#define SCALE_COUNT   2040000
#define SCALE_FEW     10000
#define SCALE_LOOKS   1000000
#define SCALE_ROUNDS  7
#define SCALE_BATCH   256
#define SCALE_TTL     3600000              /* ms */
#define SCALE_HASH    16                   /* NGX_COURT_TIER_NAME_HASH */
#define SCALE_NAME    (sizeof("court:1:f:identity:") - 1                      \
                       + ngx_court_base64url_encoded_len(SCALE_HASH))

#define SCALE_RING                                                            \
    "s1 sm4-ctr-hmac-sm3 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"


typedef struct {
    const ngx_court_fact_t    *fact;
    ngx_court_ring_t          *ring;
    int64_t                    now;
    redisContext              *redis;        /* NULL: none */
} scale_t;


static double
scale_clock(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec + ts.tv_nsec / 1e9;
}


static void
scale_die(const char *what)
{
    fprintf(stderr, "scale: %s\n", what);
    exit(4);
}


/* a person's place among all, not in order */

static uint64_t
scale_random(uint64_t *seed)
{
    uint64_t  z;

    z = (*seed += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;

    return z ^ (z >> 31);
}


static void
scale_key(scale_t *s, unsigned long n, u_char *key)
{
    char       sub[32];
    ngx_str_t  keys[NGX_COURT_FACT_KEYS];

    ngx_str_set(&keys[0], "platform");
    keys[1].data = (u_char *) sub;
    keys[1].len = snprintf(sub, sizeof(sub), "1%017lu", n);

    if (ngx_court_fact_key(s->fact, keys, NULL, key) != NGX_OK) {
        scale_die("no key");
    }
}


/* what a source would answer, as an entry's bytes in buf; their number */

static size_t
scale_entry(scale_t *s, unsigned long n, u_char *buf)
{
    char                text[512], sub[32];
    size_t              len;
    ngx_str_t           body, keys[NGX_COURT_FACT_KEYS];
    const char         *why;
    ngx_pool_t         *pool;
    ngx_court_entry_t   entry;

    static const char *const  kinds[] = {
        "full_time", "part_time", "public", "company", "legal_aid"
    };

    snprintf(sub, sizeof(sub), "1%017lu", n);
    body.data = (u_char *) text;
    body.len = snprintf(text, sizeof(text),
        "{\"subject\":\"%s\",\"status\":\"active\",\"kind\":\"%s\","
        "\"valid_from\":\"20%02lu-0%lu-01T00:00:00Z\","
        "\"valid_until\":null,\"suspended\":[],\"unit\":\"31%05lu\","
        "\"verified_at\":\"2026-11-01T08:00:00Z\"}",
        sub, kinds[n % 5], n % 24, 1 + n % 9, n % 40000);

    ngx_str_set(&keys[0], "platform");
    keys[1].data = (u_char *) sub;
    keys[1].len = strlen(sub);

    pool = ngx_create_pool(4096, ngx_court_rt_log(NGX_LOG_ERR));
    memset(&entry, 0, sizeof(entry));

    if (pool == NULL
        || ngx_court_fact_decode(pool, s->fact, &body, keys, NULL,
                                 &entry.record, &why)
           != NGX_OK)
    {
        scale_die("an answer that is not taken");
    }

    entry.found = 1;
    entry.fetched = s->now;
    entry.expires = s->now + SCALE_TTL;
    len = (size_t) (ngx_court_entry_write(buf, &entry) - buf);

    ngx_destroy_pool(pool);

    return len;
}


/* PREFIX:1:f:FACT:HMAC */

static void
scale_name(scale_t *s, const u_char *key, u_char *name)
{
    u_char     hash[NGX_COURT_SHA256_LEN], *p;
    ngx_str_t  field;

    field.data = (u_char *) key;
    field.len = NGX_COURT_SHA256_LEN;

    if (ngx_court_ring_name(s->ring, "court-redis-fact", &field, 1, hash)
        != NGX_OK)
    {
        scale_die("no name");
    }

    p = ngx_cpymem(name, "court:1:f:identity:",
                   sizeof("court:1:f:identity:") - 1);

    field.data = hash;
    field.len = SCALE_HASH;

    (void) ngx_court_base64url_encode(p, &field);
}


/* L1 */

static ngx_court_zone_head_t *
scale_zone(scale_t *s, unsigned long slots)
{
    size_t                  bytes;
    ngx_court_zone_head_t  *head;

    bytes = sizeof(ngx_court_zone_head_t) + 8
            + slots * (sizeof(ngx_court_zone_slot_t) + sizeof(uint32_t));
    head = malloc(bytes);

    if (head == NULL) {
        scale_die("no memory");
    }

    ngx_court_zone_lru_init(head, bytes, 7, (time_t) (s->now / 1000));

    return head;
}


static ngx_int_t
scale_put(scale_t *s, ngx_court_zone_head_t *head, unsigned long n)
{
    u_char     key[NGX_COURT_SHA256_LEN], buf[NGX_COURT_ENTRY_MAX];
    ngx_str_t  value;

    scale_key(s, n, key);
    value.data = buf;
    value.len = scale_entry(s, n, buf);

    return ngx_court_zone_lru_put(head, key, &value, s->now + SCALE_TTL,
                                  s->now);
}


static ngx_uint_t
scale_hit(scale_t *s, ngx_court_zone_head_t *head, unsigned long n)
{
    u_char             key[NGX_COURT_SHA256_LEN], buf[NGX_COURT_ENTRY_MAX];
    size_t             len;
    ngx_str_t          bytes;
    ngx_court_entry_t  entry;

    scale_key(s, n, key);

    if (ngx_court_zone_lru_get(head, key, buf, sizeof(buf), &len, s->now)
        != NGX_OK)
    {
        return 0;
    }

    bytes.data = buf;
    bytes.len = len;

    return ngx_court_entry_own(s->fact, &bytes, &entry) == NGX_OK;
}


static int
scale_compare(const void *a, const void *b)
{
    double  x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}


/* ns of a hit of somebody among count, all of them there: the median */

static double
scale_hits(scale_t *s, ngx_court_zone_head_t *head, unsigned long count)
{
    double         began, took[SCALE_ROUNDS];
    uint64_t       seed;
    unsigned long  i, k, hits;

    for (k = 0; k < SCALE_ROUNDS; k++) {
        seed = k;
        hits = 0;
        began = scale_clock();

        for (i = 0; i < SCALE_LOOKS; i++) {
            hits += scale_hit(s, head, scale_random(&seed) % count);
        }

        took[k] = (scale_clock() - began) * 1e9 / SCALE_LOOKS;

        if (hits != SCALE_LOOKS) {
            scale_die("somebody is missing");
        }
    }

    qsort(took, SCALE_ROUNDS, sizeof(double), scale_compare);

    return took[SCALE_ROUNDS / 2];
}


static void
scale_l1(scale_t *s, unsigned long count)
{
    double                  began, few, many;
    unsigned long           i;
    ngx_court_zone_head_t  *head, *small;

    small = scale_zone(s, SCALE_FEW + 1);
    head = scale_zone(s, count + 1);

    for (i = 0; i < SCALE_FEW; i++) {
        (void) scale_put(s, small, i);
    }

    began = scale_clock();

    for (i = 0; i < count; i++) {
        if (scale_put(s, head, i) != NGX_OK) {
            scale_die("not stored");
        }
    }

    printf("L1: %lu identities in %.1f s, %lu slots used, "
           "%.1f bytes of zone each, %lu evicted\n", count,
           scale_clock() - began, (unsigned long) head->used,
           (double) head->used * (sizeof(ngx_court_zone_slot_t)
                                  + sizeof(uint32_t)) / count,
           (unsigned long) head->evictions);

    few = scale_hits(s, small, SCALE_FEW);
    many = scale_hits(s, head, count);

    printf("L1 hit: %.0f ns among %d, %.0f ns among %lu: %.2f, "
           "%.0f ns more\n", few, SCALE_FEW, many, count, many / few,
           many - few);

    free(small);
    free(head);
}


/* a zone for a part of them: misses are stored, and others give way */

static void
scale_small(scale_t *s, unsigned long count, unsigned long percent)
{
    double                  began;
    uint64_t                seed, r;
    unsigned long           i, n, hits, failed;
    ngx_court_zone_head_t  *head;

    head = scale_zone(s, count / 100 * percent);
    seed = percent;
    hits = 0;
    failed = 0;
    began = scale_clock();

    /* four of five requests come from a fifth of the persons */

    for (i = 0; i < 2 * SCALE_LOOKS; i++) {
        r = scale_random(&seed);
        n = (r % 5) ? (r >> 8) % (count / 5)
                    : count / 5 + (r >> 8) % (count - count / 5);

        if (scale_hit(s, head, n)) {
            hits += (i >= SCALE_LOOKS);

        } else {
            failed += (scale_put(s, head, n) != NGX_OK);
        }
    }

    printf("L1 for %3lu %% of them: %4.1f %% hits, %lu evicted, %lu not "
           "stored, %.2f us a look-up with its store\n", percent,
           100.0 * hits / SCALE_LOOKS, (unsigned long) head->evictions,
           failed, (scale_clock() - began) * 1e6 / (2 * SCALE_LOOKS));

    free(head);
}


/* L2 */

static unsigned long
scale_memory(scale_t *s)
{
    char          *p;
    redisReply    *reply;
    unsigned long  n;

    reply = redisCommand(s->redis, "INFO memory");
    p = reply ? strstr(reply->str, "used_memory:") : NULL;
    n = p ? strtoul(p + sizeof("used_memory:") - 1, NULL, 10) : 0;
    freeReplyObject(reply);

    return n;
}


static size_t
scale_set(scale_t *s, unsigned long n)
{
    u_char       key[NGX_COURT_SHA256_LEN], name[SCALE_NAME];
    u_char       buf[NGX_COURT_ENTRY_MAX];
    u_char       sealed[NGX_COURT_ENTRY_MAX + NGX_COURT_SEAL_OVERHEAD];
    size_t       lens[5];
    ngx_str_t    aad, plain, out;
    const char  *args[5];

    scale_key(s, n, key);
    scale_name(s, key, name);

    aad.data = name;
    aad.len = sizeof(name);
    plain.data = buf;
    plain.len = scale_entry(s, n, buf);
    out.data = sealed;

    if (ngx_court_seal(s->ring, &aad, &plain, &out) != NGX_OK) {
        scale_die("not sealed");
    }

    args[0] = "SET";  lens[0] = 3;
    args[1] = (char *) name;  lens[1] = sizeof(name);
    args[2] = (char *) sealed;  lens[2] = out.len;
    args[3] = "PX";  lens[3] = 2;
    args[4] = "3600000";  lens[4] = 7;

    if (redisAppendCommandArgv(s->redis, 5, args, lens) != REDIS_OK) {
        scale_die("Redis has gone");
    }

    return out.len;
}


/* replies of so many commands; a value is opened as that person's */

static void
scale_replies(scale_t *s, unsigned long n, const unsigned long *who)
{
    u_char              key[NGX_COURT_SHA256_LEN], name[SCALE_NAME];
    u_char              buf[NGX_COURT_ENTRY_MAX + NGX_COURT_SEAL_OVERHEAD];
    ngx_str_t           aad, sealed, plain;
    redisReply         *reply;
    unsigned long       i;
    ngx_court_entry_t   entry;

    for (i = 0; i < n; i++) {
        if (redisGetReply(s->redis, (void **) &reply) != REDIS_OK
            || reply->type == REDIS_REPLY_ERROR)
        {
            scale_die("Redis refuses");
        }

        if (who) {
            scale_key(s, who[i], key);
            scale_name(s, key, name);
            aad.data = name;
            aad.len = sizeof(name);
            sealed.data = (u_char *) reply->str;
            sealed.len = reply->len;
            plain.data = buf;

            if (reply->type != REDIS_REPLY_STRING
                || sealed.len > sizeof(buf)
                || ngx_court_open(s->ring, &aad, &sealed, &plain) != NGX_OK
                || ngx_court_entry_read(s->fact, &plain, &entry) != NGX_OK)
            {
                scale_die("somebody is missing in Redis");
            }
        }

        freeReplyObject(reply);
    }
}


/* us of a hit in Redis, pipelined, opened */

static double
scale_gets(scale_t *s, unsigned long count)
{
    u_char         key[NGX_COURT_SHA256_LEN], name[SCALE_NAME];
    size_t         lens[2];
    double         began;
    uint64_t       seed;
    const char    *args[2];
    unsigned long  i, k, who[SCALE_BATCH], batches;

    seed = count;
    batches = 400;
    began = scale_clock();

    for (k = 0; k < batches; k++) {
        for (i = 0; i < SCALE_BATCH; i++) {
            who[i] = scale_random(&seed) % count;
            scale_key(s, who[i], key);
            scale_name(s, key, name);
            args[0] = "GET";  lens[0] = 3;
            args[1] = (char *) name;  lens[1] = sizeof(name);
            (void) redisAppendCommandArgv(s->redis, 2, args, lens);
        }

        scale_replies(s, SCALE_BATCH, who);
    }

    return (scale_clock() - began) * 1e6 / (batches * SCALE_BATCH);
}


static void
scale_l2(scale_t *s, unsigned long count)
{
    double         began, few, many;
    size_t         len;
    unsigned long  i, waiting, before;

    before = scale_memory(s);
    began = scale_clock();
    len = 0;
    waiting = 0;
    few = 0;

    for (i = 0; i < count; i++) {
        len += scale_set(s, i);

        if (++waiting == SCALE_BATCH || i + 1 == count
            || i + 1 == SCALE_FEW)
        {
            scale_replies(s, waiting, NULL);
            waiting = 0;
        }

        if (i + 1 == SCALE_FEW) {
            few = scale_gets(s, SCALE_FEW);
        }
    }

    printf("Redis: %lu identities in %.1f s, name %d bytes, sealed value "
           "%.1f, %.1f bytes of Redis each\n", count,
           scale_clock() - began, (int) SCALE_NAME, (double) len / count,
           (double) (scale_memory(s) - before) / count);

    many = scale_gets(s, count);

    printf("Redis hit, opened: %.2f us among %d, %.2f us among %lu: %.2f\n",
           few, SCALE_FEW, many, count, many / few);
}


int
main(int argc, char **argv)
{
    scale_t        s;
    ngx_str_t      name, text, err;
    ngx_pool_t    *pool;
    unsigned long  count;

    memset(&s, 0, sizeof(s));
    count = (argc > 1) ? strtoul(argv[1], NULL, 10) : SCALE_COUNT;
    s.now = (int64_t) time(NULL) * 1000;

    pool = ngx_create_pool(4096, ngx_court_rt_log(NGX_LOG_ERR));
    ngx_str_set(&name, "identity");
    ngx_str_set(&text, SCALE_RING);

    if (pool == NULL || count < 2 * SCALE_FEW
        || ngx_court_crypto_init(ngx_court_rt_log(NGX_LOG_ERR)) != NGX_OK)
    {
        scale_die("COUNT is 20000 at least");
    }

    s.fact = ngx_court_fact_standard(&name);
    s.ring = ngx_court_ring_parse(pool, &text, NGX_COURT_RING_SEAL, &err);

    if (s.fact == NULL || s.ring == NULL) {
        scale_die("no fact, or no ring");
    }

    scale_l1(&s, count);
    scale_small(&s, count, 100);
    scale_small(&s, count, 30);
    scale_small(&s, count, 10);
    scale_small(&s, count, 1);

    if (argc > 2) {
        s.redis = redisConnectUnix(argv[2]);

        if (s.redis == NULL || s.redis->err) {
            scale_die("no Redis there");
        }

        scale_l2(&s, count);
        redisFree(s.redis);
    }

    ngx_destroy_pool(pool);

    return fflush(stdout) == 0 ? 0 : 4;
}
