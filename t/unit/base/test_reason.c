/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_base.h"
#include "ngx_court_utf8.h"
#include "tap.h"


static ngx_uint_t
holds(const ngx_str_t *s, const char *part)
{
    return memmem(s->data, s->len, part, strlen(part)) != NULL;
}


static ngx_uint_t
says(const ngx_court_text_t *t, const char *part)
{
    return holds(&t->title, part) || holds(&t->detail, part)
           || holds(&t->next, part);
}


/* the text is UTF-8 without controls, in Chinese mostly Chinese */

static ngx_uint_t
clean(const ngx_str_t *s, ngx_uint_t lang)
{
    size_t         n, wide;
    const u_char  *p, *end;

    wide = 0;
    end = s->data + s->len;

    for (p = s->data; p < end; p += n) {
        n = ngx_court_utf8_sequence(p, end);

        if (n == 0 || *p < 0x20 || *p == 0x7f) {
            return 0;
        }

        wide += (n > 1) ? n : 0;
    }

    return lang == NGX_COURT_ZH ? wide * 10 > s->len * 8 : wide == 0;
}


int
main(void)
{
    ngx_str_t                  s;
    ngx_uint_t                 i, k, lang, bad;
    const ngx_court_text_t    *t;
    const ngx_court_reason_t  *r;

    is_int(NGX_COURT_NREASONS, 48, "reasons");

    for (i = 0; i < NGX_COURT_NREASONS; i++) {
        r = &ngx_court_reasons[i];

        ok(ngx_court_reason_find(&r->code) == r, "%s is found",
           r->code.data);
        ok(r->status >= 400 && r->status <= 503, "status of %s",
           r->code.data);

        for (bad = 0, k = 0; k < r->code.len; k++) {
            bad += !((r->code.data[k] >= 'a' && r->code.data[k] <= 'z')
                     || r->code.data[k] == '_');
        }

        is_int(bad, 0, "code %s", r->code.data);

        for (lang = 0; lang < NGX_COURT_NLANGS; lang++) {
            t = &r->text[lang];
            ok(t->title.len && t->detail.len && t->next.len,
               "%s says what, why and what to do", r->code.data);
            ok(clean(&t->title, lang) && clean(&t->detail, lang)
               && clean(&t->next, lang), "%s is clean", r->code.data);
            ok(t->title.len < 80 && t->detail.len < 400 && t->next.len < 500,
               "%s is short", r->code.data);
        }

        if (r->status == 503 || r->status == 500) {
            ok(says(&r->text[NGX_COURT_ZH], "不是对您的身份或者权限的认定"),
               "%s is no decision about the person", r->code.data);
            ok(says(&r->text[NGX_COURT_EN], "not a decision about you"),
               "in English too");
            ok(says(&r->text[NGX_COURT_ZH], "稍后"), "and says: later");
            ok(says(&r->text[NGX_COURT_EN], "again"), "in English too");
        }
    }

    /* a delegation that is refused must not tell how the principal stands */

    for (lang = 0; lang < NGX_COURT_NLANGS; lang++) {
        t = &ngx_court_reason(NOT_DELEGATED)->text[lang];
        ok(!says(t, "执业") && !says(t, "停止") && !says(t, "吊销")
           && !says(t, "practice") && !says(t, "status")
           && !says(t, "suspend"), "not_delegated is silent about status");
    }

    ok(says(&ngx_court_reason(NO_RELATION)->text[NGX_COURT_ZH], "答复相同"),
       "no_relation: absent, unrelated, sealed alike");
    ok(says(&ngx_court_reason(PRACTICE_NOT_ACTIVE)->text[NGX_COURT_ZH],
            "意见反馈和投诉不受执业状态影响"),
       "feedback and complaints stay open");

    is_int(ngx_court_reason(TOKEN_MISSING)->status, 401, "token_missing");
    is_int(ngx_court_reason(EARLY_DATA)->status, 425, "early_data");
    is_int(ngx_court_reason(NO_RULE)->status, 403, "no_rule");
    is_str(&ngx_court_reason(OVERLOADED)->code, "overloaded", "the last one");

    ngx_str_set(&s, "");
    ok(ngx_court_reason_find(&s) == NULL, "no reason without a code");
    ngx_str_set(&s, "no_rul");
    ok(ngx_court_reason_find(&s) == NULL, "nor for a prefix");
    ngx_str_set(&s, "NO_RULE");
    ok(ngx_court_reason_find(&s) == NULL, "nor in upper case");

    return done_testing();
}
