/*
 * Shuts itself in as its argument says, races in two threads, and unlocks what it has not locked.
 * What it prints is the same whatever becomes of watching it. Status 77: this system cannot do it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define REFUSE      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define ALLOW       BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static unsigned sums[4], done[2];

static __attribute__((noinline)) void add(unsigned value)
{
    sums[value & 3] = value;
}

static void *work(void *argument)
{
    unsigned *own = argument;
    for (unsigned i = 0; i < 20000; i++) {
        add(i & ~3u);
        *own += 1;
    }
    return NULL;
}

static void need(int worked)
{
    if (!worked)
        exit(77);
}

static void filter(struct sock_filter *rows, size_t count)
{
    struct sock_fprog program = {.len = (unsigned short)count, .filter = rows};
    need(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    need(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

static void refuse_new_code(void)
{
    struct sock_filter rows[] = {
        LOAD(nr),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 3),
        LOAD(args[2]),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
        REFUSE,
        ALLOW,
    };
    filter(rows, sizeof rows / sizeof rows[0]);
}

static void refuse_memory_files(void)
{
    struct sock_filter rows[] = {
        LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_create, 0, 1), REFUSE, ALLOW};
    filter(rows, sizeof rows / sizeof rows[0]);
}

/* Memory that was written cannot become code from here on (Linux 6.3). */
static void refuse_written_code(void)
{
    need(!prctl(65 /* PR_SET_MDWE */, 1 /* PR_MDWE_REFUSE_EXEC_GAIN */, 0, 0, 0));
}

static void leave_proc(void)
{
    need(!unshare(CLONE_NEWNS));
    need(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
    need(!umount2("/proc", MNT_DETACH));
}

/* As servers do: nothing can be opened any more, and nothing belongs to us. */
static void give_up_rights(void)
{
    need(!chroot("empty") && !chdir("/"));
    need(!setgid(65534) && !setuid(65534));
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    if (strcmp(how, "code") == 0)
        refuse_new_code();
    if (strcmp(how, "written") == 0 || strcmp(how, "both") == 0)
        refuse_written_code();
    if (strcmp(how, "both") == 0)
        refuse_memory_files();
    if (strcmp(how, "proc") == 0)
        leave_proc();
    if (strcmp(how, "rights") == 0)
        give_up_rights();
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        need(!pthread_create(&threads[i], NULL, work, &done[i]));
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pthread_mutexattr_t kind;
    pthread_mutex_t mutex;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&mutex, &kind);
    printf("%u %u %u %d\n", sums[0], done[0], done[1], -pthread_mutex_unlock(&mutex));
    pthread_mutex_destroy(&mutex);
    return 0;
}
