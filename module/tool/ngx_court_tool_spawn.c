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
#include <sys/wait.h>


static void
ngx_court_spawn_close(void)
{
    long  fd, max;

    max = sysconf(_SC_OPEN_MAX);

    if (max < 0 || max > 65536) {
        max = 65536;
    }

    for (fd = 3; fd < max; fd++) {
        close((int) fd);
    }
}


static int
ngx_court_spawn_child(const char *pid_file, const char *log, char **cmd)
{
    int    null, out;
    FILE  *f;

    setsid();

    null = open("/dev/null", O_RDONLY);
    out = open(log, O_WRONLY|O_CREAT|O_APPEND, 0644);

    if (null == -1 || out == -1 || dup2(null, 0) == -1 || dup2(out, 1) == -1
        || dup2(out, 2) == -1)
    {
        return 4;
    }

    ngx_court_spawn_close();

    f = fopen(pid_file, "w");
    if (f == NULL) {
        return 4;
    }

    fprintf(f, "%ld\n", (long) getpid());
    fclose(f);

    execvp(cmd[0], cmd);
    perror(cmd[0]);

    return 127;
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

        /* the grandchild is nobody's child: it is not waited for */

        pid = fork();
        _exit(pid == -1 ? 4 : pid ? 0
              : ngx_court_spawn_child(argv[1], argv[3], argv + 4));
    }

    return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 4;
}
