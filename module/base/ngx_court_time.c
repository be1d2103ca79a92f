/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_time.h"


#define NGX_COURT_DATE_LEN      (sizeof("2020-01-01") - 1)
#define NGX_COURT_DATETIME_LEN  (sizeof("2020-01-01T00:00:00") - 1)
#define NGX_COURT_OFFSET_LEN    (sizeof("+08:00") - 1)
#define NGX_COURT_FRACTION_MAX  9         /* nanoseconds; longer is refused */

#define NGX_COURT_DAY           86400
#define NGX_COURT_BEIJING       (8 * 3600)

/* the first and the last second that RFC 3339 can write */
#define NGX_COURT_YEAR_0        (-62167219200LL)
#define NGX_COURT_YEAR_9999     253402300799LL


static ngx_int_t ngx_court_time_digits(const u_char *p, ngx_uint_t n);
static int64_t ngx_court_time_days(ngx_int_t y, ngx_int_t m, ngx_int_t d);
static ngx_int_t ngx_court_time_date(const u_char *p, int64_t *days);
static ngx_int_t ngx_court_time_clock(const u_char *p, ngx_int_t *seconds);
static ngx_int_t ngx_court_time_offset(const u_char *p, const u_char *end,
    ngx_int_t *offset);


/* exactly n digits, -1 where one is none */

static ngx_int_t
ngx_court_time_digits(const u_char *p, ngx_uint_t n)
{
    ngx_int_t  v;

    for (v = 0; n; n--, p++) {
        if (*p < '0' || *p > '9') {
            return -1;
        }

        v = v * 10 + (*p - '0');
    }

    return v;
}


/*
 * Days since 1970-01-01 in the proleptic Gregorian calendar.  Years begin in
 * March here, so that the leap day is the last one; era: 400 years.
 */

static int64_t
ngx_court_time_days(ngx_int_t y, ngx_int_t m, ngx_int_t d)
{
    int64_t    day_of_era;
    ngx_int_t  era, year_of_era, day_of_year;

    y -= (m <= 2);
    era = (y >= 0 ? y : y - 399) / 400;
    year_of_era = y - era * 400;
    day_of_year = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100
                 + day_of_year;

    return (int64_t) era * 146097 + day_of_era - 719468;
}


static ngx_int_t
ngx_court_time_date(const u_char *p, int64_t *days)
{
    ngx_int_t            y, m, d, last;
    static const u_char  lengths[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    y = ngx_court_time_digits(p, 4);
    m = ngx_court_time_digits(p + 5, 2);
    d = ngx_court_time_digits(p + 8, 2);

    if (p[4] != '-' || p[7] != '-' || y < 0 || m < 1 || m > 12 || d < 1) {
        return NGX_DECLINED;
    }

    last = lengths[m - 1];

    if (m == 2 && (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0))) {
        last = 29;
    }

    if (d > last) {
        return NGX_DECLINED;
    }

    *days = ngx_court_time_days(y, m, d);

    return NGX_OK;
}


/* "00:00:00" */

static ngx_int_t
ngx_court_time_clock(const u_char *p, ngx_int_t *seconds)
{
    ngx_int_t  h, m, s;

    h = ngx_court_time_digits(p, 2);
    m = ngx_court_time_digits(p + 3, 2);
    s = ngx_court_time_digits(p + 6, 2);

    if (p[2] != ':' || p[5] != ':'
        || h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60)
    {
        return NGX_DECLINED;
    }

    /* a leap second has no place in seconds since 1970 */

    *seconds = h * 3600 + m * 60 + ngx_min(s, 59);

    return NGX_OK;
}


/* "Z" or "+08:00", and nothing behind it */

static ngx_int_t
ngx_court_time_offset(const u_char *p, const u_char *end, ngx_int_t *offset)
{
    ngx_int_t  h, m;

    if (end - p == 1 && *p == 'Z') {
        *offset = 0;
        return NGX_OK;
    }

    if ((size_t) (end - p) != NGX_COURT_OFFSET_LEN
        || (p[0] != '+' && p[0] != '-') || p[3] != ':')
    {
        return NGX_DECLINED;
    }

    h = ngx_court_time_digits(p + 1, 2);
    m = ngx_court_time_digits(p + 4, 2);

    if (h < 0 || h > 23 || m < 0 || m > 59) {
        return NGX_DECLINED;
    }

    *offset = (h * 3600 + m * 60) * (p[0] == '-' ? -1 : 1);

    return NGX_OK;
}


ngx_int_t
ngx_court_time_parse(const ngx_str_t *s, int64_t *t)
{
    int64_t        days;
    ngx_int_t      seconds, offset;
    const u_char  *p, *end, *fraction;

    if (s->len < NGX_COURT_DATE_LEN
        || ngx_court_time_date(s->data, &days) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (s->len == NGX_COURT_DATE_LEN) {
        *t = days * NGX_COURT_DAY - NGX_COURT_BEIJING;
        return NGX_OK;
    }

    if (s->len <= NGX_COURT_DATETIME_LEN
        || s->data[NGX_COURT_DATE_LEN] != 'T'
        || ngx_court_time_clock(s->data + NGX_COURT_DATE_LEN + 1, &seconds)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    p = s->data + NGX_COURT_DATETIME_LEN;
    end = s->data + s->len;

    if (*p == '.') {
        fraction = ++p;

        while (p < end && *p >= '0' && *p <= '9') {
            p++;
        }

        if (p == fraction || p - fraction > NGX_COURT_FRACTION_MAX) {
            return NGX_DECLINED;
        }
    }

    if (ngx_court_time_offset(p, end, &offset) != NGX_OK) {
        return NGX_DECLINED;
    }

    *t = days * NGX_COURT_DAY + seconds - offset;

    return NGX_OK;
}


u_char *
ngx_court_time_format(u_char *p, int64_t t)
{
    int64_t    days, era;
    ngx_int_t  y, m, d, s, day_of_era, year_of_era, day_of_year, month;

    t = ngx_max(t, NGX_COURT_YEAR_0);
    t = ngx_min(t, NGX_COURT_YEAR_9999);

    days = t / NGX_COURT_DAY;
    s = (ngx_int_t) (t % NGX_COURT_DAY);

    if (s < 0) {
        s += NGX_COURT_DAY;
        days--;
    }

    /* ngx_court_time_days() backwards */

    days += 719468;
    era = (days >= 0 ? days : days - 146096) / 146097;
    day_of_era = (ngx_int_t) (days - era * 146097);
    year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524
                   - day_of_era / 146096) / 365;
    day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4
                                - year_of_era / 100);
    month = (5 * day_of_year + 2) / 153;

    d = day_of_year - (153 * month + 2) / 5 + 1;
    m = month < 10 ? month + 3 : month - 9;
    y = (ngx_int_t) (year_of_era + era * 400) + (m <= 2);

    return ngx_sprintf(p, "%04i-%02i-%02iT%02i:%02i:%02iZ",
                       y, m, d, s / 3600, s / 60 % 60, s % 60);
}
