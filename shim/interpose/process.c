/*
 * Making processes and images. What the program starts gets our entries of the environment back
 * (state/environment.h), unless the option follow_children is off or our library cannot go there
 * (state/image.h).
 *
 * The exec family runs in vfork's children too: nothing here allocates or takes locks there, and
 * what it needs lies on the stack.
 */
#include <alloca.h>
#include <errno.h>
#include <stdarg.h>

#include "base/recording.h"
#include "base/say.h"
#include "base/syscall.h"
#include "base/text.h"
#include "detect/exec_leak.h"
#include "interpose/access.h"
#include "interpose/handles.h"
#include "state/child.h"
#include "state/environment.h"
#include "state/image.h"
#include "state/options.h"
#include "state/process.h"
#include "state/readable.h"
#include "state/signals.h"
#include "state/stack.h"
#include "state/thread.h"

enum call { EXECVE, EXECVPE, FEXECVE, EXECVEAT, SPAWN, SPAWNP };

struct start {
    enum call call;
    const char *path; /* EXECVPE, SPAWNP: a name to look for */
    char *const *argv, *const *envp;
    int fd, flags;                          /* FEXECVE, EXECVEAT */
    pid_t *pid;                             /* SPAWN, SPAWNP */
    const posix_spawn_file_actions_t *file; /* SPAWN, SPAWNP */
    const posix_spawnattr_t *attributes;    /* SPAWN, SPAWNP */
    const void *frame;                      /* the wrapper's */
};

/* A spawned child inherits the kernel's mask, where standing signals never are: the attributes say
   what the program has blocked, unless it says so itself. room: for changed attributes. */
static const posix_spawnattr_t *with_mask(const posix_spawnattr_t *attributes,
                                          posix_spawnattr_t *room)
{
    const struct thread *self = thread_current;
    uint64_t blocked = self ? self->blocked : 0, mask = 0;
    short flags = 0;
    if (!blocked)
        return attributes;
    mem_clear(room, sizeof *room);
    if (attributes) {
        *room = *attributes;
        posix_spawnattr_getflags(room, &flags);
    }
    if (flags & POSIX_SPAWN_SETSIGMASK)
        return attributes;
    raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &mask, sizeof mask);
    sigset_t set = {.__val[0] = mask | blocked};
    posix_spawnattr_setsigmask(room, &set);
    posix_spawnattr_setflags(room, (short)(flags | POSIX_SPAWN_SETSIGMASK));
    return room;
}

static int call_real(const struct start *start, char *const *envp)
{
    posix_spawnattr_t room;
    switch (start->call) {
    case EXECVE:
        return real.execve(start->path, start->argv, envp);
    case EXECVPE:
        return real.execvpe(start->path, start->argv, envp);
    case FEXECVE:
        return real.fexecve(start->fd, start->argv, envp);
    case EXECVEAT:
        return real.execveat(start->fd, start->path, start->argv, envp, start->flags);
    case SPAWN:
        return real.posix_spawn(start->pid, start->path, start->file,
                                with_mask(start->attributes, &room), start->argv, envp);
    case SPAWNP:
        return real.posix_spawnp(start->pid, start->path, start->file,
                                 with_mask(start->attributes, &room), start->argv, envp);
    }
    return -1;
}

static bool is_spawn(const struct start *start)
{
    return start->call == SPAWN || start->call == SPAWNP;
}

/* The first executable file of that name along PATH, as execvp finds it. */
static enum image image_along_path(const char *name)
{
    char path[1024];
    const char *folders = "/bin:/usr/bin";
    for (char **at = environ; at && *at; at++)
        if (text_starts(*at, "PATH="))
            folders = *at + 5;
    for (const char *at = folders;; at++) {
        struct text text = text_in(path, sizeof path);
        while (*at && *at != ':')
            text_add_char(&text, *at++);
        if (text.length)
            text_add_char(&text, '/');
        text_add(&text, name);
        if (!raw_failed(raw_syscall(SYS_access, path, X_OK)))
            return image_at(-100 /* AT_FDCWD */, path);
        if (!*at)
            return IMAGE_UNKNOWN;
    }
}

static enum image image_of(const struct start *start)
{
    bool by_name = start->call == EXECVPE || start->call == SPAWNP;
    if (start->call == FEXECVE)
        return image_at(start->fd, "");
    if (start->call == EXECVEAT)
        return image_at(start->fd, start->path);
    if (by_name && !text_find(start->path, '/'))
        return image_along_path(start->path);
    return image_at(-100 /* AT_FDCWD */, start->path);
}

/* Should the new image be watched? ret_stand_in: a library that goes with ours, empty for none. */
static bool follows(const struct start *start, char *ret_stand_in)
{
    *ret_stand_in = '\0';
    if (!environment.entries[1] || !options.number[OPTION_FOLLOW_CHILDREN])
        return false;
    enum image image = image_of(start);
    if (image == IMAGE_THREAD_SANITIZER)
        image = environment.entries[0] && environment_stand_in(ret_stand_in) ? IMAGE_WATCHABLE
                                                                             : IMAGE_SANITIZER;
    if (image == IMAGE_SANITIZER)
        say_with("not watched, because it is built with a sanitizer that must come first",
                 start->path ? start->path : "program");
    return image == IMAGE_WATCHABLE || image == IMAGE_UNKNOWN || image == IMAGE_STATIC;
}

/* Room for an environment that is too large for the stack. Kept by the thread, because in a vfork's
   child nobody could give it back after the exec. */
static void *scratch(size_t bytes)
{
    struct thread *self = thread_current;
    if (!self)
        return NULL;
    if (self->exec_room < bytes) {
        if (self->exec_scratch)
            pages_unmap(self->exec_scratch, self->exec_room);
        self->exec_room = (bytes + 4095) & ~(size_t)4095;
        self->exec_scratch = pages_map(self->exec_room);
        if (!self->exec_scratch)
            self->exec_room = 0;
    }
    return self->exec_scratch;
}

#define ON_STACK_MOST 8192u

/* The path and arguments are read: told before, since there may be nobody left after. */
static void tell_read(const struct start *start)
{
    char *const path[] = {(char *)start->path, NULL};
    if (!memory_texts_are_readable(path) || !memory_texts_are_readable(start->argv))
        return;
    access_read(start->path, text_size(start->path), start->frame);
    for (char *const *at = start->argv; at && *at; at++) {
        access_read(at, sizeof *at, start->frame);
        access_read(*at, text_size(*at), start->frame);
    }
}

static void spawned(const struct start *start)
{
    struct thread *self = start->pid ? guard_enter() : NULL;
    if (!self)
        return;
    child_born(self, *start->pid, stack_here(self, start->frame));
    guard_leave(self);
}

/* posix_spawn's file actions as glibc keeps them (posix/spawn_int.h, 2.29 and later): what each
   does, and the descriptors that it begins with. Others are read as naming nothing. */
struct spawn_action {
    int tag; /* close, dup2, open, chdir, fchdir, closefrom, tcsetpgrp */
    int reserved;
    int fd, to;
    char rest[16];
};
enum { SPAWN_CLOSE = 0, SPAWN_DUP2 = 1, SPAWN_OPEN = 2, SPAWN_CLOSEFROM = 5 };

static bool is_named(int fd, const void *with)
{
    const struct start *start = with;
    const struct spawn_action *at = start->file ? (const void *)start->file->__actions : NULL;
    for (int i = 0; at && i < start->file->__used; i++, at++)
        if ((at->tag <= SPAWN_OPEN && at->fd == fd) || (at->tag == SPAWN_DUP2 && at->to == fd) ||
            (at->tag == SPAWN_CLOSEFROM && fd >= at->fd))
            return true;
    return false;
}

static bool link_of(struct text *path, int fd, char *ret_link, size_t size)
{
    text_add(path, "/fd/");
    text_add_number(path, (uint64_t)fd);
    long length = raw_syscall(SYS_readlink, path->start, ret_link, size - 1);
    if (raw_failed(length))
        return false;
    ret_link[length] = '\0';
    return true;
}

/* In a vfork's child: does the number stand for something else than in its parent, or can that not
   be known? What the child does with its descriptors is not followed. */
static bool is_changed(int fd, const void *with)
{
    char own[32], other[32], own_link[256], other_link[256];
    struct text here = text_in(own, sizeof own), there = text_in(other, sizeof other);
    text_add(&here, "/proc/self");
    text_add(&there, "/proc/");
    text_add_number(&there, (uint64_t)recording->pid);
    return !link_of(&here, fd, own_link, sizeof own_link) ||
           !link_of(&there, fd, other_link, sizeof other_link) || !text_equal(own_link, other_link);
}

/* A vfork's child has the memory of its parent, whose thread waits for it and observes nothing
   (GUARD_VFORK): what it takes along is told as its parent's. */
static struct thread *waiting_parent(void)
{
    struct thread *self = thread_current;
    return self && self->busy == GUARD_VFORK && observing.handles && recording &&
                   (int32_t)raw_syscall(SYS_getppid) == recording->pid
               ? self
               : NULL;
}

/* Returns the stack of what was told, 0 none. */
static uint32_t look_at_descriptors(const struct start *start)
{
    bool own = process_is_ours();
    struct thread *self = own ? handles_enter() : waiting_parent();
    if (!self)
        return 0;
    uint32_t stack = stack_here(self, start->frame);
    exec_leak_look(self, stack, own ? is_named : is_changed, start);
    if (own)
        guard_leave(self);
    return stack;
}

void descriptors_go_on(const void *frame)
{
    look_at_descriptors(&(struct start){.frame = frame});
}

static void exec_failed(uint32_t stack)
{
    bool own = process_is_ours();
    struct thread *self = !stack ? NULL : own ? handles_enter() : waiting_parent();
    if (!self)
        return;
    exec_leak_take_back(stack);
    if (own)
        guard_leave(self);
}

static int start_image(const struct start *start)
{
    if (access_watched())
        tell_read(start);
    uint32_t told = is_spawn(start) ? 0 : look_at_descriptors(start);
    bool marked = !is_spawn(start) && process_exec_begins();
    int result;
    if (!is_spawn(start))
        signals_exec_begins(thread_current);
    char stand_in[ENVIRONMENT_PATH_MAX];
    /* An environment that cannot be read is the kernel's to refuse. */
    if (follows(start, stand_in) && memory_texts_are_readable(start->envp)) {
        size_t pointers = environment_size(start->envp) * sizeof(char *);
        size_t room = environment_text_room(start->envp);
        char *at = pointers + room > ON_STACK_MOST ? scratch(pointers + room) : NULL;
        if (!at)
            at = alloca(pointers + room);
        environment_merge(start->envp, *stand_in ? stand_in : NULL, (char **)at, at + pointers,
                          room);
        result = call_real(start, (char *const *)at);
    } else {
        result = call_real(start, start->envp);
    }
    if (is_spawn(start) && result == 0)
        spawned(start);
    if (!is_spawn(start))
        signals_exec_failed(thread_current);
    if (marked)
        process_exec_failed();
    exec_failed(told);
    if (is_spawn(start) && result == 0)
        look_at_descriptors(start);
    return result;
}

int wrap_execve(const char *path, char *const argv[], char *const envp[])
{
    return start_image(
        &(struct start){.frame = FRAME, .call = EXECVE, .path = path, .argv = argv, .envp = envp});
}

int wrap_execv(const char *path, char *const argv[])
{
    return start_image(&(struct start){
        .frame = FRAME, .call = EXECVE, .path = path, .argv = argv, .envp = environ});
}

int wrap_execvp(const char *file, char *const argv[])
{
    return start_image(&(struct start){
        .frame = FRAME, .call = EXECVPE, .path = file, .argv = argv, .envp = environ});
}

int wrap_execvpe(const char *file, char *const argv[], char *const envp[])
{
    return start_image(
        &(struct start){.frame = FRAME, .call = EXECVPE, .path = file, .argv = argv, .envp = envp});
}

int wrap_fexecve(int fd, char *const argv[], char *const envp[])
{
    return start_image(&(struct start){
        .frame = FRAME, .call = FEXECVE, .path = NULL, .argv = argv, .envp = envp, .fd = fd});
}

int wrap_execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags)
{
    return start_image(&(struct start){.frame = FRAME,
                                       .call = EXECVEAT,
                                       .path = path,
                                       .argv = argv,
                                       .envp = envp,
                                       .fd = fd,
                                       .flags = flags});
}

static size_t count_arguments(va_list list)
{
    size_t count = 1;
    while (va_arg(list, char *))
        count++;
    return count + 1;
}

/* argv of an execl call: first, then what follows up to NULL. Leaves `list` behind the NULL. */
#define GATHER(argv, first, list)                                                                  \
    va_start(list, first);                                                                         \
    size_t argv##_count = count_arguments(list);                                                   \
    va_end(list);                                                                                  \
    const char *argv[argv##_count];                                                                \
    argv[0] = first;                                                                               \
    va_start(list, first);                                                                         \
    for (size_t i = 1; i < argv##_count; i++)                                                      \
    argv[i] = va_arg(list, const char *)

int wrap_execl(const char *path, const char *first, ...)
{
    va_list list;
    GATHER(argv, first, list);
    va_end(list);
    return start_image(&(struct start){.frame = FRAME,
                                       .call = EXECVE,
                                       .path = path,
                                       .argv = (char *const *)argv,
                                       .envp = environ});
}

int wrap_execlp(const char *file, const char *first, ...)
{
    va_list list;
    GATHER(argv, first, list);
    va_end(list);
    return start_image(&(struct start){.frame = FRAME,
                                       .call = EXECVPE,
                                       .path = file,
                                       .argv = (char *const *)argv,
                                       .envp = environ});
}

int wrap_execle(const char *path, const char *first, ...)
{
    va_list list;
    GATHER(argv, first, list);
    char *const *envp = va_arg(list, char *const *);
    va_end(list);
    return start_image(&(struct start){
        .frame = FRAME, .call = EXECVE, .path = path, .argv = (char *const *)argv, .envp = envp});
}

int wrap_posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *file,
                     const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
    return start_image(&(struct start){.frame = FRAME,
                                       .call = SPAWN,
                                       .path = path,
                                       .argv = argv,
                                       .envp = envp,
                                       .pid = pid,
                                       .file = file,
                                       .attributes = attributes});
}

int wrap_posix_spawnp(pid_t *pid, const char *name, const posix_spawn_file_actions_t *file,
                      const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
    return start_image(&(struct start){.frame = FRAME,
                                       .call = SPAWNP,
                                       .path = name,
                                       .argv = argv,
                                       .envp = envp,
                                       .pid = pid,
                                       .file = file,
                                       .attributes = attributes});
}

static void take_environment_back(void *unused)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    environment_return();
    guard_leave(self);
}

/* libc starts the shell itself, with environ. A cancellation point. */
int wrap_system(const char *command)
{
    if (command)
        descriptors_go_on(FRAME);
    struct thread *self = command && options.number[OPTION_FOLLOW_CHILDREN] ? guard_enter() : NULL;
    int result, saved;
    if (!self)
        return real.system(command);
    environment_lend();
    guard_leave(self);
    pthread_cleanup_push(take_environment_back, NULL);
    result = real.system(command);
    saved = errno;
    pthread_cleanup_pop(1);
    errno = saved;
    return result;
}
