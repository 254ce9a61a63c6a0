#include "detect/lasting_name.h"

#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/syscall.h"
#include "base/text.h"
#include "format/tables.h"

static bool path_is_there(const char *folder, const char *name)
{
    char path[1024];
    struct stat stat;
    struct text text = text_in(path, sizeof path);
    text_add(&text, folder);
    text_add(&text, *folder && *name == '/' ? name + 1 : name);
    return !raw_failed(raw_syscall(SYS_newfstatat, AT_FDCWD, path, &stat, AT_SYMLINK_NOFOLLOW));
}

static bool queue_is_there(const char *name)
{
    long queue =
        raw_syscall(SYS_mq_open, *name == '/' ? name + 1 : name, O_RDONLY | O_CLOEXEC, 0, NULL);
    if (!raw_failed(queue))
        raw_syscall(SYS_close, queue);
    return queue != -2 /* ENOENT */;
}

bool lasting_name_is_there(unsigned kind, const char *name, uint64_t id)
{
    struct shmid_ds memory;
    struct semid_ds semaphores;
    struct msqid_ds queue;
    switch (kind) {
    case HANDLE_KIND_NAME_MEMORY:
        return path_is_there("/dev/shm/", name);
    case HANDLE_KIND_NAME_SEMAPHORE:
        return path_is_there("/dev/shm/sem.", name);
    case HANDLE_KIND_NAME_QUEUE:
        return queue_is_there(name);
    case HANDLE_KIND_NAME_FILE:
        return path_is_there("", name);
    case HANDLE_KIND_KEYED_MEMORY:
        return !raw_failed(raw_syscall(SYS_shmctl, (int)id, IPC_STAT, &memory)) &&
               !(memory.shm_perm.mode & SHM_DEST);
    case HANDLE_KIND_KEYED_SEMAPHORES:
        return !raw_failed(raw_syscall(SYS_semctl, (int)id, 0, IPC_STAT, &semaphores));
    case HANDLE_KIND_KEYED_QUEUE:
        return !raw_failed(raw_syscall(SYS_msgctl, (int)id, IPC_STAT, &queue));
    default:
        return false;
    }
}
