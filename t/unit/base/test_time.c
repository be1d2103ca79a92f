/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_time.h"
#include "tap.h"


#define BAD  INT64_MIN

static const struct {
    const char  *text;
    int64_t      t;
} times[] = {
    { "1970-01-01T00:00:00Z", 0 },
    { "1969-12-31T23:59:59Z", -1 },
    { "2020-01-01T00:00:00Z", 1577836800 },
    { "2020-01-01T00:00:00+08:00", 1577808000 },
    { "2020-01-01", 1577808000 },
    { "2020-01-01T00:00:00-00:30", 1577838600 },
    { "2020-01-01T00:00:00+00:00", 1577836800 },
    { "2020-01-01T00:00:00-00:00", 1577836800 },
    { "2020-01-01T00:00:00+23:59", 1577750460 },
    { "2020-02-29T12:00:00Z", 1582977600 },
    { "2000-02-29", 951753600 },
    { "2026-11-22T08:30:15.5Z", 1795336215 },
    { "2026-11-22T08:30:15.999999999+00:00", 1795336215 },
    { "1969-12-31T23:59:59.9Z", -1 },
    { "2016-12-31T23:59:60Z", 1483228799 },
    { "2017-01-01T07:59:60+08:00", 1483228799 },
    { "2038-01-19T03:14:08Z", 2147483648LL },
    { "0000-01-01T00:00:00Z", -62167219200LL },
    { "9999-12-31T23:59:59Z", 253402300799LL },
    { "9999-12-31T23:59:59-23:59", 253402387139LL },
    { "2100-02-28T00:00:00Z", 4107456000LL },

    { "", BAD },
    { "2020", BAD },
    { "2020-01", BAD },
    { "2020-1-1", BAD },
    { "20200101", BAD },
    { "2020-01-01 ", BAD },
    { " 2020-01-01", BAD },
    { "2020/01/01", BAD },
    { "2020-00-01", BAD },
    { "2020-13-01", BAD },
    { "2020-01-00", BAD },
    { "2020-01-32", BAD },
    { "2020-04-31", BAD },
    { "2021-02-29", BAD },
    { "2100-02-29", BAD },
    { "1900-02-29", BAD },
    { "-020-01-01", BAD },
    { "+020-01-01", BAD },
    { "12020-01-01T00:00:00Z", BAD },
    { "2020-01-01T", BAD },
    { "2020-01-01T00:00Z", BAD },
    { "2020-01-01T00:00:00", BAD },
    { "2020-01-01t00:00:00Z", BAD },
    { "2020-01-01T00:00:00z", BAD },
    { "2020-01-01 00:00:00Z", BAD },
    { "2020-01-01T24:00:00Z", BAD },
    { "2020-01-01T00:60:00Z", BAD },
    { "2020-01-01T00:00:61Z", BAD },
    { "2020-01-01T-1:00:00Z", BAD },
    { "2020-01-01T00:00:00.Z", BAD },
    { "2020-01-01T00:00:00,5Z", BAD },
    { "2020-01-01T00:00:00.5", BAD },
    { "2020-01-01T00:00:00.1234567890Z", BAD },
    { "2020-01-01T00:00:00ZZ", BAD },
    { "2020-01-01T00:00:00Z ", BAD },
    { "2020-01-01T00:00:00+08", BAD },
    { "2020-01-01T00:00:00+0800", BAD },
    { "2020-01-01T00:00:00+08:0", BAD },
    { "2020-01-01T00:00:00+08:000", BAD },
    { "2020-01-01T00:00:00+24:00", BAD },
    { "2020-01-01T00:00:00+00:60", BAD },
    { "2020-01-01T00:00:00 +08:00", BAD },
    { "2020-01-01T00:00:00*08:00", BAD },
    { "1577836800", BAD },
    { "Wed, 01 Jan 2020 00:00:00 GMT", BAD },
    { "\xef\xbc\x92" "020-01-01", BAD }
};


static void
test_parse(void)
{
    size_t      i;
    int64_t     t;
    ngx_int_t   rc;
    ngx_str_t   s;

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        s.len = strlen(times[i].text);
        s.data = malloc(s.len ? s.len : 1);
        memcpy(s.data, times[i].text, s.len);

        t = 0;
        rc = ngx_court_time_parse(&s, &t);
        free(s.data);

        if (times[i].t == BAD) {
            is_int(rc, NGX_DECLINED, "refused: \"%s\"", times[i].text);
            continue;
        }

        is_int(rc, NGX_OK, "taken: %s", times[i].text);
        is_int(t, times[i].t, "%s", times[i].text);
    }

    s.data = (u_char *) "2020-01-01T00:00:00Z\0";
    s.len = 21;
    is_int(ngx_court_time_parse(&s, &t), NGX_DECLINED, "NUL behind");
}


static void
test_format(void)
{
    size_t      i;
    u_char      buf[NGX_COURT_TIME_LEN + 1];
    int64_t     t, back;
    ngx_str_t   s;
    ngx_uint_t  bad;

    static const struct { int64_t t; const char *text; } rows[] = {
        { 0, "1970-01-01T00:00:00Z" },
        { -1, "1969-12-31T23:59:59Z" },
        { 1582977600, "2020-02-29T12:00:00Z" },
        { 4107542400LL, "2100-03-01T00:00:00Z" },
        { -62167219200LL, "0000-01-01T00:00:00Z" },
        { 253402300799LL, "9999-12-31T23:59:59Z" },
        { INT64_MIN, "0000-01-01T00:00:00Z" },
        { INT64_MAX, "9999-12-31T23:59:59Z" }
    };

    s.data = buf;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        s.len = ngx_court_time_format(buf, rows[i].t) - buf;
        is_str(&s, rows[i].text, "format %lld", (long long) rows[i].t);
    }

    /* a prime step, so that every hour, day and month comes up */

    bad = 0;

    for (t = -62167219200LL; t <= 253402300799LL; t += 8640017) {
        s.len = ngx_court_time_format(buf, t) - buf;
        bad += (s.len != NGX_COURT_TIME_LEN
                || ngx_court_time_parse(&s, &back) != NGX_OK || back != t);
    }

    is_int(bad, 0, "ten thousand years there and back");
}


/* against the C library's calendar */

static void
test_calendar(void)
{
    time_t      t;
    u_char      buf[NGX_COURT_TIME_LEN + 1];
    char        want[64];
    struct tm   tm;
    ngx_uint_t  bad;

    bad = 0;

    for (t = -5000000000LL; t < 8000000000LL; t += 86399) {
        gmtime_r(&t, &tm);
        strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm);
        ngx_court_time_format(buf, t);
        bad += (memcmp(buf, want, NGX_COURT_TIME_LEN) != 0);
    }

    is_int(bad, 0, "as gmtime() says");
}


int
main(void)
{
    test_parse();
    test_format();
    test_calendar();

    return done_testing();
}
