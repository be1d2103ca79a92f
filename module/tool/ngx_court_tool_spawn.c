/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * `court-tool spawn --pid FILE --log FILE CMD ARGS...`: starts a program in a
 * session of its own with no inherited descriptor, which a shell can't do.
 * The demo's processes outlive the shell that started them.
 */

#include "ngx_court_tool.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>


static void
ngx_court_spawn_close(void)
{
    long  fd, max;

    if (close_range(3, ~0U, 0) == 0) {
        return;
    }

    /* a kernel before 5.9 */

    max = sysconf(_SC_OPEN_MAX);

    if (max < 0 || max > 65536) {
        max = 65536;
    }

    for (fd = 3; fd < max; fd++) {
        close((int) fd);
    }
}


/* a background job of a shell, or one under nohup, ignores some of these */

static void
ngx_court_spawn_signals(void)
{
    sigset_t    none;
    ngx_uint_t  i;

    static const int  signals[] = {
        SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGCHLD
    };

    for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        signal(signals[i], SIG_DFL);
    }

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}


static int
ngx_court_spawn_child(const char *log, char **cmd)
{
    int  null, out;

    setsid();
    ngx_court_spawn_signals();

    null = open("/dev/null", O_RDONLY);
    out = open(log, O_WRONLY|O_CREAT|O_APPEND, 0644);

    if (null == -1 || out == -1 || dup2(null, 0) == -1 || dup2(out, 1) == -1
        || dup2(out, 2) == -1)
    {
        return 4;
    }

    ngx_court_spawn_close();

    execvp(cmd[0], cmd);
    perror(cmd[0]);

    return 127;
}


/*
 * The process in the middle: what it starts is nobody's child and is not
 * waited for.  The pid stands in the file before our caller goes on.
 */

static int
ngx_court_spawn_middle(const char *pid_file, const char *log, char **cmd)
{
    FILE   *f;
    pid_t   pid;

    pid = fork();

    if (pid == 0) {
        _exit(ngx_court_spawn_child(log, cmd));
    }

    if (pid == -1) {
        return 4;
    }

    f = fopen(pid_file, "w");

    if (f == NULL) {
        perror(pid_file);
        kill(pid, SIGKILL);
        return 4;
    }

    fprintf(f, "%ld\n", (long) pid);
    fclose(f);

    return 0;
}


int
ngx_court_tool_spawn(int argc, char **argv)
{
    int    status;
    pid_t  pid;

    if (argc < 5 || strcmp(argv[0], "--pid") != 0
        || strcmp(argv[2], "--log") != 0)
    {
        fprintf(stderr, "usage: court-tool spawn --pid FILE --log FILE "
                "CMD ARGS...\n");
        return 2;
    }

    pid = fork();

    if (pid == -1) {
        return 4;
    }

    if (pid == 0) {
        _exit(ngx_court_spawn_middle(argv[1], argv[3], argv + 4));
    }

    return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 4;
}
