#include "detect/handle_race.h"

#include "base/lock.h"
#include "base/memory.h"
#include "base/recording.h"
#include "base/word_lock.h"
#include "report/finding.h"
#include "state/handle.h"
#include "state/stack.h"

static struct use *free_uses; /* LOCK_CARRIERS */

static struct use *use_make(void)
{
    lock_take(LOCK_CARRIERS);
    struct use *made = free_uses;
    if (made) {
        free_uses = made->next;
    } else if ((made = pages_map(64 * sizeof *made))) {
        for (int i = 1; i < 64; i++) {
            made[i].next = free_uses;
            free_uses = &made[i];
        }
    }
    lock_give(LOCK_CARRIERS);
    return made;
}

static void uses_free(struct use *first)
{
    struct use *last = first;
    if (!first)
        return;
    for (;; last = last->next) {
        __atomic_store_n(&last->thread, 0, __ATOMIC_RELAXED);
        if (!last->next)
            break;
    }
    lock_take(LOCK_CARRIERS);
    last->next = free_uses;
    free_uses = first;
    lock_give(LOCK_CARRIERS);
}

/* What was noted before a fork says nothing about the child; a lock that another thread of the
   parent held there is free. */
static void enter_world(struct descriptor *at)
{
    if (likely(__atomic_load_n(&at->world, __ATOMIC_ACQUIRE) == vclock_world))
        return;
    lock_take(LOCK_CARRIERS);
    if (at->world != vclock_world) {
        at->lock = 0;
        at->uses = NULL;
        at->closed = at->opened = 0;
        at->opened_stack = at->closed_stack = 0;
        __atomic_store_n(&at->world, vclock_world, __ATOMIC_RELEASE);
    }
    lock_give(LOCK_CARRIERS);
}

/* The uses so far, which then belong to the caller. */
static struct use *uses_take(struct descriptor *at)
{
    if (!__atomic_load_n(&at->uses, __ATOMIC_RELAXED))
        return NULL;
    word_lock_take(&at->lock);
    struct use *uses = at->uses;
    at->uses = NULL;
    word_lock_give(&at->lock);
    return uses;
}

/* ---- telling */

static void add_held(struct finding *finding, enum role role, uint32_t lockset, uint32_t thread)
{
    uint32_t count;
    const struct held_row *rows = lockset_rows(lockset, &count);
    for (uint32_t i = 0; i < count && i < 2; i++) {
        struct evidence_row *lock = finding_evidence(finding, EVIDENCE_LOCK, role);
        lock->thread = thread;
        lock->stack = rows[i].stack;
        lock->a = rows[i].address;
        lock->b = rows[i].kind | (uint64_t)rows[i].mode << 16 | (uint64_t)rows[i].id << 32;
        lock->c = rows[i].init_stack;
    }
}

/* One side of a race. */
struct side {
    uint32_t thread, stack, lockset;
};

static void tell(struct thread *self, int fd, const struct descriptor *at, const struct side *here,
                 enum role other_role, const struct side *other, bool at_once, const char *detail)
{
    struct finding finding;
    const struct handle_row *row = handle_fd_find(fd);
    finding_begin(&finding, KIND_HANDLE_RACE, self);
    finding_stack(&finding, ROLE_HERE, here->stack, here->thread);
    finding_stack(&finding, other_role, other->stack, other->thread);
    finding_stack(&finding, ROLE_OPENED, at->opened_stack, at->opened_thread);
    struct evidence_row *handle = finding_evidence(&finding, EVIDENCE_HANDLE, ROLE_OPENED);
    handle->a = (uint64_t)fd;
    handle->b = row ? row->kind : HANDLE_KIND_FD_OTHER;
    handle->string = row ? string_keep(handle_name(row)) : 0;
    add_held(&finding, ROLE_HELD, here->lockset, here->thread);
    add_held(&finding, ROLE_HELD_EARLIER, other->lockset, other->thread);
    finding.detail = string_keep(detail);
    if (!at_once)
        finding_unordered(&finding);
    finding_tell(&finding);
}

static uint32_t lockset_of(struct thread *self)
{
    return self->held.count ? held_lockset(self) : 0;
}

/* ---- uses */

static struct use *use_in(struct descriptor *at, const struct thread *self, int fd)
{
    struct use *use = at->uses;
    while (use && (use->thread != self->number || use->fd != fd))
        use = use->next;
    return use;
}

static struct use *use_find(struct thread *self, struct descriptor *at, int fd)
{
    struct known_use *known = &self->uses[(uint32_t)fd % USES_KNOWN];
    struct use *use = known->use;
    if (likely(use && use->fd == fd && use->thread == self->number &&
               use->generation == at->generation))
        return use;
    struct use *made = use_make();
    word_lock_take(&at->lock);
    use = use_in(at, self, fd);
    if (!use && made) {
        use = made;
        use->fd = fd;
        use->thread = self->number;
        use->generation = at->generation;
        use->stamp = 0;
        use->next = at->uses;
        __atomic_store_n(&at->uses, use, __ATOMIC_RELAXED);
        made = NULL;
    }
    word_lock_give(&at->lock);
    if (made) {
        made->next = NULL;
        uses_free(made);
    }
    *known = (struct known_use){use, fd, at->generation, self->number};
    return use;
}

/* This thread uses it, and somebody has closed it without an order between the two. */
static void tell_closed(struct thread *self, struct descriptor *at, int fd, const void *frame,
                        bool at_once, const char *detail)
{
    stamp_t closed = __atomic_load_n(&at->closed, __ATOMIC_ACQUIRE);
    if (!closed || vclock_knows(&self->clock, closed) || at->told == at->generation)
        return;
    struct side here = {self->number, stack_here(self, frame), lockset_of(self)};
    struct side other = {at->closed_thread, at->closed_stack, at->closed_lockset};
    if (!here.stack || !other.stack)
        return;
    at->told = at->generation;
    tell(self, fd, at, &here, ROLE_CLOSED, &other, at_once, detail);
}

/* This thread has used the number for an object that it stood for before. */
static bool is_stale(const struct thread *self, const struct descriptor *at, int fd)
{
    const struct known_use *known = &self->uses[(uint32_t)fd % USES_KNOWN];
    return known->use && known->fd == fd && known->thread == self->number &&
           known->generation != at->generation;
}

/* The number is closed as far as we saw, and this thread uses it. True when that is all there is to
   do: false when somebody whom we do not see has opened it again. */
static bool use_of_closed(struct thread *self, struct descriptor *at, int fd, const void *frame)
{
    bool is_open = handle_fd_is_open(fd);
    if (is_open && at->state != DESCRIPTOR_CLOSING)
        return false;
    tell_closed(self, at, fd, frame, true,
                is_open ? NULL : "The use came after the close: the call fails with EBADF.");
    return true;
}

/* Nobody says that this number was opened, and it is: uses begin with this one. */
static void adopt(struct descriptor *at)
{
    __atomic_store_n(&at->state, DESCRIPTOR_OPEN, __ATOMIC_RELAXED);
    at->closed = at->opened = 0;
    at->opened_stack = 0;
    __atomic_store_n(&at->generation, at->generation + 1, __ATOMIC_RELEASE);
}

void handle_race_use_slow(struct thread *self, int fd, const void *frame)
{
    struct descriptor *at = descriptor_get(fd);
    if (!at)
        return;
    if (!self->uses && !(self->uses = arena_alloc(USES_KNOWN * sizeof *self->uses)))
        return;
    enter_world(at);
    if (unlikely(__atomic_load_n(&at->state, __ATOMIC_ACQUIRE) != DESCRIPTOR_OPEN)) {
        if (use_of_closed(self, at, fd, frame))
            return;
        adopt(at);
    }
    if (unlikely(is_stale(self, at, fd)))
        tell_closed(self, at, fd, frame, false,
                    "The use came after the close: by then the number was another object's.");
    struct use *use = use_find(self, at, fd);
    if (!use || use->stamp == self->clock.now)
        return;
    uint64_t where = stack_once(self, frame) | (uint64_t)lockset_of(self) << 32;
    __atomic_store_n(&use->where, where, __ATOMIC_RELAXED);
    /* Publishes where it was. Pairs with the acquire of who closes. */
    __atomic_store_n(&use->stamp, self->clock.now, __ATOMIC_RELEASE);
}

/* ---- open and close */

void handle_race_opened(struct thread *self, int fd, uint32_t stack)
{
    struct descriptor *at = descriptor_get(fd);
    if (!at)
        return;
    enter_world(at);
    uses_free(uses_take(at));
    at->opened = self->clock.now;
    at->opened_stack = stack;
    at->opened_thread = self->number;
}

/* Is that thread still in the call? */
static bool is_inside(uint32_t thread, int fd, uint32_t stack)
{
    const struct thread_row *row = thread_row(thread);
    return __atomic_load_n(&row->wait_kind, __ATOMIC_ACQUIRE) && row->wait_object == (uint64_t)fd &&
           row->wait_stack == stack;
}

static void judge(struct thread *self, int fd, struct descriptor *at, const struct use *uses,
                  const struct side *here)
{
    for (const struct use *use = uses; use; use = use->next) {
        stamp_t stamp = __atomic_load_n(&use->stamp, __ATOMIC_ACQUIRE);
        uint64_t where = __atomic_load_n(&use->where, __ATOMIC_RELAXED);
        if (!stamp || use->generation != at->generation || vclock_knows(&self->clock, stamp))
            continue;
        struct side other = {use->thread, (uint32_t)where, (uint32_t)(where >> 32)};
        if (here->stack && other.stack)
            tell(self, fd, at, here, ROLE_EARLIER, &other, is_inside(other.thread, fd, other.stack),
                 NULL);
    }
}

/* The number that this thread had before is another thread's since, as far as order goes behind its
   back: nobody can have told it that the number is its own again. */
static bool is_stale_close(const struct thread *self, int fd, const struct descriptor *at)
{
    const struct handle_row *row = handle_fd_find(fd);
    return at->opened && at->opened_thread != self->number &&
           !vclock_knows(&self->clock, at->opened) && row && row->former.closed_stack &&
           (row->former.opened_thread == self->number || row->former.closed_thread == self->number);
}

static void tell_stale_close(struct thread *self, int fd, struct descriptor *at,
                             const struct side *here)
{
    const struct handle_row *row = handle_fd_find(fd);
    struct finding finding;
    at->told = at->generation;
    finding_begin(&finding, KIND_STALE_CLOSE, self);
    finding_stack(&finding, ROLE_HERE, here->stack, here->thread);
    finding_stack(&finding, ROLE_OPENED, at->opened_stack, at->opened_thread);
    finding_stack(&finding, ROLE_FORMER, row->former.opened_stack, row->former.opened_thread);
    finding_stack(&finding, ROLE_FORMER_CLOSED, row->former.closed_stack,
                  row->former.closed_thread);
    struct evidence_row *handle = finding_evidence(&finding, EVIDENCE_HANDLE, ROLE_OPENED);
    handle->a = (uint64_t)fd;
    handle->b = row->kind;
    handle->string = string_keep(handle_name(row));
    finding.detail = string_keep("Another thread has opened it since, and nothing orders that "
                                 "before this close.");
    finding_unordered(&finding);
    finding_tell(&finding);
}

void handle_race_closing(struct thread *self, int fd, uint32_t stack)
{
    struct descriptor *at = descriptor_get(fd);
    if (!at)
        return;
    enter_world(at);
    if (at->state != DESCRIPTOR_OPEN)
        return;
    struct side here = {self->number, stack, lockset_of(self)};
    bool stale = stack && is_stale_close(self, fd, at);
    if (stale)
        tell_stale_close(self, fd, at, &here);
    at->closed_stack = stack;
    at->closed_thread = self->number;
    at->closed_lockset = here.lockset;
    __atomic_store_n(&at->closed, self->clock.now, __ATOMIC_RELEASE);
    __atomic_store_n(&at->state, DESCRIPTOR_CLOSING, __ATOMIC_SEQ_CST);
    struct use *uses = uses_take(at);
    if (!stale)
        judge(self, fd, at, uses, &here);
    uses_free(uses);
}
