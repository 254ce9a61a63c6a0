#include "detect/stream_race.h"

#include "base/recording.h"
#include "base/text.h"
#include "report/finding.h"
#include "state/handle.h"
#include "state/stream.h"

static void add_call(struct finding *finding, enum role role, const struct usage *usage)
{
    struct evidence_row *call = finding_evidence(finding, EVIDENCE_CALL, role);
    call->thread = usage->thread;
    call->string = string_keep(usage->called);
}

static void add_object(struct finding *finding, enum usage_kind kind, uintptr_t object)
{
    const struct handle_row *row = kind == USAGE_STREAM ? stream_find(object) : NULL;
    struct evidence_row *handle = finding_evidence(finding, EVIDENCE_HANDLE, ROLE_OPENED);
    handle->a = object;
    handle->b = row ? row->kind : HANDLE_KIND_STREAM;
    handle->string = row ? string_keep(handle_name(row)) : 0;
    if (row)
        finding_stack(finding, ROLE_OPENED, row->opened_stack, row->opened_thread);
}

static void add_locks(struct finding *finding, enum role role, const struct usage *usage)
{
    uint32_t count;
    const struct held_row *rows = lockset_rows(context_lockset(usage->context), &count);
    for (uint32_t i = 0; i < count && i < 2; i++) {
        struct evidence_row *lock = finding_evidence(finding, EVIDENCE_LOCK, role);
        lock->thread = usage->thread;
        lock->stack = rows[i].stack;
        lock->a = rows[i].address;
        lock->b = rows[i].kind | (uint64_t)rows[i].mode << 16 | (uint64_t)rows[i].id << 32;
        lock->c = rows[i].init_stack;
    }
}

static void tell(struct thread *self, enum usage_kind kind, uintptr_t object,
                 const struct usage_conflict *conflict)
{
    const struct usage *here = &conflict->here, *earlier = &conflict->earlier;
    enum role role = conflict->earlier_exclusive ? ROLE_CLOSED : ROLE_EARLIER;
    struct finding finding;
    finding_begin(&finding, KIND_HANDLE_RACE, self);
    finding_stack(&finding, ROLE_HERE, context_stack(here->context), here->thread);
    finding_stack(&finding, role, context_stack(earlier->context), earlier->thread);
    add_object(&finding, kind, object);
    add_call(&finding, ROLE_HERE, here);
    add_call(&finding, role, earlier);
    add_locks(&finding, ROLE_HELD, here);
    add_locks(&finding, ROLE_HELD_EARLIER, earlier);
    finding_unordered(&finding);
    finding_tell(&finding);
}

void stream_race_use(struct thread *self, enum usage_kind kind, const void *object,
                     const char *called, const void *frame)
{
    struct usage_conflict conflict;
    if (unlikely(usage_note(self, kind, (uintptr_t)object, false, called, frame, &conflict)))
        tell(self, kind, (uintptr_t)object, &conflict);
}

void stream_race_close(struct thread *self, enum usage_kind kind, const void *object,
                       const char *called, const void *frame)
{
    struct usage_conflict conflict;
    if (unlikely(usage_note(self, kind, (uintptr_t)object, true, called, frame, &conflict)))
        tell(self, kind, (uintptr_t)object, &conflict);
}

void stream_race_opened(enum usage_kind kind, const void *object)
{
    usage_forget(kind, (uintptr_t)object);
}
