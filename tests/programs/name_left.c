/* Names that are still there when the process ends are a note each; those that are unlinked, and
// what was there before, are none.
// build: -lrt
// expect: handle-leak severity=note count=1 handle=shared-memory-name function=memory role=opened
// expect: handle-leak severity=note count=1 handle=semaphore-name function=semaphore role=opened
// expect: handle-leak severity=note count=1 handle=temporary-file function=file role=opened
// expect: handle-leak severity=note count=1 handle=temporary-file function=folder role=opened
// expect: handle-leak severity=note count=1 handle=system-v-memory function=segment role=opened
// expect: handle-leak severity=warning count=1 handle=named-semaphore function=semaphore
role=opened
*/
#include <fcntl.h>
#include <semaphore.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "resource_lose.h"
#include "support.h"

static char name[64], path[64], folder_path[64];
static int id;

LOSE(memory, int fd = shm_open(name, O_RDWR | O_CREAT, 0600); CHECK(fd >= 0 && close(fd) == 0))
LOSE(semaphore, CHECK(sem_open(name, O_CREAT | O_EXCL, 0600, 1) != SEM_FAILED))
LOSE(file, int fd = mkstemp(path); CHECK(fd >= 0 && close(fd) == 0))
LOSE(folder, CHECK(mkdtemp(folder_path)))
LOSE(segment, id = shmget(IPC_PRIVATE, 4096, 0600); CHECK(id >= 0))

/* The same, given back. */
LOSE(given_back, char other[64]; int fd = mkstemp(strcpy(other, "/tmp/holdfast-name-XXXXXX"));
     CHECK(fd >= 0 && close(fd) == 0 && unlink(other) == 0); strcat(strcpy(other, name), "b");
     fd = shm_open(other, O_RDWR | O_CREAT | O_EXCL, 0600);
     CHECK(fd >= 0 && close(fd) == 0 && shm_unlink(other) == 0);
     sem_t *made = sem_open(other, O_CREAT, 0600, 1);
     CHECK(made != SEM_FAILED && sem_unlink(other) == 0 && sem_close(made) == 0);
     fd = shm_open(name, O_RDWR | O_CREAT, 0600); /* there already */
     CHECK(fd >= 0 && close(fd) == 0))

/* Removes what main leaves when it has ended: a child and a pipe that holdfast does not see. */
static void clean_up_later(void)
{
    int ends[2];
    char none;
    CHECK(support_call(SYS_pipe2, (long)ends, O_CLOEXEC, 0, 0) == 0);
    if (support_call(SYS_fork, 0, 0, 0, 0) != 0)
        return;
    support_call(SYS_close, ends[1], 0, 0, 0);
    support_call(SYS_read, ends[0], (long)&none, 1, 0); /* until main is gone */
    char memory_path[80], semaphore_path[80];
    snprintf(memory_path, sizeof memory_path, "/dev/shm%s", name);
    snprintf(semaphore_path, sizeof semaphore_path, "/dev/shm/sem.%s", name + 1);
    support_call(SYS_unlink, (long)memory_path, 0, 0, 0);
    support_call(SYS_unlink, (long)semaphore_path, 0, 0, 0);
    support_call(SYS_unlink, (long)path, 0, 0, 0);
    support_call(SYS_rmdir, (long)folder_path, 0, 0, 0);
    support_call(SYS_shmctl, id, IPC_RMID, 0, 0);
    support_call(SYS_exit_group, 0, 0, 0, 0);
}

int main(void)
{
    snprintf(name, sizeof name, "/holdfast-name-%d", (int)getpid());
    strcpy(path, "/tmp/holdfast-name-XXXXXX");
    strcpy(folder_path, "/tmp/holdfast-name-XXXXXX");
    memory();
    semaphore();
    file();
    folder();
    segment();
    given_back();
    clean_up_later();
    return 0;
}
