#include "peek.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int peek_header(const char *path, struct recording_header *ret_header)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    ssize_t got = pread(fd, ret_header, sizeof *ret_header, 0);
    int error = got < 0 ? errno : 0;
    close(fd);
    if (got < 0)
        return -error;
    if (got < (ssize_t)sizeof *ret_header)
        return got ? -EPROTO : -ENOENT;
    if (!memcmp(ret_header->magic, "\0\0\0\0\0\0\0\0", 8))
        return -ENOENT;
    return memcmp(ret_header->magic, RECORDING_MAGIC, 8) ? -EPROTO : 0;
}

/* The fields of /proc/PID/stat from the third on; field 3 is word 0. */
static const char *stat_field(const char *from_state, unsigned field)
{
    for (unsigned i = 3; from_state && i < field; i++) {
        from_state = strchr(from_state, ' ');
        from_state += from_state != NULL;
    }
    return from_state;
}

/* Field 22 of /proc/PID/stat, 0 when there is no such process or it has ended. */
static uint64_t start_ticks(int pid)
{
    char path[32], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0)
        return 0;
    text[length] = '\0';
    /* The name in field 2 may hold anything, a ")" too: the last one ends it. */
    const char *state = strrchr(text, ')');
    if (!state || state[1] != ' ')
        return 0;
    state += 2;
    const char *threads = stat_field(state, 20), *ticks = stat_field(state, 22);
    /* A zombie only waits for its parent; but the state is the main thread's, and others may go on
       after it (pthread_exit in main). */
    if (!ticks || ((*state == 'Z' || *state == 'X') && strtoul(threads, NULL, 10) <= 1))
        return 0;
    return strtoull(ticks, NULL, 10);
}

bool peek_is_live(const struct recording_header *header)
{
    if (header->pid <= 0 || header->state == PROCESS_EXECED || header->state == PROCESS_ENDED)
        return false;
    uint64_t ticks = start_ticks(header->pid);
    return ticks && ticks == header->start_ticks;
}
