/*
 * Handles: what is open, and what was. A descriptor's row is found by its number (row i of
 * SECTION_FDS), everything else by its address (state/stream.h).
 *
 * A row goes NONE → OPEN → CLOSED → OPEN …; generation counts the opens. CLOSED rows stay, so that
 * a second close can be told with the stack of the first. CLOSING is for calls that may fail and
 * leave the descriptor open (dup2 over it, close_range): the caller settles it afterwards.
 *
 * Order. A closer marks the row before the real call: from the moment that the kernel has closed
 * the number another thread may own it. An opener marks it after. So whoever reads a row of a
 * number that he owns reads what its owner wrote; two threads that race for a number cost a wrong
 * row, never more.
 *
 * What we do not see (raw system calls, calls inside libc) leaves rows stale, so a row is only a
 * reason to look: detectors ask the kernel (handle_fd_is_open) before they say "still open", and
 * the program's own result says "was not open".
 *
 * Any thread, guard entered, unless said otherwise.
 */
#ifndef HOLDFAST_STATE_HANDLE_H
#define HOLDFAST_STATE_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "format/recording.h"
#include "format/tables.h"
#include "state/thread.h"

/* What an opening call knows of what it opened. */
struct handle_birth {
    enum handle_kind kind;
    uint16_t flags;   /* enum handle_flag */
    uint32_t stack;   /* stacks: the call */
    const char *name; /* path …, copied; NULL unknown */
    uint64_t owner;   /* with HANDLE_OWNED */
};

/* At birth: rows for what is open already, flagged HANDLE_INHERITED. */
void handle_start_up(void);

/* The row of a descriptor that has met us, in any state but NONE; else NULL. */
struct handle_row *handle_fd_find(int fd);

/* Descriptors below this number may have rows; for loops. */
uint32_t handle_fd_count(void);

/* After a call returned descriptor fd. A number whose row would cost too much room is not kept. */
void handle_fd_opened(struct thread *self, int fd, const struct handle_birth *birth);

/* A row of fd that is open: the one that is there, or a new one flagged HANDLE_ADOPTED (opened by a
   call that we do not see). NULL when it is not kept. */
struct handle_row *handle_fd_adopt(struct thread *self, int fd);

/* What was known of a descriptor when a close of it began. */
struct handle_closing {
    int fd;
    uint32_t stack; /* of this close */
    uint16_t was;   /* enum handle_state; OPEN also for one that was only adopted now */
    uint16_t kind, flags;
    uint32_t generation;
    uint32_t opened_stack, opened_thread;
    uint32_t closed_stack, closed_thread; /* of the close before, where was is CLOSED */
    uint64_t owner;                       /* with HANDLE_OWNED */
    struct handle_former former;
};

/* Before close(fd): marks an open one CLOSED. A number that has no open row is asked of the kernel
   (one system call more), so that what others opened is not taken for closed twice. */
void handle_fd_closing(struct thread *self, int fd, uint32_t stack,
                       struct handle_closing *ret_closing);

/* Before a call that closes fd if it succeeds: an open row becomes CLOSING. Afterwards
   handle_fd_settle says how it went: true makes it CLOSED, false OPEN again; a row that somebody
   took over meanwhile is left alone. */
void handle_fd_giving_up(struct thread *self, int fd, uint32_t stack);
void handle_fd_settle(struct thread *self, int fd, bool closed);

/* The kernel's word. */
bool handle_fd_is_open(int fd);

/* For stream.c too: fills a row in the way readers can follow, and marks one closed. value:
   descriptor or address. */
void handle_row_open(struct thread *self, struct handle_row *row, uint64_t value,
                     const struct handle_birth *birth);
void handle_row_close(struct thread *self, struct handle_row *row, enum handle_state state,
                      uint32_t stack);

/* An open row belongs to another handle from now on (value of that one's row): it is part of its
   findings. */
void handle_row_own(struct handle_row *row, uint64_t owner);

/* Text of a row's name, "" unknown. It belongs to the row and changes with it. */
const char *handle_name(const struct handle_row *row);
void handle_set_name(struct handle_row *row, const char *name);

static inline enum handle_state handle_state_of(const struct handle_row *row)
{
    return (enum handle_state)__atomic_load_n(&row->state, __ATOMIC_ACQUIRE);
}

#endif
