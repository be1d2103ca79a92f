/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The snapshot: written in as many parts as it takes, read again; a part is
 * of its head alone, and nobody stands in it in clear.
 */

#include "test_event.h"


#define H  NGX_COURT_EVENT_HEAD_TYP
#define N  700


static ngx_court_event_denied_t  many[N];


static void
test_forms(void)
{
    const char                 *why;
    ngx_str_t                   text;
    ngx_uint_t                  i;
    ngx_court_event_head_t      head;
    ngx_court_event_verdict_t   got;

    static const struct {
        const char                 *what;
        ngx_uint_t                  key;
        const char                 *typ;
        const char                 *payload;
        ngx_court_event_verdict_t   want;
    } cases[] = {
        { "empty", 0, H, "{\"seq\":1,\"prev\":\"" ZEROS "\",\"time\":1,"
          "\"entries\":0,\"parts\":[]}", NGX_COURT_EVENT_OK },
        { "one part", 0, H, "{\"seq\":1,\"prev\":\"" ZEROS "\",\"time\":1,"
          "\"entries\":1,\"parts\":[\"" ZEROS "\"]}", NGX_COURT_EVENT_OK },
        { "of who may not beat", 1, H, "{\"seq\":1,\"prev\":\"" ZEROS "\","
          "\"time\":1,\"entries\":0,\"parts\":[]}", NGX_COURT_EVENT_SCOPE },
        { "of nobody known", 3, H, "{\"seq\":1,\"prev\":\"" ZEROS "\","
          "\"time\":1,\"entries\":0,\"parts\":[]}", NGX_COURT_EVENT_FORGED },
        { "an entry's typ", 0, NGX_COURT_EVENT_TYP, "{\"seq\":1,\"prev\":\""
          ZEROS "\",\"time\":1,\"entries\":0,\"parts\":[]}",
          NGX_COURT_EVENT_FORGED },
        { "no number", 0, H, "{\"prev\":\"" ZEROS "\",\"time\":1,"
          "\"entries\":0,\"parts\":[]}", NGX_COURT_EVENT_FORGED },
        { "number 0", 0, H, "{\"seq\":0,\"prev\":\"" ZEROS "\",\"time\":1,"
          "\"entries\":0,\"parts\":[]}", NGX_COURT_EVENT_FORGED },
        { "fewer than none", 0, H, "{\"seq\":1,\"prev\":\"" ZEROS "\","
          "\"time\":1,\"entries\":-1,\"parts\":[]}", NGX_COURT_EVENT_FORGED },
        { "no parts", 0, H, "{\"seq\":1,\"prev\":\"" ZEROS "\",\"time\":1,"
          "\"entries\":0}", NGX_COURT_EVENT_FORGED },
        { "a part that is no hash", 0, H, "{\"seq\":1,\"prev\":\"" ZEROS "\","
          "\"time\":1,\"entries\":0,\"parts\":[\"x\"]}",
          NGX_COURT_EVENT_FORGED },
        { "a member too many", 0, H, "{\"seq\":1,\"prev\":\"" ZEROS "\","
          "\"time\":1,\"entries\":0,\"parts\":[],\"x\":0}",
          NGX_COURT_EVENT_FORGED }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        text = signed_(cases[i].key, cases[i].typ, cases[i].payload);
        got = ngx_court_event_head_read(tap_pool(), test_keys, &text, &head,
                                        &why);
        is_int(got, cases[i].want, "%s", cases[i].what);
    }
}


/* all of it, in parts; how many */

static ngx_uint_t
write_(ngx_court_event_head_t *head, ngx_str_t *bytes)
{
    ngx_uint_t  done, taken;

    ngx_memzero(head, sizeof(*head));
    head->seq = 77;
    head->time = 5;
    head->entries = N;
    head->parts = ngx_pcalloc(tap_pool(), 20 * sizeof(ngx_str_t));
    memset(head->hash, 9, 32);

    for (done = 0; done < N && head->nparts < 20; done += taken) {
        if (ngx_court_event_part_write(tap_pool(), test_ring, &many[done],
                                       N - done, &taken,
                                       &bytes[head->nparts],
                                       &head->parts[head->nparts]) != NGX_OK
            || taken == 0)
        {
            return 0;
        }

        ok(bytes[head->nparts].len <= NGX_COURT_EVENT_PART_MAX,
           "part %d fits into a reply", (int) head->nparts);

        head->nparts++;
    }

    return head->nparts;
}


static void
test_round(void)
{
    const char              *why;
    ngx_str_t                text, bytes[20], sub;
    ngx_uint_t               i, wrong;
    ngx_array_t             *all;
    ngx_court_event_head_t   head, got;

    for (i = 0; i < N; i++) {
        many[i].id = text_("id-%d", (int) i);
        many[i].at = i;
        many[i].until = i % 3 ? NGX_COURT_EVENT_EVER : (int64_t) (1000 + i);
        many[i].target = target_(NGX_COURT_EVENT_SUBJECT, ISS, "");
        sub = text_("lawyer-%d-with-a-long-name-so-that-parts-fill", (int) i);
        many[i].target.value = sub;
    }

    if (!ok(write_(&head, bytes) > 1, "%d parts", (int) head.nparts)) {
        return;
    }

    is_int(ngx_court_event_head_write(tap_pool(), test_key[0], &head, &text),
           NGX_OK, "a head");
    is_int(ngx_court_event_head_read(tap_pool(), test_keys, &text, &got, &why),
           NGX_COURT_EVENT_OK, "is read");
    ok(got.seq == 77 && got.time == 5 && got.entries == N
       && got.nparts == head.nparts && memcmp(got.hash, head.hash, 32) == 0,
       "and says the same");

    all = ngx_array_create(tap_pool(), 16, sizeof(ngx_court_event_denied_t));

    for (i = 0; i < got.nparts; i++) {
        is_int(ngx_court_event_part_read(tap_pool(), test_keys, test_ring,
                                         &got, i, &bytes[i], all, &why),
               NGX_COURT_EVENT_OK, "part %d", (int) i);
        ok(memmem(bytes[i].data, bytes[i].len, "lawyer", 6) == NULL,
           "nobody stands in it in clear");
    }

    is_int(all->nelts, N, "all are there");

    for (i = 0, wrong = 0; i < N && i < all->nelts; i++) {
        ngx_court_event_denied_t  *d = all->elts;

        wrong += !ngx_court_event_target_eq(&d[i].target, &many[i].target)
                 || d[i].until != many[i].until || d[i].at != many[i].at;
    }

    is_int(wrong, 0, "as they were");

    is_int(ngx_court_event_part_read(tap_pool(), test_keys, test_ring, &got, 0,
                                     &bytes[1], all, &why),
           NGX_COURT_EVENT_FORGED, "a part in another's place");
    is_int(ngx_court_event_part_read(tap_pool(), test_keys, NULL, &got, 0,
                                     &bytes[0], all, &why),
           NGX_COURT_EVENT_SEALED, "no ring");
    is_int(ngx_court_event_part_read(tap_pool(), test_keys, test_ring, &got,
                                     got.nparts, &bytes[0], all, &why),
           NGX_COURT_EVENT_FAILED, "a part that the head has not");

    bytes[0].data[bytes[0].len / 2] ^= 1;
    is_int(ngx_court_event_part_read(tap_pool(), test_keys, test_ring, &got, 0,
                                     &bytes[0], all, &why),
           NGX_COURT_EVENT_FORGED, "a changed part");
}


/* a key that may beat, but deny one court alone, signs no other's deny */

static void
test_scope(void)
{
    const char               *why;
    ngx_str_t                 err, bytes, name;
    ngx_uint_t                taken, i;
    ngx_array_t              *all;
    ngx_court_event_head_t    head;
    ngx_court_event_keys_t   *keys;
    ngx_court_event_denied_t  denied;

    keys = keys_(text_("{\"keys\":[%s]}",
                       jwk_(0, "{\"issuers\":[],\"courts\":[\"B00\"],"
                               "\"kinds\":[\"*\"]}", 0)), &err);
    all = ngx_array_create(tap_pool(), 4, sizeof(ngx_court_event_denied_t));

    for (i = 0; i < 2; i++) {
        ngx_memzero(&denied, sizeof(denied));
        denied.id = str_("x");
        denied.until = NGX_COURT_EVENT_EVER;
        denied.target = target_(NGX_COURT_EVENT_COURT, "", i ? "B01" : "B00");

        ngx_memzero(&head, sizeof(head));
        head.kid = str_("beat");
        head.nparts = 1;
        head.parts = &name;

        is_int(ngx_court_event_part_write(tap_pool(), test_ring, &denied, 1,
                                          &taken, &bytes, &name), NGX_OK,
               "a part");
        is_int(ngx_court_event_part_read(tap_pool(), keys, test_ring, &head, 0,
                                         &bytes, all, &why),
               i ? NGX_COURT_EVENT_SCOPE : NGX_COURT_EVENT_OK, "of court B0%d",
               (int) i);
    }
}


int
main(void)
{
    if (!ok(test_begin(), "keys and a ring")) {
        return done_testing();
    }

    test_forms();
    test_round();
    test_scope();

    return done_testing();
}
