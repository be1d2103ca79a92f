/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * court-tool <noun> <verb>: dispatch, options, files.
 */

#include "ngx_court_tool.h"
#include "ngx_court_token.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>


#define NGX_COURT_TOOL_FILE_MAX  (16 * 1024 * 1024)


typedef struct {
    const char                *noun;
    int                      (*handler)(int argc, char **argv);
    const char                *verbs;
    const char                *about;
} ngx_court_tool_noun_t;


static const ngx_court_tool_noun_t  ngx_court_tool_nouns[] = {
    { "token",  ngx_court_tool_token,  "verify|inspect|mint",
      "verify a token, look into one, mint one for the demo" },
    { "assertion", ngx_court_tool_assertion, "verify|mint",
      "what a court service gets from the gateway" },
    { "policy", ngx_court_tool_policy, "check|can-i",
      "check a policy file, ask it" },
    { "keys",   ngx_court_tool_keys,   "new|list|stage|...",
      "make keys, change them, show their public part" },
    { "check",  ngx_court_tool_check,  "[NGINX.CONF|-]",
      "what is wrong with a configuration that nginx accepts" },
    { "bench",  ngx_court_tool_bench,  "URL...",
      "how fast a gateway answers" },
    { "render", ngx_court_tool_render, "json|status|health",
      "the gateway's JSON as text" },
    { "scrub",  ngx_court_tool_scrub,  "conf|log|audit|text",
      "a text without secrets and persons" },
    { "audit",  ngx_court_tool_audit,  "tail|verify|find|export",
      "read the decision record" },
    { "events", ngx_court_tool_events, "publisher|verify|tail|...",
      "revocation events: publish them, look at them" },
    { "sim",    ngx_court_tool_sim,    "source|court|redis",
      "the demo's parts" },
    { "spawn",  ngx_court_tool_spawn,  "--pid F --log F CMD",
      "start a program without inherited descriptors" },
    { NULL, NULL, NULL, NULL }
};


static void
ngx_court_tool_usage(FILE *out)
{
    const ngx_court_tool_noun_t  *noun;

    fprintf(out, "usage: court-tool <noun> <verb> [options]\n\n"
            "examples:\n"
            "  court-tool token verify --jwks keys.jwks --aud court-api "
            "< token\n"
            "  court-tool policy check conf/policy/court.json\n"
            "  court-tool keys new --kty sm2 --kid s1 --out s1.jwk\n\n");

    for (noun = ngx_court_tool_nouns; noun->noun; noun++) {
        fprintf(out, "  %-9s %-22s %s\n", noun->noun, noun->verbs,
                noun->about);
    }

    fprintf(out, "\nexit codes: 0 yes/ok, 1 no, 2 usage, 3 configuration "
            "invalid,\n4 dependency unreachable, 5 not permitted, "
            "6 undetermined\n");
}


static const ngx_court_tool_option_t *
ngx_court_tool_option(const ngx_court_tool_option_t *options,
    const char *name)
{
    for ( /* void */ ; options->name; options++) {
        if (strcmp(options->name, name) == 0) {
            return options;
        }
    }

    return NULL;
}


ngx_int_t
ngx_court_tool_options(int argc, char **argv,
    const ngx_court_tool_option_t *options, const char **rest,
    ngx_uint_t nrest, ngx_uint_t *n)
{
    int                             i;
    const ngx_court_tool_option_t  *option;

    *n = 0;

    for (i = 1; i < argc; i++) {

        if (argv[i][0] != '-' || argv[i][1] == '\0') {
            if (*n == nrest) {
                fprintf(stderr, "court-tool: unexpected \"%s\"\n", argv[i]);
                return NGX_ERROR;
            }

            rest[(*n)++] = argv[i];
            continue;
        }

        option = ngx_court_tool_option(options, argv[i]);

        if (option == NULL || *option->value) {
            fprintf(stderr, "court-tool: %s option \"%s\"\n",
                    option ? "repeated" : "unknown", argv[i]);
            return NGX_ERROR;
        }

        if (option->flag) {
            *option->value = argv[i];
            continue;
        }

        if (++i == argc) {
            fprintf(stderr, "court-tool: option \"%s\" needs a value\n",
                    argv[i - 1]);
            return NGX_ERROR;
        }

        *option->value = argv[i];
    }

    return NGX_OK;
}


ngx_int_t
ngx_court_tool_read(ngx_pool_t *pool, const char *name, ngx_str_t *text)
{
    int      fd;
    size_t   size;
    u_char  *bigger;
    ssize_t  n;

    fd = (name == NULL || strcmp(name, "-") == 0)
         ? STDIN_FILENO : open(name, O_RDONLY|O_CLOEXEC);

    if (fd == -1) {
        fprintf(stderr, "court-tool: cannot open %s: %s\n", name,
                strerror(errno));
        return NGX_ERROR;
    }

    n = 0;
    size = 65536;
    text->len = 0;
    text->data = ngx_pnalloc(pool, size);

    while (text->data) {
        n = read(fd, text->data + text->len, size - text->len - 1);

        if (n <= 0) {
            break;
        }

        text->len += n;

        if (text->len < size - 1) {
            continue;
        }

        if (size > NGX_COURT_TOOL_FILE_MAX
            || (bigger = ngx_pnalloc(pool, size * 4)) == NULL)
        {
            n = -1;
            break;
        }

        memcpy(bigger, text->data, text->len);
        text->data = bigger;
        size *= 4;
    }

    if (fd != STDIN_FILENO) {
        close(fd);
    }

    if (text->data == NULL || n < 0) {
        fprintf(stderr, "court-tool: cannot read %s\n", name ? name : "-");
        return NGX_ERROR;
    }

    text->data[text->len] = '\0';

    return NGX_OK;
}


static ngx_int_t
ngx_court_tool_write_fd(int fd, const ngx_str_t *text)
{
    size_t   sent;
    ssize_t  n;

    for (sent = 0; sent < text->len; sent += n) {
        n = write(fd, text->data + sent, text->len - sent);

        if (n <= 0) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* a regular file gets its mode before its bytes, whatever it had before */

static ngx_int_t
ngx_court_tool_write_file(const char *name, const ngx_str_t *text,
    ngx_uint_t secret)
{
    int          fd;
    ngx_int_t    rc;
    struct stat  st;

    fd = open(name, O_WRONLY|O_CREAT|O_CLOEXEC, secret ? 0600 : 0644);
    if (fd == -1) {
        return NGX_ERROR;
    }

    rc = NGX_ERROR;

    if (fstat(fd, &st) == -1) {
        goto done;
    }

    if (!S_ISREG(st.st_mode)) {
        rc = ngx_court_tool_write_fd(fd, text);
        goto done;
    }

    if (secret && st.st_size) {
        errno = EEXIST;
        goto done;
    }

    if (ftruncate(fd, 0) == 0 && fchmod(fd, secret ? 0600 : 0644) == 0) {
        rc = ngx_court_tool_write_fd(fd, text);
    }

done:

    return close(fd) == 0 ? rc : NGX_ERROR;
}


ngx_int_t
ngx_court_tool_write(const char *name, const ngx_str_t *text,
    ngx_uint_t secret)
{
    if (name == NULL || strcmp(name, "-") == 0) {
        return fwrite(text->data, 1, text->len, stdout) == text->len
               && fflush(stdout) == 0 ? NGX_OK : NGX_ERROR;
    }

    if (ngx_court_tool_write_file(name, text, secret) == NGX_OK) {
        return NGX_OK;
    }

    fprintf(stderr, "court-tool: cannot write %s: %s\n", name,
            strerror(errno));

    return NGX_ERROR;
}


int
main(int argc, char **argv)
{
    ngx_log_t                    *log;
    const ngx_court_tool_noun_t  *noun;

    log = ngx_court_rt_log(NGX_LOG_ERR);

    if (argc < 2) {
        ngx_court_tool_usage(stderr);
        return NGX_COURT_TOOL_USAGE;
    }

    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0
        || strcmp(argv[1], "help") == 0)
    {
        ngx_court_tool_usage(stdout);
        return NGX_COURT_TOOL_YES;
    }

    if (ngx_court_crypto_init(log) != NGX_OK) {
        fprintf(stderr, "court-tool: OpenSSL lacks an algorithm\n");
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    ngx_court_token_init();

    for (noun = ngx_court_tool_nouns; noun->noun; noun++) {
        if (strcmp(noun->noun, argv[1]) == 0) {
            return noun->handler(argc - 2, argv + 2);
        }
    }

    fprintf(stderr, "court-tool: unknown noun \"%s\"\n", argv[1]);
    ngx_court_tool_usage(stderr);

    return NGX_COURT_TOOL_USAGE;
}
