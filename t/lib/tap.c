/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "tap.h"
#include "ngx_court_rt.h"


#define TAP_POOL_SIZE  4096
#define TAP_SHOW       64        /* bytes of a differing value to show */


typedef struct tap_pool_s  tap_pool_t;

struct tap_pool_s {
    ngx_pool_t  *pool;
    tap_pool_t  *next;
};


static int          tap_run;
static int          tap_failed;
static tap_pool_t  *tap_pools;


static int
tap_result(int passed, const char *fmt, va_list args)
{
    tap_run++;
    tap_failed += !passed;

    printf("%sok %d - ", passed ? "" : "not ", tap_run);
    vprintf(fmt, args);
    printf("\n");

    /* a crash must not lose the lines before it */
    fflush(stdout);

    return passed;
}


int
ok(int cond, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    tap_result(cond != 0, fmt, args);
    va_end(args);

    return cond != 0;
}


int
is_int(long long got, long long want, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    tap_result(got == want, fmt, args);
    va_end(args);

    if (got != want) {
        printf("#      got: %lld\n# expected: %lld\n", got, want);
    }

    return got == want;
}


/* bytes outside printable ASCII as \xHH, so that a diagnosis stays one line */
static void
tap_show(const char *label, const void *data, size_t len)
{
    size_t         i;
    const u_char  *p;

    p = data;
    printf("# %s (%lu): ", label, (unsigned long) len);

    for (i = 0; i < len && i < TAP_SHOW; i++) {
        printf(p[i] >= 0x20 && p[i] < 0x7f ? "%c" : "\\x%02x", p[i]);
    }

    printf(i < len ? "...\n" : "\n");
}


int
is_str(const ngx_str_t *got, const char *want, const char *fmt, ...)
{
    int      same;
    va_list  args;

    same = got->len == strlen(want)
           && (got->len == 0 || memcmp(got->data, want, got->len) == 0);

    va_start(args, fmt);
    tap_result(same, fmt, args);
    va_end(args);

    if (!same) {
        tap_show("     got", got->data, got->len);
        tap_show("expected", want, strlen(want));
    }

    return same;
}


int
is_mem(const void *a, const void *b, size_t n, const char *fmt, ...)
{
    int      same;
    va_list  args;

    same = n == 0 || memcmp(a, b, n) == 0;

    va_start(args, fmt);
    tap_result(same, fmt, args);
    va_end(args);

    if (!same) {
        tap_show("     got", a, n);
        tap_show("expected", b, n);
    }

    return same;
}


/* what a test cannot go on without: TAP's "Bail out!", and a failed end */
static void __attribute__((noreturn))
tap_bail_out(const char *what, const char *which)
{
    printf("Bail out! %s %s\n", what, which);
    fflush(stdout);
    exit(2);
}


ngx_log_t *
tap_log(void)
{
    const char  *level;

    level = getenv("TAP_LOG_LEVEL");

    return ngx_court_rt_log(level ? (ngx_uint_t) atoi(level) : NGX_LOG_ERR);
}


ngx_pool_t *
tap_pool(void)
{
    tap_pool_t  *node;

    node = malloc(sizeof(tap_pool_t));
    if (node == NULL) {
        tap_bail_out("no memory for", "a pool");
    }

    node->pool = ngx_create_pool(TAP_POOL_SIZE, tap_log());
    if (node->pool == NULL) {
        tap_bail_out("no memory for", "a pool");
    }

    node->next = tap_pools;
    tap_pools = node;

    return node->pool;
}


char *
tap_slurp(const char *path, size_t *len)
{
    long   size;
    char  *text;
    FILE  *f;

    f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0
        || fseek(f, 0, SEEK_SET) != 0)
    {
        tap_bail_out("cannot read", path);
    }

    text = malloc(size + 1);
    if (text == NULL || fread(text, 1, size, f) != (size_t) size) {
        tap_bail_out("cannot read", path);
    }

    text[size] = '\0';
    fclose(f);

    if (len) {
        *len = size;
    }

    return text;
}


int
done_testing(void)
{
    tap_pool_t  *node;

    while ((node = tap_pools) != NULL) {
        tap_pools = node->next;
        ngx_destroy_pool(node->pool);
        free(node);
    }

    printf("1..%d\n", tap_run);

    if (tap_failed) {
        printf("# %d of %d failed\n", tap_failed, tap_run);
    }

    return tap_run == 0 || tap_failed;
}
