#include "program.h"
#include "elf_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* The kernel follows at most this many #! lines (fs/exec.c). */
#define INTERPRETERS_MAX 5

__attribute__((format(printf, 3, 4))) static void
judge(struct program *program, enum program_verdict verdict, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(program->why, sizeof program->why, format, arguments);
    va_end(arguments);
    program->verdict = verdict;
}

/* Can path be executed? 0 or -errno. */
static int executable(const char *path)
{
    struct stat status;
    if (stat(path, &status))
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -EACCES;
    return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) ? -errno : 0;
}

static bool look_up(struct program *program, const char *name, const char *search)
{
    int worst = -ENOENT;
    if (strchr(name, '/') || !*name) {
        if ((size_t)snprintf(program->path, PATH_MAX, "%s", name) >= PATH_MAX)
            worst = -ENAMETOOLONG;
        else if (!(worst = executable(name)))
            return true;
    } else {
        /* Where PATH is not set, what execvp searches (glibc's CS_PATH). */
        const char *at = search ? search : "/bin:/usr/bin";
        for (bool more = true; more;) {
            int length = (int)strcspn(at, ":");
            int put =
                snprintf(program->path, PATH_MAX, "%.*s%s%s", length, at, length ? "/" : "", name);
            int result = put < PATH_MAX ? executable(program->path) : -ENAMETOOLONG;
            if (!result)
                return true;
            if (result == -EACCES)
                worst = result;
            more = at[length] == ':';
            at += length + 1;
        }
    }
    program->path[0] = '\0';
    if (worst == -ENOENT || worst == -ENOTDIR)
        judge(program, PROGRAM_NOT_FOUND, "there is no program \"%s\"", name);
    else
        judge(program, PROGRAM_NOT_EXECUTABLE, "%s cannot be executed: %s", name, strerror(-worst));
    return false;
}

/* Would the kernel start path with other rights than ours, so that the loader ignores preloads?
   (cap_bprm_creds_from_file: AT_SECURE.) */
static const char *other_rights(const char *path)
{
    struct stat status;
    struct statvfs mount;
    if (stat(path, &status) || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ||
        (!statvfs(path, &mount) && mount.f_flag & ST_NOSUID))
        return NULL;
    if (status.st_mode & S_ISUID && status.st_uid != getuid())
        return "is set-user-ID";
    if ((status.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && status.st_gid != getgid())
        return "is set-group-ID";
    if (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
        return "has file capabilities";
    return NULL;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void judge_loader(struct program *program, const char *path, const char *loader)
{
    const char *name = base_name(loader);
    struct elf_file elf;
    if (!strncmp(name, "ld-musl", 7))
        judge(program, PROGRAM_FOREIGN, "%s is linked with musl, not glibc", path);
    else if (strcmp(name, "ld-linux-x86-64.so.2"))
        judge(program, PROGRAM_FOREIGN, "%s uses the loader %s, not glibc's", path, loader);
    else if (elf_open(&elf, loader) < 0)
        judge(program, PROGRAM_NOT_EXECUTABLE, "%s cannot be executed: its loader %s is not there",
              path, loader);
    else {
        /* Each glibc defines the versions up to its own; 2.35 is the oldest with _dl_find_object
           and rseq registration, which the shim stands on. */
        if (!elf_defines_version(&elf, "GLIBC_2.35"))
            judge(program, PROGRAM_FOREIGN, "%s uses a glibc older than 2.35", path);
        elf_close(&elf);
    }
}

static void judge_elf(struct program *program, const char *path, struct elf_file *elf)
{
    const char *other = elf_other_machine(elf), *rights = other_rights(path), *sanitizer;
    char loader[PATH_MAX];
    if (other)
        judge(program, PROGRAM_FOREIGN, "%s is a program for %s", path, other);
    else if (rights)
        judge(program, PROGRAM_FOREIGN, "%s %s: the loader ignores preloads there", path, rights);
    else if (!elf_is_program(elf))
        judge(program, PROGRAM_NOT_EXECUTABLE, "%s cannot be executed: it is no program", path);
    else if (!elf_loader(elf, loader, sizeof loader)) {
        /* The loader itself, started with a program as its argument, preloads into that. */
        if (strcmp(base_name(path), "ld-linux-x86-64.so.2"))
            judge(program, PROGRAM_STATIC, "%s is statically linked: nothing can be preloaded",
                  path);
    } else if ((sanitizer = elf_sanitizer(elf)))
        judge(program,
              elf_needs(elf, "libtsan.so.2") ? PROGRAM_THREAD_SANITIZED : PROGRAM_SANITIZED,
              "%s is built with %s, which tolerates no preload", path, sanitizer);
    else
        judge_loader(program, path, loader);
}

/* The interpreter of a #! line. False when head is none. */
static bool interpreter(const char *head, char *ret_path, size_t size)
{
    if (head[0] != '#' || head[1] != '!')
        return false;
    head += 2 + strspn(head + 2, " \t");
    size_t length = strcspn(head, " \t\n");
    if (!length || length >= size)
        return false;
    memcpy(ret_path, head, length);
    ret_path[length] = '\0';
    return true;
}

static void judge_file(struct program *program, const char *path, unsigned depth);

static void judge_script(struct program *program, const char *path, const char *by, unsigned depth)
{
    int result = executable(by);
    if (result < 0)
        judge(program, PROGRAM_NOT_EXECUTABLE, "%s cannot be executed: its interpreter %s: %s",
              path, by, strerror(-result));
    else if (depth >= INTERPRETERS_MAX)
        judge(program, PROGRAM_NOT_EXECUTABLE, "%s cannot be executed: too many interpreters",
              path);
    else
        judge_file(program, by, depth + 1);
}

static void judge_file(struct program *program, const char *path, unsigned depth)
{
    char head[PATH_MAX] = "", by[PATH_MAX];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    /* What we may not read we may still execute: the loader will tell. */
    if (fd < 0)
        return;
    ssize_t length = read(fd, head, sizeof head - 1);
    close(fd);
    if (length <= 0)
        head[0] = '\0';
    struct elf_file elf;
    if (interpreter(head, by, sizeof by))
        judge_script(program, path, by, depth);
    else if (length < 4 || memcmp(head, "\177ELF", 4)) {
        program->by_shell = depth == 0;
        judge_script(program, path, "/bin/sh", depth);
    } else if (elf_open(&elf, path) < 0)
        judge(program, PROGRAM_NOT_EXECUTABLE, "%s cannot be executed: its ELF headers are damaged",
              path);
    else {
        judge_elf(program, path, &elf);
        elf_close(&elf);
    }
}

void program_find(struct program *ret, const char *name, const char *search)
{
    *ret = (struct program){.verdict = PROGRAM_WATCHABLE};
    if (look_up(ret, name, search))
        judge_file(ret, ret->path, 0);
}
