#include "state/carrier_rights.h"

#include <sys/stat.h>

#include "base/lock.h"
#include "base/syscall.h"

#define SENT_MOST 64u

static struct sent {
    uint64_t device, inode;
    link_t link; /* 0 = free; counted */
} sent[SENT_MOST];
static uint32_t sent_next; /* both LOCK_RIGHTS */

void carrier_sent(struct thread *self, int fd)
{
    struct stat stat;
    struct descriptor *at = descriptor_find(fd);
    link_t link = at ? __atomic_load_n(&at->link, __ATOMIC_ACQUIRE) : 0;
    if (!link || link == carrier_nowhere() || raw_failed(raw_syscall(SYS_fstat, fd, &stat)))
        return;
    carrier_hold(link);
    lock_take(LOCK_RIGHTS);
    struct sent *place = &sent[sent_next++ % SENT_MOST];
    link_t old = place->link;
    *place = (struct sent){stat.st_dev, stat.st_ino, link};
    lock_give(LOCK_RIGHTS);
    if (old)
        carrier_drop(carrier_of(old));
}

link_t carrier_received(struct thread *self, int fd)
{
    struct stat stat;
    link_t link = 0;
    if (raw_failed(raw_syscall(SYS_fstat, fd, &stat)))
        return 0;
    lock_take(LOCK_RIGHTS);
    for (uint32_t i = 0; i < SENT_MOST && !link; i++) {
        struct sent *at = &sent[(sent_next + i) % SENT_MOST];
        if (at->link && at->device == stat.st_dev && at->inode == stat.st_ino) {
            link = at->link;
            at->link = 0;
        }
    }
    lock_give(LOCK_RIGHTS);
    return link;
}
