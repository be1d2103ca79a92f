/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Text in blocks: a status with thousands of courts is some hundred KiB.
 */

#include "ngx_court_metrics.h"
#include "ngx_court_utf8.h"


static ngx_int_t ngx_court_metrics_text_block(ngx_court_out_t *t);


ngx_int_t
ngx_court_out_init(ngx_court_out_t *t, ngx_pool_t *pool)
{
    ngx_memzero(t, sizeof(ngx_court_out_t));

    t->pool = pool;

    return ngx_array_init(&t->blocks, pool, 4, sizeof(ngx_str_t));
}


static ngx_int_t
ngx_court_metrics_text_block(ngx_court_out_t *t)
{
    u_char     *p;
    ngx_str_t  *block;

    p = t->failed ? NULL : ngx_pnalloc(t->pool, NGX_COURT_OUT_BLOCK);
    block = p ? ngx_array_push(&t->blocks) : NULL;

    if (block == NULL) {
        t->failed = 1;
        return NGX_ERROR;
    }

    block->data = p;
    block->len = 0;
    t->last = p;
    t->left = NGX_COURT_OUT_BLOCK;

    return NGX_OK;
}


void
ngx_court_out_put(ngx_court_out_t *t, const void *data, size_t len)
{
    size_t         n;
    ngx_str_t     *block;
    const u_char  *p;

    /* most pieces are short, and the block has room */

    if (len && len <= t->left) {
        block = t->blocks.elts;
        t->last = ngx_cpymem(t->last, data, len);
        t->left -= len;
        t->len += len;
        block[t->blocks.nelts - 1].len += len;
        return;
    }

    for (p = data; len; p += n, len -= n) {

        if (t->left == 0 && ngx_court_metrics_text_block(t) != NGX_OK) {
            return;
        }

        n = ngx_min(len, t->left);
        block = t->blocks.elts;
        block += t->blocks.nelts - 1;

        t->last = ngx_cpymem(t->last, p, n);
        t->left -= n;
        t->len += n;
        block->len += n;
    }
}


void
ngx_court_out_str(ngx_court_out_t *t, const ngx_str_t *s)
{
    ngx_court_out_put(t, s->data, s->len);
}


void
ngx_court_out_uint(ngx_court_out_t *t, uint64_t n)
{
    u_char  buf[NGX_INT64_LEN];

    ngx_court_out_put(t, buf, ngx_sprintf(buf, "%uL", n) - buf);
}


void
ngx_court_out_ns(ngx_court_out_t *t, uint64_t ns)
{
    u_char  buf[NGX_INT64_LEN + sizeof(".000000000") - 1], *p;

    p = ngx_sprintf(buf, "%uL", ns / 1000000000);

    if (ns % 1000000000) {
        p = ngx_sprintf(p, ".%09uL", ns % 1000000000);

        while (p[-1] == '0') {
            p--;
        }
    }

    ngx_court_out_put(t, buf, p - buf);
}


/*
 * Bytes up to the next that quote is asked about: it answers with what
 * stands instead, NULL where the byte stands for itself.  What is not UTF-8
 * becomes U+FFFD.
 */

typedef const char *(*ngx_court_metrics_text_pt)(u_char c, char *buf);


static void
ngx_court_metrics_text_quote(ngx_court_out_t *t, const ngx_str_t *s,
    ngx_court_metrics_text_pt quote)
{
    char           buf[8];
    size_t         n;
    const char    *instead;
    const u_char  *p, *end, *plain;

    ngx_court_out_const(t, "\"");

    plain = s->data;
    end = s->data + s->len;

    for (p = s->data; p < end; p += n) {

        /* letters, digits and so on: nearly all there are */

        if ((*p > '<' && *p < '\\') || (*p >= '_' && *p < 0x7f)
            || (*p >= '-' && *p < '<'))
        {
            n = 1;
            continue;
        }

        n = ngx_court_utf8_sequence(p, end);

        instead = (n == 0) ? "\xef\xbf\xbd"
                : (n == 1) ? quote(*p, buf) : NULL;
        n += (n == 0);

        if (instead) {
            ngx_court_out_put(t, plain, p - plain);
            ngx_court_out_put(t, instead, ngx_strlen(instead));
            plain = p + n;
        }
    }

    ngx_court_out_put(t, plain, end - plain);
    ngx_court_out_const(t, "\"");
}


/*
 * "<" too: the text may stand inside <script>, where "</script>" would end it
 * whatever quotes there are.
 */

static const char *
ngx_court_metrics_text_json(u_char c, char *buf)
{
    switch (c) {

    case '"':
        return "\\\"";

    case '\\':
        return "\\\\";

    case '\n':
        return "\\n";

    default:
        if (c >= 0x20 && c != 0x7f && c != '<') {
            return NULL;
        }

        *ngx_sprintf((u_char *) buf, "\\u%04xd", (int) c) = '\0';
        return buf;
    }
}


/* a label has three escapes and no more */

static const char *
ngx_court_metrics_text_label(u_char c, char *buf)
{
    (void) buf;

    return (c == '"') ? "\\\""
         : (c == '\\') ? "\\\\"
         : (c == '\n') ? "\\n"
                       : NULL;
}


void
ngx_court_out_json(ngx_court_out_t *t, const ngx_str_t *s)
{
    ngx_court_metrics_text_quote(t, s, ngx_court_metrics_text_json);
}


void
ngx_court_out_label(ngx_court_out_t *t, const ngx_str_t *s)
{
    ngx_court_metrics_text_quote(t, s, ngx_court_metrics_text_label);
}


ngx_int_t
ngx_court_out_flat(ngx_court_out_t *t, ngx_str_t *s)
{
    u_char      *p;
    ngx_str_t   *block;
    ngx_uint_t   i;

    p = t->failed ? NULL : ngx_pnalloc(t->pool, t->len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    s->data = p;
    s->len = t->len;
    block = t->blocks.elts;

    for (i = 0; i < t->blocks.nelts; i++) {
        p = ngx_cpymem(p, block[i].data, block[i].len);
    }

    *p = '\0';

    return NGX_OK;
}
