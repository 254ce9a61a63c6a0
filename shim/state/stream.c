#include "state/stream.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/uio.h>

#include "base/syscall.h"

/* The descriptor of a stream that we did not see being opened. Read through the kernel: the pointer
   is the program's word only, and a crash belongs into libc, not here. */
static int fd_of_unknown(uintptr_t address)
{
    int fd = -1;
    struct iovec here = {.iov_base = &fd, .iov_len = sizeof fd};
    struct iovec there = {.iov_base = (void *)(address + offsetof(struct _IO_FILE, _fileno)),
                          .iov_len = sizeof fd};
    long size = raw_syscall(SYS_process_vm_readv, raw_syscall(SYS_getpid), &here, 1, &there, 1, 0);
    return size == sizeof fd ? fd : -1;
}

void stream_closing(struct thread *self, uintptr_t address, enum handle_state state, uint32_t stack)
{
    struct handle_row *row = stream_find(address);
    if (!row || handle_state_of(row) != HANDLE_OPEN) {
        stream_opened(self, address, fd_of_unknown(address),
                      &(struct handle_birth){.kind = HANDLE_KIND_STREAM, .flags = HANDLE_ADOPTED});
        row = stream_find(address);
    }
    if (row)
        resource_closing(self, row, state, stack);
}
