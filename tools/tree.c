#include "tree.h"
#include "folder.h"
#include "peek.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void read_name(struct tree_process *process)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/comm", process->pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, process->name, sizeof process->name - 1);
    if (fd >= 0)
        close(fd);
    process->name[length > 0 ? length : 0] = '\0';
    process->name[strcspn(process->name, "\n")] = '\0';
}

static void add(struct tree *tree, pid_t pid)
{
    for (size_t i = 0; i < tree->count; i++)
        if (tree->processes[i].pid == pid)
            return;
    pid_t session = getsid(pid);
    if (pid == getpid() || session < 0)
        return;
    struct tree_process *grown =
        reallocarray(tree->processes, tree->count + 1, sizeof *tree->processes);
    if (!grown)
        abort();
    tree->processes = grown;
    struct tree_process *process = &grown[tree->count++];
    *process = (struct tree_process){.pid = pid, .apart = session != getsid(0)};
    read_name(process);
}

/* Is the process between its old image and its new one? In the middle of execve it has memory
   (field 23 of its stat) but no environment yet (field 51), and nobody could tell whose it is. */
static bool is_executing(int proc, const char *pid)
{
    char path[32], text[1024];
    snprintf(path, sizeof path, "%.16s/stat", pid);
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[length > 0 ? length : 0] = '\0';
    unsigned long long memory = 0, environment_end = 0;
    const char *at = strrchr(text, ')');
    for (int field = 3; at && (at = strchr(at, ' ')); field++, at++) {
        if (field == 23)
            memory = strtoull(at, NULL, 10);
        if (field == 51)
            environment_end = strtoull(at, NULL, 10);
    }
    return memory && !environment_end;
}

/* Reads the environment that a process was started with, growing the buffer; returns its bytes,
   -1 when we may not read it: it is not ours. */
static ssize_t read_environment(int proc, const char *pid, char **buffer, size_t *size)
{
    char path[32];
    snprintf(path, sizeof path, "%.16s/environ", pid);
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    size_t used = 0;
    ssize_t got;
    while ((got = read(fd, *buffer + used, *size - used)) > 0) {
        used += (size_t)got;
        if (used < *size)
            continue;
        char *grown = realloc(*buffer, *size * 2);
        if (!grown)
            abort();
        *buffer = grown;
        *size *= 2;
    }
    close(fd);
    return (ssize_t)used;
}

/* Was the process started with this word in its environment? */
static bool started_with(int proc, const char *pid, const char *word, char **buffer, size_t *size)
{
    ssize_t used;
    while (!(used = read_environment(proc, pid, buffer, size)) && is_executing(proc, pid))
        usleep(100);
    /* The execve may have ended between the two looks. */
    if (!used)
        used = read_environment(proc, pid, buffer, size);
    return used > 0 && memmem(*buffer, (size_t)used, word, strlen(word) + 1);
}

void tree_find(struct tree *ret, const struct tree_run *run)
{
    *ret = (struct tree){0};
    DIR *proc = opendir("/proc");
    size_t size = 16384;
    char *buffer = malloc(size);
    if (!buffer)
        abort();
    struct dirent *entry;
    while (proc && (entry = readdir(proc)))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
            started_with(dirfd(proc), entry->d_name, run->word, &buffer, &size))
            add(ret, atoi(entry->d_name));
    free(buffer);
    if (proc)
        closedir(proc);
    /* After /proc: a process that was forked meanwhile has a recording before its parent ends. */
    struct arena arena = {0};
    const char **paths;
    size_t count = folder_recordings(&arena, run->folder, &paths);
    for (size_t i = 0; i < count; i++) {
        struct recording_header header;
        if (!peek_header(paths[i], &header) && header.run_id == run->id && peek_is_live(&header))
            add(ret, header.pid);
    }
    arena_finish(&arena);
}

void tree_finish(struct tree *tree)
{
    free(tree->processes);
    *tree = (struct tree){0};
}

void tree_names(const struct tree *tree, bool apart, char *ret_text, size_t size)
{
    size_t used = 0, shown = 0, left = 0;
    *ret_text = '\0';
    for (size_t i = 0; i < tree->count; i++) {
        const struct tree_process *process = &tree->processes[i];
        if (process->apart != apart)
            continue;
        /* Room for one more name and for how many there are besides. */
        if (shown == 5 || used + sizeof process->name + 48 > size) {
            left++;
            continue;
        }
        used += (size_t)snprintf(ret_text + used, size - used, "%s%s (%d)", shown++ ? ", " : "",
                                 process->name, (int)process->pid);
    }
    if (left)
        snprintf(ret_text + used, size - used, " and %zu more", left);
}
