/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "fuzz.h"
#include "ngx_court_rt.h"

#include <dirent.h>


#define FUZZ_MAX_INPUT  (1 << 20)


int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static const char  *fuzz_name = "input";
static ngx_pool_t  *fuzz_pool;


void
fuzz_fail(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s: %s:%d: not so: %s\n", fuzz_name, file, line, what);
    abort();
}


ngx_str_t
fuzz_copy(ngx_pool_t *pool, const u_char *p, size_t len)
{
    ngx_str_t  s;

    s.len = len;
    s.data = ngx_pnalloc(pool, len ? len : 1);
    must(s.data != NULL);

    if (len) {
        ngx_memcpy(s.data, p, len);
    }

    return s;
}


u_char
fuzz_byte(ngx_str_t *in)
{
    if (in->len == 0) {
        return 0;
    }

    in->len--;

    return *in->data++;
}


static ngx_str_t
fuzz_until(ngx_pool_t *pool, ngx_str_t *in, const char *mark)
{
    u_char     *p;
    size_t      n;
    ngx_str_t   s;

    n = strlen(mark);
    p = in->len ? memmem(in->data, in->len, mark, n) : NULL;

    if (p == NULL) {
        s = fuzz_copy(pool, in->data, in->len);
        in->data += in->len;
        in->len = 0;
        return s;
    }

    s = fuzz_copy(pool, in->data, p - in->data);
    in->len -= s.len + n;
    in->data = p + n;

    return s;
}


ngx_str_t
fuzz_line(ngx_pool_t *pool, ngx_str_t *in)
{
    return fuzz_until(pool, in, "\n");
}


ngx_str_t
fuzz_part(ngx_pool_t *pool, ngx_str_t *in)
{
    return fuzz_until(pool, in, "\n---\n");
}


/* NGX_LOG_STDERR: nothing that code under test says is shown */

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc;
    (void) argv;

    fuzz_pool = ngx_create_pool(4096, ngx_court_rt_log(NGX_LOG_STDERR));
    must(fuzz_pool != NULL);
    fuzz_setup(fuzz_pool);

    return 0;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_str_t    in;
    ngx_pool_t  *pool;

    pool = ngx_create_pool(4096, ngx_court_rt_log(NGX_LOG_STDERR));
    must(pool != NULL);

    in = fuzz_copy(pool, data, size);
    fuzz_one(pool, &in);

    ngx_destroy_pool(pool);

    return 0;
}


#ifndef COURT_FUZZ

static int  fuzz_replayed;


static void
fuzz_replay(const char *path)
{
    FILE           *f;
    size_t          n;
    static uint8_t  bytes[FUZZ_MAX_INPUT];

    fuzz_name = path;

    f = fopen(path, "rb");
    if (f == NULL) {
        printf("Bail out! %s can't be read\n", path);
        exit(1);
    }

    n = fread(bytes, 1, sizeof(bytes), f);
    fclose(f);

    (void) LLVMFuzzerTestOneInput(bytes, n);

    printf("ok %d - %s\n", ++fuzz_replayed, path);
    fflush(stdout);
}


static int
fuzz_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}


static void
fuzz_directory(const char *kind, const char *name)
{
    int              i, n;
    char             dir[128], path[512];
    struct dirent  **entries;

    snprintf(dir, sizeof(dir), "t/fuzz/%s/%s", kind, name);
    n = scandir(dir, &entries, fuzz_visible, alphasort);

    for (i = 0; i < n; i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
        fuzz_replay(path);
        free(entries[i]);
    }

    if (n >= 0) {
        free(entries);
    }
}


int
main(int argc, char **argv)
{
    int          i;
    const char  *name;

    (void) LLVMFuzzerInitialize(&argc, &argv);

    name = strstr(argv[0], "fuzz_");

    while (name && strstr(name + 1, "fuzz_")) {
        name = strstr(name + 1, "fuzz_");
    }

    if (argc == 1 && name) {
        fuzz_directory("corpus", name + sizeof("fuzz_") - 1);
        fuzz_directory("regressions", name + sizeof("fuzz_") - 1);
    }

    for (i = 1; i < argc; i++) {
        fuzz_replay(argv[i]);
    }

    ngx_destroy_pool(fuzz_pool);

    if (fuzz_replayed == 0) {
        printf("not ok 1 - no input to replay\n");
    }

    printf("1..%d\n", fuzz_replayed ? fuzz_replayed : 1);

    return fuzz_replayed ? 0 : 1;
}

#endif
