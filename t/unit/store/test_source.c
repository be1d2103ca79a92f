/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "tap.h"
#include "ngx_court_source.h"


#define NOW  ((ngx_msec_t) -5000)     /* wraps round during the test */

static const char  *why;


static void
test_breaker(void)
{
    ngx_uint_t          i;
    ngx_court_source_t  s;

    ngx_memzero(&s, sizeof(s));
    s.breaker_failures = 3;
    s.breaker_time = 10000;

    for (i = 0; i < 3; i++) {
        is_int(ngx_court_source_take(&s, NOW, &why), NGX_OK, "fetch %u",
               (unsigned) i);
        is_int(ngx_court_source_result(&s, 0, NOW),
               i == 2 ? NGX_COURT_SOURCE_OPENED : NGX_COURT_SOURCE_SAME,
               "failure %u", (unsigned) i);
    }

    is_int(ngx_court_source_look(&s, NOW + 9999, &why), NGX_DECLINED,
           "open");
    is_int(ngx_court_source_take(&s, NOW + 9999, &why), NGX_DECLINED,
           "nobody is let through");
    is_int(s.fetches, 0, "nor counted");

    is_int(ngx_court_source_take(&s, NOW + 10000, &why), NGX_OK,
           "half open: one is");
    is_int(ngx_court_source_take(&s, NOW + 10001, &why), NGX_DECLINED,
           "a second one is not");
    is_int(ngx_court_source_result(&s, 0, NOW + 10500),
           NGX_COURT_SOURCE_SAME, "it fails");
    is_int(ngx_court_source_take(&s, NOW + 20499, &why), NGX_DECLINED,
           "open again, for the whole time");

    is_int(ngx_court_source_take(&s, NOW + 20500, &why), NGX_OK,
           "half open");
    is_int(ngx_court_source_result(&s, 1, NOW + 20500),
           NGX_COURT_SOURCE_CLOSED, "it succeeds: closed");
    is_int(s.own.failures, 0, "failures count from 0");

    for (i = 0; i < 10; i++) {
        (void) ngx_court_source_take(&s, NOW + 21000, &why);
        is_int(ngx_court_source_result(&s, i % 3 == 2, NOW + 21000),
               NGX_COURT_SOURCE_SAME, "two in a row are no three");
    }
}


static void
test_bulkheads(void)
{
    ngx_uint_t          i;
    ngx_court_source_t  s;

    ngx_memzero(&s, sizeof(s));
    s.max_fetches = 2;

    is_int(ngx_court_source_take(&s, NOW, &why), NGX_OK, "one");
    is_int(ngx_court_source_take(&s, NOW, &why), NGX_OK, "two");
    is_int(ngx_court_source_look(&s, NOW, &why), NGX_BUSY, "full");
    is_int(ngx_court_source_take(&s, NOW, &why), NGX_BUSY, "full");
    (void) ngx_court_source_result(&s, 0, NOW);
    is_int(ngx_court_source_take(&s, NOW, &why), NGX_OK, "room again");

    ngx_memzero(&s, sizeof(s));
    s.rate = 5;

    for (i = 0; i < 5; i++) {
        is_int(ngx_court_source_take(&s, NOW, &why), NGX_OK, "burst %u",
               (unsigned) i);
    }

    is_int(ngx_court_source_take(&s, NOW, &why), NGX_BUSY, "a second's worth");
    is_int(ngx_court_source_take(&s, NOW + 199, &why), NGX_BUSY, "too soon");
    is_int(ngx_court_source_take(&s, NOW + 200, &why), NGX_OK, "a fifth of it");
    is_int(ngx_court_source_take(&s, NOW + 200, &why), NGX_BUSY, "and no more");
    is_int(ngx_court_source_look(&s, NOW + 100, &why), NGX_BUSY,
           "a clock that went back gives nothing");

    for (i = 0; i < 5; i++) {
        is_int(ngx_court_source_take(&s, NOW + 9000, &why), NGX_OK,
               "later, burst %u", (unsigned) i);
    }

    is_int(ngx_court_source_take(&s, NOW + 9000, &why), NGX_BUSY,
           "nothing is saved up");
}


int
main(void)
{
    test_breaker();
    test_bulkheads();

    return done_testing();
}
