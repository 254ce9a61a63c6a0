/*
 * Descriptors of files with made-up names, of memory, terminals, processes and watches: what opens
 * them. What one is besides (a terminal's name …) is asked when it is left open.
 */
#include <linux/nsfs.h>
#include <linux/userfaultfd.h>
#include <stdarg.h>
#include <sys/ioctl.h>

#include "base/text.h"
#include "interpose/access.h"
#include "interpose/handles.h"
#include "interpose/registration.h"
#include "interpose/resources.h"
#include "state/stack.h"

/* ---- names that libc makes: in the template of the caller */

static int temporary_opened(int fd, const char *template, int flags, const void *frame)
{
    if (access_watched())
        access_copy(template, template, text_size(template), frame);
    if (fd >= 0)
        resource_named(HANDLE_KIND_NAME_FILE, template, frame);
    return descriptor_opened(fd, HANDLE_KIND_FD_FILE, flags & O_CLOEXEC, template, frame);
}

#define TEMPORARY(call, flags) STAYING(temporary_opened(call, template, flags, FRAME))

int wrap_mkstemp(char *template)
{
    return TEMPORARY(real.mkstemp(template), 0);
}

int wrap_mkstemp64(char *template)
{
    return TEMPORARY(real.mkstemp64(template), 0);
}

int wrap_mkostemp(char *template, int flags)
{
    return TEMPORARY(real.mkostemp(template, flags), flags);
}

int wrap_mkostemp64(char *template, int flags)
{
    return TEMPORARY(real.mkostemp64(template, flags), flags);
}

int wrap_mkstemps(char *template, int suffix)
{
    return TEMPORARY(real.mkstemps(template, suffix), 0);
}

int wrap_mkstemps64(char *template, int suffix)
{
    return TEMPORARY(real.mkstemps64(template, suffix), 0);
}

int wrap_mkostemps(char *template, int suffix, int flags)
{
    return TEMPORARY(real.mkostemps(template, suffix, flags), flags);
}

int wrap_mkostemps64(char *template, int suffix, int flags)
{
    return TEMPORARY(real.mkostemps64(template, suffix, flags), flags);
}

/* ---- memory */

static int named_opened(int fd, enum handle_kind kind, bool cloexec, const char *name,
                        const void *frame)
{
    if (access_watched())
        access_path(name, fd >= 0, frame);
    return descriptor_opened(fd, kind, cloexec, name, frame);
}

/* Always close-on-exec (shm_open(3)). */
int wrap_shm_open(const char *name, int flags, mode_t mode)
{
    bool is_new = resource_name_is_new(HANDLE_KIND_NAME_MEMORY, name, flags);
    int fd = named_opened(real.shm_open(name, flags, mode), HANDLE_KIND_FD_FILE, true, name, FRAME);
    if (fd >= 0 && is_new)
        resource_named(HANDLE_KIND_NAME_MEMORY, name, FRAME);
    return fd;
}

int wrap_memfd_create(const char *name, unsigned flags)
{
    return STAYING(named_opened(real.memfd_create(name, flags), HANDLE_KIND_FD_MEMORY,
                                flags & MFD_CLOEXEC, name, FRAME));
}

/* ---- watches */

int wrap_inotify_init(void)
{
    return descriptor_opened(real.inotify_init(), HANDLE_KIND_FD_INOTIFY, false, NULL, FRAME);
}

int wrap_inotify_init1(int flags)
{
    return descriptor_opened(real.inotify_init1(flags), HANDLE_KIND_FD_INOTIFY, flags & IN_CLOEXEC,
                             NULL, FRAME);
}

int wrap_fanotify_init(unsigned flags, unsigned event_flags)
{
    return descriptor_opened(real.fanotify_init(flags, event_flags), HANDLE_KIND_FD_FANOTIFY,
                             flags & FAN_CLOEXEC, NULL, FRAME);
}

/* ---- processes: their descriptors are always close-on-exec (pidfd_open(2), pidfd_getfd(2)) */

static int process_opened(int fd, pid_t pid, const void *frame)
{
    char name[32];
    struct text text = text_in(name, sizeof name);
    text_add(&text, "of process ");
    text_add_number(&text, (uint64_t)pid);
    return descriptor_opened(fd, HANDLE_KIND_FD_PROCESS, true, name, frame);
}

int wrap_pidfd_open(pid_t pid, unsigned flags)
{
    return STAYING(process_opened(real.pidfd_open(pid, flags), pid, FRAME));
}

int wrap_pidfd_getfd(int process, int fd, unsigned flags)
{
    if (access_watched())
        USES(process);
    int result = real.pidfd_getfd(process, fd, flags);
    USED(process);
    return descriptor_opened(result, HANDLE_KIND_FD_OTHER, true, NULL, FRAME);
}

/* clone: the child runs elsewhere and never comes back here. With CLONE_PIDFD the parent finds the
   descriptor where the next argument points. */
int wrap_clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
    va_list rest;
    va_start(rest, argument);
    pid_t *parent = va_arg(rest, pid_t *);
    void *tls = va_arg(rest, void *);
    pid_t *child = va_arg(rest, pid_t *);
    va_end(rest);
    int pid = real.clone(function, stack, flags, argument, parent, tls, child);
    if (pid > 0 && flags & CLONE_PIDFD)
        process_opened(*parent, pid, FRAME);
    return pid;
}

/* ---- mounts */

int wrap_fsopen(const char *type, unsigned flags)
{
    return STAYING(named_opened(real.fsopen(type, flags), HANDLE_KIND_FD_OTHER,
                                flags & MOUNT_CLOEXEC, type, FRAME));
}

int wrap_fspick(int folder, const char *path, unsigned flags)
{
    if (access_watched())
        USES(folder);
    return STAYING(named_opened(real.fspick(folder, path, flags), HANDLE_KIND_FD_OTHER,
                                flags & MOUNT_CLOEXEC, path, FRAME));
}

int wrap_fsmount(int fd, unsigned flags, unsigned attributes)
{
    if (access_watched())
        USES(fd);
    return descriptor_opened(real.fsmount(fd, flags, attributes), HANDLE_KIND_FD_DIRECTORY,
                             flags & MOUNT_CLOEXEC, NULL, FRAME);
}

int wrap_open_tree(int folder, const char *path, unsigned flags)
{
    if (access_watched())
        USES(folder);
    return STAYING(named_opened(real.open_tree(folder, path, flags), HANDLE_KIND_FD_DIRECTORY,
                                flags & O_CLOEXEC, path, FRAME));
}

/* ---- terminals */

int wrap_posix_openpt(int flags)
{
    return descriptor_opened(real.posix_openpt(flags), HANDLE_KIND_FD_TERMINAL, flags & O_CLOEXEC,
                             NULL, FRAME);
}

int wrap_getpt(void)
{
    return descriptor_opened(real.getpt(), HANDLE_KIND_FD_TERMINAL, false, NULL, FRAME);
}

int wrap_openpty(int *master, int *slave, char *name, const struct termios *settings,
                 const struct winsize *size)
{
    int result = real.openpty(master, slave, name, settings, size);
    if (result < 0)
        return descriptor_opened(result, HANDLE_KIND_FD_TERMINAL, false, NULL, FRAME);
    descriptor_opened(*master, HANDLE_KIND_FD_TERMINAL, false, NULL, FRAME);
    descriptor_opened(*slave, HANDLE_KIND_FD_TERMINAL, false, NULL, FRAME);
    return result;
}

/* The child's end becomes its standard descriptors. */
pid_t wrap_forkpty(int *master, char *name, const struct termios *settings,
                   const struct winsize *size)
{
    registration_fork_begins();
    pid_t child = real.forkpty(master, name, settings, size);
    fork_note(child, FRAME);
    if (child != 0)
        descriptor_opened(child < 0 ? -1 : *master, HANDLE_KIND_FD_TERMINAL, false, NULL, FRAME);
    return child;
}

/* ---- ioctl's requests that return a new descriptor. flags: its argument, where O_CLOEXEC may be;
   else it is always close-on-exec (ioctl_nsfs(2), ioctl_tty(2), ioctl_userfaultfd(2)) */

static const struct request_opens {
    unsigned long request;
    enum handle_kind kind;
    bool flags;
} requests[] = {
    {TIOCGPTPEER, HANDLE_KIND_FD_TERMINAL, true},
    {USERFAULTFD_IOC_NEW, HANDLE_KIND_FD_FAULTS, true},
    {NS_GET_USERNS, HANDLE_KIND_FD_OTHER, false},
    {NS_GET_PARENT, HANDLE_KIND_FD_OTHER, false},
};

int request_opened(unsigned long request, const void *argument, int result, const void *frame)
{
    for (unsigned i = 0; i < sizeof requests / sizeof requests[0]; i++)
        if (unlikely(requests[i].request == request && result > 0))
            return descriptor_opened(result, requests[i].kind,
                                     !requests[i].flags || (uintptr_t)argument & O_CLOEXEC, NULL,
                                     frame);
    return result;
}
