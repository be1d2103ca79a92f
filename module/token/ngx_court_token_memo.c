/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The key of a token (its hash, by which the zone keeps what was verified) is
 * a function of its text alone.  A worker keeps the pairs of those who call
 * again and again.  It says nothing about whether a token is good: that stands
 * in the zone, and is rechecked there for each request.
 *
 * The texts are credentials: only such as were found good are kept, compared
 * as a whole and in constant time, and wiped as soon as they are not good any
 * more or another one takes their place.
 */

#include "ngx_court_token.h"


#define NGX_COURT_TOKEN_MEMOS      512
#define NGX_COURT_TOKEN_MEMO_TEXT  1496      /* longer ones are not kept */
#define NGX_COURT_TOKEN_MEMO_MIN   32
#define NGX_COURT_TOKEN_MEMO_PACKED  512


typedef struct {
    size_t                     len;          /* 0: an empty slot */
    u_char                     key[NGX_COURT_SHA256_LEN];
    u_char                     text[NGX_COURT_TOKEN_MEMO_TEXT];
    size_t                     packed_len;   /* 0: not known */
    u_char                     packed[NGX_COURT_TOKEN_MEMO_PACKED];
} ngx_court_token_memo_t;


static ngx_court_token_memo_t  ngx_court_token_memos[NGX_COURT_TOKEN_MEMOS];


/* by its end, which is the signature's; NULL: not one to be kept */

static ngx_court_token_memo_t *
ngx_court_token_memo_slot(const ngx_str_t *text)
{
    uint64_t  a, b;

    if (text->len < NGX_COURT_TOKEN_MEMO_MIN
        || text->len > NGX_COURT_TOKEN_MEMO_TEXT)
    {
        return NULL;
    }

    ngx_memcpy(&a, text->data + text->len - 16, sizeof(uint64_t));
    ngx_memcpy(&b, text->data + text->len - 10, sizeof(uint64_t));

    a = (a ^ (b << 7) ^ (b >> 5)) * 0x9e3779b97f4a7c15ull;

    return &ngx_court_token_memos[(a >> 40) % NGX_COURT_TOKEN_MEMOS];
}


/* words at once, without a branch on what they are */

static ngx_uint_t
ngx_court_token_memo_eq(const u_char *a, const u_char *b, size_t len)
{
    uint64_t  diff, x, y;

    diff = 0;

    for ( /* void */ ; len >= sizeof(uint64_t); len -= sizeof(uint64_t)) {
        ngx_memcpy(&x, a, sizeof(uint64_t));
        ngx_memcpy(&y, b, sizeof(uint64_t));
        diff |= x ^ y;
        a += sizeof(uint64_t);
        b += sizeof(uint64_t);
    }

    for ( /* void */ ; len; len--) {
        diff |= (uint64_t) (*a++ ^ *b++);
    }

    return diff == 0;
}


ngx_int_t
ngx_court_token_memo_get(const ngx_str_t *text,
    u_char key[NGX_COURT_SHA256_LEN])
{
    ngx_court_token_memo_t  *memo;

    memo = ngx_court_token_memo_slot(text);

    if (memo == NULL || memo->len != text->len
        || !ngx_court_token_memo_eq(memo->text, text->data, text->len))
    {
        return NGX_DECLINED;
    }

    ngx_memcpy(key, memo->key, NGX_COURT_SHA256_LEN);

    return NGX_OK;
}


void
ngx_court_token_memo_keep(const ngx_str_t *text,
    const u_char key[NGX_COURT_SHA256_LEN])
{
    ngx_court_token_memo_t  *memo;

    memo = ngx_court_token_memo_slot(text);

    if (memo == NULL) {
        return;
    }

    ngx_court_wipe(memo, sizeof(ngx_court_token_memo_t));

    ngx_memcpy(memo->key, key, NGX_COURT_SHA256_LEN);
    ngx_memcpy(memo->text, text->data, text->len);
    memo->len = text->len;
}


void
ngx_court_token_memo_packed(const ngx_str_t *text, const ngx_str_t *bytes)
{
    ngx_court_token_memo_t  *memo;

    memo = ngx_court_token_memo_slot(text);

    if (memo == NULL || memo->len != text->len
        || bytes->len > NGX_COURT_TOKEN_MEMO_PACKED
        || !ngx_court_token_memo_eq(memo->text, text->data, text->len))
    {
        return;
    }

    ngx_memcpy(memo->packed, bytes->data, bytes->len);
    memo->packed_len = bytes->len;
}


/* whose place it is says memo_get, right before; another's bytes name another
 * token id, and differ */

ngx_uint_t
ngx_court_token_memo_whole(const ngx_str_t *text, const ngx_str_t *bytes)
{
    ngx_court_token_memo_t  *memo;

    memo = ngx_court_token_memo_slot(text);

    return memo && memo->packed_len && memo->packed_len == bytes->len
           && ngx_memcmp(memo->packed, bytes->data, bytes->len) == 0;
}


void
ngx_court_token_memo_drop(const ngx_str_t *text)
{
    ngx_court_token_memo_t  *memo;

    memo = ngx_court_token_memo_slot(text);

    if (memo) {
        ngx_court_wipe(memo, sizeof(ngx_court_token_memo_t));
    }
}


void
ngx_court_token_memo_clear(void)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_COURT_TOKEN_MEMOS; i++) {
        if (ngx_court_token_memos[i].len) {
            ngx_court_wipe(&ngx_court_token_memos[i],
                           sizeof(ngx_court_token_memo_t));
        }
    }
}
