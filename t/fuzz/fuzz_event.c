/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Input: lines, one step of a reader each.  "R " an entry's bytes as they
 * are, "r " a head's; "E " an entry's and "H " a head's payload, signed here
 * first; "S " a target that is sealed and stands in a deny; "P " a part in
 * clear, sealed here under a head of its own.  Whatever comes: trust is lost
 * by all but what follows, and given back by heads alone.
 */

#include "fuzz.h"
#include "ngx_court_event_parse.h"
#include "ngx_court_base64url.h"


#define FUZZ_RING                                                             \
    "k1 aes-256-gcm AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"

/* published, RFC 8037 appendix A.1 */
#define FUZZ_KEY                                                              \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\",%s"                   \
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""
#define FUZZ_D                                                                \
    "\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\","

#define FUZZ_ZEROS  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define FUZZ_NOW    1000000


static ngx_court_ring_t        *ring;
static ngx_court_event_keys_t  *keys;
static ngx_court_key_t         *signer;


void
fuzz_setup(ngx_pool_t *pool)
{
    char               text[1024], key[512];
    ngx_str_t          s, err;
    ngx_court_json_t  *node;

    must(ngx_court_crypto_init(pool->log) == NGX_OK);

    s = fuzz_str(FUZZ_RING);
    ring = ngx_court_ring_parse(pool, &s, NGX_COURT_RING_SEAL, &err);
    must(ring != NULL);

    snprintf(key, sizeof(key), FUZZ_KEY, "");
    snprintf(text, sizeof(text), "{\"keys\":[%s,\"court_scope\":{\"issuers\":"
             "[\"i\"],\"courts\":[\"B00\"],\"kinds\":[\"*\"]}}]}", key);
    s = fuzz_str(text);
    keys = ngx_court_event_keys_parse(pool, &s, &err);
    must(keys != NULL);

    snprintf(text, sizeof(text), FUZZ_KEY "}", FUZZ_D);
    s = fuzz_str(text);
    node = ngx_court_json_parse(pool, &s, &ngx_court_json_small, &err);
    signer = node ? ngx_court_jwk_parse(pool, node, &err) : NULL;
    must(signer != NULL);
}


static ngx_str_t
fuzz_sign(ngx_pool_t *pool, const char *typ, const ngx_str_t *payload)
{
    char       header[128];
    ngx_str_t  h, text;

    snprintf(header, sizeof(header),
             "{\"alg\":\"EdDSA\",\"typ\":\"%s\",\"kid\":\"a\"}", typ);
    h = fuzz_str(header);

    must(ngx_court_jws_sign(pool, ngx_court_key_default_alg(signer), signer,
                            &h, payload, &text) == NGX_OK);

    return text;
}


/* the number that the payload says, so that the fuzzer need not count */

static uint64_t
fuzz_seq(ngx_pool_t *pool, const ngx_str_t *payload)
{
    uint64_t           seq;
    ngx_court_json_t  *node;

    node = ngx_court_json_parse(pool, payload, &ngx_court_json_small, NULL);

    return node && ngx_court_event_seq(ngx_court_json_get(node, "seq"), &seq)
                   == NGX_OK ? seq : 1;
}


static void
fuzz_target(ngx_pool_t *pool, const ngx_court_event_target_t *target)
{
    ngx_str_t                  text;
    ngx_court_json_t          *node;
    ngx_court_event_target_t   again;

    must(ngx_court_event_target_write(pool, target, &text) == NGX_OK);
    node = ngx_court_json_parse(pool, &text, &ngx_court_json_small, NULL);
    must(node != NULL);
    must(ngx_court_event_target_read(pool, node, &again) == NGX_OK);
    must(ngx_court_event_target_eq(target, &again));
}


static void
fuzz_entry(ngx_pool_t *pool, ngx_court_event_chain_t *chain, uint64_t seq,
    const ngx_str_t *e, ngx_uint_t ours)
{
    const char                 *why;
    ngx_str_t                   id;
    u_char                      buf[32];
    ngx_court_event_t           ev;
    ngx_court_event_chain_t     before;
    ngx_court_event_verdict_t   verdict;

    id.data = buf;
    id.len = ngx_sprintf(buf, "%uL-0", seq) - buf;
    must(ngx_court_event_id_seq(&id) == seq);

    verdict = ngx_court_event_read(pool, keys, ring, seq, e, &ev, &why);

    if (verdict != NGX_COURT_EVENT_OK) {
        must(why != NULL);
        ngx_court_event_doubt(chain);
        return;
    }

    must(ours);
    must(ngx_court_event_takes(ev.kind, ev.target.what));
    must(ngx_court_event_keys_may(keys, &ev.kid, ev.kind, &ev.target));

    if (ev.kind != NGX_COURT_EVENT_BEAT) {
        fuzz_target(pool, &ev.target);
    }

    before = *chain;
    verdict = ngx_court_event_next(chain, &ev, FUZZ_NOW, &why);

    must(chain->high >= before.high && chain->beat >= before.beat);

    if (verdict == NGX_COURT_EVENT_OK) {
        must(before.synced && chain->synced && chain->seq == before.seq + 1);
        must(chain->time >= before.time);

    } else if (verdict == NGX_COURT_EVENT_DUPLICATE) {
        must(memcmp(chain, &before, sizeof(before)) == 0);

    } else {
        must(ngx_court_event_blind(chain, FUZZ_NOW, FUZZ_NOW));
    }
}


static void
fuzz_head(ngx_pool_t *pool, ngx_court_event_chain_t *chain,
    const ngx_str_t *text, ngx_uint_t ours)
{
    const char                 *why;
    ngx_str_t                   again;
    ngx_court_event_head_t      head;
    ngx_court_event_verdict_t   verdict;

    verdict = ngx_court_event_head_read(pool, keys, text, &head, &why);

    if (verdict != NGX_COURT_EVENT_OK) {
        must(why != NULL);
        return;
    }

    must(ours);
    must(ngx_court_event_head_write(pool, signer, &head, &again) == NGX_OK);

    if (ngx_court_event_head_fits(chain, &head, FUZZ_NOW, &why)
        == NGX_COURT_EVENT_OK)
    {
        ngx_court_event_head_take(chain, &head);
        must(chain->synced && chain->seq == head.seq
             && chain->high >= head.seq);
    }
}


static void
fuzz_sealed(ngx_pool_t *pool, ngx_court_event_chain_t *chain,
    const ngx_str_t *target)
{
    u_char     *p;
    ngx_str_t   aad, sealed, payload, e;

    aad = fuzz_str(NGX_COURT_EVENT_AAD "x");
    sealed.data = ngx_pnalloc(pool, target->len + NGX_COURT_SEAL_OVERHEAD);
    must(ngx_court_seal(ring, &aad, target, &sealed) == NGX_OK);

    payload.data = ngx_pnalloc(pool, 256 + 2 * sealed.len);
    p = ngx_sprintf(payload.data, "{\"seq\":5,\"prev\":\"" FUZZ_ZEROS "\","
                    "\"time\":5,\"kind\":\"deny\",\"id\":\"x\",\"what\":"
                    "{\"sealed\":\"");
    p = ngx_court_base64url_encode(p, &sealed);
    p = ngx_cpymem(p, "\"}}", 3);
    payload.len = p - payload.data;

    e = fuzz_sign(pool, NGX_COURT_EVENT_TYP, &payload);
    fuzz_entry(pool, chain, 5, &e, 1);
}


static void
fuzz_piece(ngx_pool_t *pool, const ngx_str_t *plain)
{
    u_char                      sum[32], name[NGX_COURT_EVENT_HASH_LEN];
    const char                 *why;
    ngx_str_t                   aad, sealed, part, digest;
    ngx_uint_t                  i;
    ngx_array_t                *all;
    ngx_court_event_head_t      head;
    ngx_court_event_denied_t   *denied;

    aad = fuzz_str(NGX_COURT_EVENT_PART_AAD);
    sealed.data = ngx_pnalloc(pool, plain->len + NGX_COURT_SEAL_OVERHEAD);
    must(ngx_court_seal(ring, &aad, plain, &sealed) == NGX_OK);
    must(ngx_court_sha256(&sealed, 1, sum) == NGX_OK);

    digest.data = sum;
    digest.len = 32;
    (void) ngx_court_base64url_encode(name, &digest);

    part.data = name;
    part.len = sizeof(name);

    ngx_memzero(&head, sizeof(head));
    head.kid = fuzz_str("a");
    head.nparts = 1;
    head.parts = &part;

    all = ngx_array_create(pool, 4, sizeof(ngx_court_event_denied_t));

    if (ngx_court_event_part_read(pool, keys, ring, &head, 0, &sealed, all,
                                  &why) == NGX_COURT_EVENT_OK)
    {
        denied = all->elts;

        for (i = 0; i < all->nelts; i++) {
            fuzz_target(pool, &denied[i].target);
            must(denied[i].until > 0 && denied[i].id.len > 0);
        }
    }
}


void
fuzz_one(ngx_pool_t *pool, ngx_str_t *in)
{
    u_char                    mode;
    ngx_str_t                 line, err;
    ngx_uint_t                n;
    ngx_court_event_chain_t   chain;

    ngx_memzero(&chain, sizeof(chain));

    for (n = 0; in->len && n < 32; n++) {
        mode = fuzz_byte(in);
        (void) fuzz_byte(in);
        line = fuzz_line(pool, in);

        switch (mode) {

        case 'R':
            fuzz_entry(pool, &chain, 5, &line, 0);
            break;

        case 'r':
            fuzz_head(pool, &chain, &line, 0);
            break;

        case 'E':
            n += 3;
            err = fuzz_sign(pool, NGX_COURT_EVENT_TYP, &line);
            fuzz_entry(pool, &chain, fuzz_seq(pool, &line), &err, 1);
            break;

        case 'H':
            n += 3;
            err = fuzz_sign(pool, NGX_COURT_EVENT_HEAD_TYP, &line);
            fuzz_head(pool, &chain, &err, 1);
            break;

        case 'S':
            n += 3;
            fuzz_sealed(pool, &chain, &line);
            break;

        case 'P':
            fuzz_piece(pool, &line);
            break;

        default:
            ngx_str_null(&err);
            must(ngx_court_event_keys_parse(pool, &line, &err) != NULL
                 || err.len);
        }
    }
}
