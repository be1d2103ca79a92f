/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The revocation events, pure: what stands in Redis, who may sign it, and
 * what a reader may believe of it.  Reading and writing, no socket, no clock.
 *
 * PREFIX:1:events is a stream with the ids SEQ-0, one after the other.  Each
 * entry has one field "e": a compact JWS (typ "court-event+jwt") signed by an
 * authority's key, with the payload
 *
 *   {"seq":N, "prev":"…", "time":ms, "kind":"deny|undo|invalidate|beat",
 *    "id":"…", "what":{…}, "until":s}
 *
 * prev is the base64url SHA-256 of the former entry's e (the very bytes).
 * A beat has neither id, what nor until; until is absent for ever and in all
 * but a deny.  what is one of
 *
 *   {"subject":{"iss","sub"}}  iss absent: of any issuer
 *   {"token":{"iss","jti"}} | {"token":{"hash"}}  base64url SHA-256 of the
 *                              token's header.payload
 *   {"key":{"iss","kid"}} | {"court":"B00"}
 *   {"fact":{"fact","key":[…],"court"}}  court absent: of all courts
 *
 * Redis holds no personal data in clear: subjects, tokens and facts stand as
 * {"sealed":"…"}, base64url of that JSON sealed with the fleet's seal ring
 * (court_cache seal_keys), with "court-event:" id as associated data; found
 * in clear they are refused.  Unlike a keyed name this opens to the very
 * target, and with a ring that lacks the key it does not pass unnoticed: the
 * verdict is SEALED.
 *
 * PREFIX:1:deny is a hash: all that is denied.  Its field "head" is a JWS (typ
 * "court-deny+jwt") signed by a key that may beat, with the payload
 *
 *   {"seq":N, "prev":"…", "time":ms, "entries":N, "parts":["…", …]}
 *
 * It holds what the entries up to seq amount to; prev is the hash that entry
 * seq + 1 will carry.  parts are base64url SHA-256 of the parts; each is also
 * the name of the field where that part stands, so a part never belongs to
 * another head.  Who finds none there reads the head again: it was replaced.
 * A part is bytes sealed with the ring ("court-deny" as associated data), of
 *
 *   [{"id":"…", "at":s, "until":s, "what":{…}}, …]   what in clear
 *
 * Sequence numbers only rise, and may leap: a publisher whose Redis has lost
 * entries goes on at a higher one, behind a new head.
 */

#ifndef _NGX_COURT_EVENT_H_INCLUDED_
#define _NGX_COURT_EVENT_H_INCLUDED_

#include "ngx_court_jose.h"
#include "ngx_court_seal.h"


#define NGX_COURT_EVENT_MAX        8192      /* bytes of one e */
#define NGX_COURT_EVENT_HEAD_MAX   NGX_COURT_TOKEN_MAX
#define NGX_COURT_EVENT_PART_MAX   61440     /* a reply's bulk is 64 KiB */
#define NGX_COURT_EVENT_PARTS      240       /* 60,000 subjects and more */
#define NGX_COURT_EVENT_PART_ENTRIES  512
#define NGX_COURT_EVENT_TEXT       1024      /* issuer, sub, jti, kid, key */
#define NGX_COURT_EVENT_ID         64        /* [A-Za-z0-9_-] */
#define NGX_COURT_EVENT_CODE       64        /* a court's code, a fact's name */
#define NGX_COURT_EVENT_FACT_KEYS  4
#define NGX_COURT_EVENT_HASH_LEN   43        /* base64url of SHA-256 */
#define NGX_COURT_EVENT_SEQ_MAX    0x1fffffffffffffll   /* 2^53 - 1 */

/* an entry's time may be so far ahead of this machine's clock */
#define NGX_COURT_EVENT_SKEW       2000      /* ms */

/* until of what is denied for ever; as NGX_COURT_TOMBSTONE_EVER */
#define NGX_COURT_EVENT_EVER       0x7fffffffffffffffll


typedef enum {
    NGX_COURT_EVENT_DENY = 0,
    NGX_COURT_EVENT_UNDO,         /* the deny of the same target ends */
    NGX_COURT_EVENT_INVALIDATE,   /* a fact is to be asked anew */
    NGX_COURT_EVENT_BEAT,
    NGX_COURT_EVENT_KINDS
} ngx_court_event_kind_t;

typedef enum {
    NGX_COURT_EVENT_NONE = 0,     /* of a beat */
    NGX_COURT_EVENT_SUBJECT,      /* issuer or "" for any; value: sub */
    NGX_COURT_EVENT_TOKEN,        /* issuer; value: jti */
    NGX_COURT_EVENT_TOKEN_HASH,   /* issuer ""; value: 32 bytes */
    NGX_COURT_EVENT_KEY,          /* issuer; value: kid */
    NGX_COURT_EVENT_COURT,        /* issuer ""; value: the court's code */
    NGX_COURT_EVENT_FACT,         /* value: the fact's name; keys; court */
    NGX_COURT_EVENT_WHATS
} ngx_court_event_what_t;

/*
 * Who or what is meant.  deny and undo take all but a fact, invalidate a fact
 * alone.  Two targets are the same where all that stands here is equal.
 */
typedef struct {
    ngx_court_event_what_t     what;
    ngx_str_t                  issuer;    /* "": any, or the kind has none */
    ngx_str_t                  value;
    ngx_str_t                  court;     /* FACT: "" all courts */
    ngx_str_t                  keys[NGX_COURT_EVENT_FACT_KEYS];
    ngx_uint_t                 nkeys;
} ngx_court_event_target_t;

typedef struct {
    uint64_t                   seq;
    u_char                     prev[NGX_COURT_SHA256_LEN];
    int64_t                    time;      /* ms since 1970, the authority's */
    ngx_court_event_kind_t     kind;
    ngx_str_t                  id;        /* "" of a beat */
    ngx_court_event_target_t   target;
    int64_t                    until;     /* s, exclusive; EVENT_EVER */
    u_char                     hash[NGX_COURT_SHA256_LEN];  /* of its own e */
    ngx_str_t                  kid;       /* of the key that signed */
} ngx_court_event_t;


/*
 * What an entry or a head is to a reader.  Applied is OK alone; DUPLICATE is
 * passed over; FAILED is our own fault and says nothing of the entry; after
 * any other the reader trusts nothing until a head and all its parts were
 * read (new epoch).
 */
typedef enum {
    NGX_COURT_EVENT_OK = 0,
    NGX_COURT_EVENT_DUPLICATE,    /* seen: not later than the last one */
    NGX_COURT_EVENT_GAP,          /* entries between are missing */
    NGX_COURT_EVENT_FORGED,       /* form, signature, or chain do not hold */
    NGX_COURT_EVENT_SCOPE,        /* its key may not say this */
    NGX_COURT_EVENT_OLD,          /* its time lies before its forerunner's */
    NGX_COURT_EVENT_AHEAD,        /* its time lies ahead of our clock */
    NGX_COURT_EVENT_ROLLBACK,     /* Redis tells an older or other history */
    NGX_COURT_EVENT_SEALED,       /* no key of the ring opens it */
    NGX_COURT_EVENT_FAILED,       /* no memory, no digest */
    NGX_COURT_EVENT_VERDICTS
} ngx_court_event_verdict_t;

/* "ok", "gap", ... for logs, metrics, JSON */
extern const ngx_str_t  ngx_court_event_verdict_names[];
extern const ngx_str_t  ngx_court_event_kind_names[];
/* "subject", "token", "key", "court", "fact"; "" of NONE */
extern const ngx_str_t  ngx_court_event_what_names[];


/*
 * Authorities' keys (court_events keys=FILE): a JWKS of public asymmetric
 * keys, each with a kid of its own and the member
 *
 *   "court_scope": {"issuers":["…"], "courts":["…"], "kinds":["deny", …]}
 *
 * where ["*"] is all of them.  Exactly one key has "beat" among its kinds, or
 * those that the top-level member "court_beats": ["kid", …] names, all of
 * them and no others.  What a key may say: a subject, token or key of the
 * issuers listed (any issuer, a token's hash: "*"); courts listed; facts of
 * the courts listed (of all courts: "*").  A head is signed by a key that may
 * beat, whose scope holds for each entry in the parts.
 */
typedef struct ngx_court_event_keys_s  ngx_court_event_keys_t;

/*
 * These are trust anchors: one unusable key spoils the file.  NULL and err,
 * pool memory or a constant.  The keys live as long as pool.
 */
ngx_court_event_keys_t *ngx_court_event_keys_parse(ngx_pool_t *pool,
    const ngx_str_t *text, ngx_str_t *err);

/* one of them is published or a demo's: for court_demo on alone */
ngx_uint_t ngx_court_event_keys_demo(const ngx_court_event_keys_t *keys);

/* how many there are; what of one may be told */
ngx_uint_t ngx_court_event_keys_n(const ngx_court_event_keys_t *keys);
const ngx_court_key_t *ngx_court_event_keys_key(
    const ngx_court_event_keys_t *keys, ngx_uint_t i);
ngx_uint_t ngx_court_event_keys_beats(const ngx_court_event_keys_t *keys,
    ngx_uint_t i);

/* 1: the key of that kid may say it; 0 also where there is no such key */
ngx_uint_t ngx_court_event_keys_may(const ngx_court_event_keys_t *keys,
    const ngx_str_t *kid, ngx_court_event_kind_t kind,
    const ngx_court_event_target_t *target);


/*
 * Reads one entry: e is the field's bytes, seq the number in its id ("SEQ-0";
 * an id that ends otherwise the caller takes as seq 0, which is FORGED).  All
 * that needs no history: OK, FORGED, SCOPE, SEALED, FAILED.  *why is a
 * constant for the log, set unless OK.  Strings of ev are of pool.  Without a
 * ring (NULL) what is sealed is SEALED, with all but the target filled in.
 */
ngx_court_event_verdict_t ngx_court_event_read(ngx_pool_t *pool,
    const ngx_court_event_keys_t *keys, const ngx_court_ring_t *ring,
    uint64_t seq, const ngx_str_t *e, ngx_court_event_t *ev,
    const char **why);

/* "SEQ-0" of a stream; 0 for any other text */
uint64_t ngx_court_event_id_seq(const ngx_str_t *id);


/* the head of the snapshot */
typedef struct {
    uint64_t                   seq;
    u_char                     hash[NGX_COURT_SHA256_LEN];  /* its "prev" */
    int64_t                    time;      /* ms */
    uint64_t                   entries;
    ngx_uint_t                 nparts;
    ngx_str_t                 *parts;     /* names of fields, 43 bytes each */
    ngx_str_t                  kid;
} ngx_court_event_head_t;

/* one of what is denied */
typedef struct {
    ngx_str_t                  id;
    int64_t                    at;        /* s: when it was denied */
    int64_t                    until;     /* s, exclusive; EVENT_EVER */
    ngx_court_event_target_t   target;
} ngx_court_event_denied_t;

/* OK, FORGED, SCOPE (its key may not beat), FAILED; no history needed */
ngx_court_event_verdict_t ngx_court_event_head_read(ngx_pool_t *pool,
    const ngx_court_event_keys_t *keys, const ngx_str_t *text,
    ngx_court_event_head_t *head, const char **why);

/*
 * Part i of the head, in denied, an array of ngx_court_event_denied_t which
 * it is pushed to.  OK, FORGED (other bytes than the head says, or its form),
 * SCOPE, SEALED, FAILED.  Not whole where it is not OK: nothing of it counts.
 * The sum over all parts must be head->entries.
 */
ngx_court_event_verdict_t ngx_court_event_part_read(ngx_pool_t *pool,
    const ngx_court_event_keys_t *keys, const ngx_court_ring_t *ring,
    const ngx_court_event_head_t *head, ngx_uint_t i, const ngx_str_t *bytes,
    ngx_array_t *denied, const char **why);


/*
 * What a reader has seen.  Plain numbers: it may stand in shared memory,
 * under the owner's lock.  All zero: nothing yet, and only a head is taken.
 * A head may lie behind what was seen, for it is written now and then: then
 * the entries from there to the highest come once more, and until they have
 * the reader is blind.
 */
typedef struct {
    uint64_t                   seq;       /* of the last entry applied */
    uint64_t                   high;      /* the highest ever */
    int64_t                    time;      /* ms, of seq */
    int64_t                    beat;      /* ms, in the newest beat; 0 none */
    u_char                     hash[NGX_COURT_SHA256_LEN];       /* of seq */
    u_char                     high_hash[NGX_COURT_SHA256_LEN];
    unsigned                   synced:1;  /* a head was taken, and no doubt
                                           * has come since */
} ngx_court_event_chain_t;

/*
 * ev was read OK; now in ms.  OK: the chain has moved, apply it.  DUPLICATE:
 * the chain is as it was.  GAP, FORGED, OLD, AHEAD, ROLLBACK: synced is 0, and
 * all is GAP until the next head; high stays, so that an older history is
 * still known for one.
 */
ngx_court_event_verdict_t ngx_court_event_next(ngx_court_event_chain_t *chain,
    const ngx_court_event_t *ev, int64_t now, const char **why);

/* something else than OK or DUPLICATE was read: trust nothing */
void ngx_court_event_doubt(ngx_court_event_chain_t *chain);

/*
 * May this head be taken?  Asked before its parts are read: OK, ROLLBACK (not
 * what was seen at its seq, or beyond that with an earlier time), AHEAD.  The
 * chain does not change.
 */
ngx_court_event_verdict_t ngx_court_event_head_fits(
    const ngx_court_event_chain_t *chain, const ngx_court_event_head_t *head,
    int64_t now, const char **why);

/*
 * All parts were read: nothing is denied but what they say, and the chain
 * stands at the head; go on with the entry seq + 1.  A head is no beat: the
 * next one in the stream says that there is somebody.
 */
void ngx_court_event_head_take(ngx_court_event_chain_t *chain,
    const ngx_court_event_head_t *head);

/*
 * The stream's last id tells seq (0: there is no stream).  OK, or ROLLBACK
 * where it lies before what was seen: then synced is 0.
 */
ngx_court_event_verdict_t ngx_court_event_top(ngx_court_event_chain_t *chain,
    uint64_t seq);

/*
 * 1: not synced, behind what was seen, no beat, or the newest is older than
 * max_silence; all in ms
 */
ngx_uint_t ngx_court_event_blind(const ngx_court_event_chain_t *chain,
    int64_t now, int64_t max_silence);


/*
 * The authority's side: NGX_OK, NGX_DECLINED (too long, no such target), or
 * NGX_ERROR.  key is private, its kid stands in the keys file.
 */

/* ev->hash is set; of ev kid and hash are not looked at */
ngx_int_t ngx_court_event_write(ngx_pool_t *pool, const ngx_court_key_t *key,
    const ngx_court_ring_t *ring, ngx_court_event_t *ev, ngx_str_t *e);

/*
 * As many of n entries as one part takes, *taken of them; bytes and the name
 * of the field.
 */
ngx_int_t ngx_court_event_part_write(ngx_pool_t *pool,
    const ngx_court_ring_t *ring, const ngx_court_event_denied_t *denied,
    ngx_uint_t n, ngx_uint_t *taken, ngx_str_t *bytes, ngx_str_t *name);

ngx_int_t ngx_court_event_head_write(ngx_pool_t *pool,
    const ngx_court_key_t *key, const ngx_court_event_head_t *head,
    ngx_str_t *text);

/* {"subject":{…}} in clear, both ways; read: NGX_OK or NGX_DECLINED */
ngx_int_t ngx_court_event_target_write(ngx_pool_t *pool,
    const ngx_court_event_target_t *target, ngx_str_t *text);
ngx_int_t ngx_court_event_target_read(ngx_pool_t *pool,
    const ngx_court_json_t *node, ngx_court_event_target_t *target);

ngx_uint_t ngx_court_event_target_eq(const ngx_court_event_target_t *a,
    const ngx_court_event_target_t *b);


#endif /* _NGX_COURT_EVENT_H_INCLUDED_ */
