#include "detect/unsafe_call.h"

#include "base/recording.h"
#include "base/text.h"
#include "report/finding.h"
#include "state/usage.h"

static const char *const words[UNSAFE_STATE_COUNT] = {
#define STATE(id, words) words,
#define UNSAFE(name, state, how)
#include "detect/unsafe_call.def"
#undef STATE
#undef UNSAFE
};

static const struct row {
    const char *name;
    uint8_t state, how;
} rows[UNSAFE_COUNT] = {
#define STATE(id, words)
#define UNSAFE(name, state, how) {#name, UNSAFE_STATE_##state, UNSAFE_##how},
#include "detect/unsafe_call.def"
#undef STATE
#undef UNSAFE
};

static void add_side(struct finding *finding, enum role role, const struct usage *usage)
{
    finding_stack(finding, role, context_stack(usage->context), usage->thread);
    struct evidence_row *call = finding_evidence(finding, EVIDENCE_CALL, role);
    call->thread = usage->thread;
    call->string = string_keep(usage->called);
}

static void add_locks(struct finding *finding, enum role role, const struct usage *usage)
{
    uint32_t count;
    const struct held_row *held = lockset_rows(context_lockset(usage->context), &count);
    for (uint32_t i = 0; i < count && i < 2; i++) {
        struct evidence_row *lock = finding_evidence(finding, EVIDENCE_LOCK, role);
        lock->thread = usage->thread;
        lock->stack = held[i].stack;
        lock->a = held[i].address;
        lock->b = held[i].kind | (uint64_t)held[i].mode << 16 | (uint64_t)held[i].id << 32;
        lock->c = held[i].init_stack;
    }
}

static void tell(struct thread *self, const struct row *row, const struct usage_conflict *conflict)
{
    struct finding finding;
    char detail[192];
    struct text text = text_in(detail, sizeof detail);
    text_add(&text, conflict->here.called);
    text_add(&text, row->how == UNSAFE_WRITE ? " changes " : " reads ");
    text_add(&text, words[row->state]);
    text_add(&text, conflict->earlier_exclusive ? ", which " : ", which is read by ");
    text_add(&text, conflict->earlier.called);
    if (conflict->earlier_exclusive)
        text_add(&text, " changes");
    finding_begin(&finding, KIND_UNSAFE_LIBC_CALL, self);
    add_side(&finding, ROLE_HERE, &conflict->here);
    add_side(&finding, ROLE_EARLIER, &conflict->earlier);
    add_locks(&finding, ROLE_HELD, &conflict->here);
    add_locks(&finding, ROLE_HELD_EARLIER, &conflict->earlier);
    finding.detail = string_keep(detail);
    finding_unordered(&finding);
    finding_tell(&finding);
}

void unsafe_call(struct thread *self, enum unsafe_call call, uintptr_t object, const void *frame)
{
    const struct row *row = &rows[call];
    struct usage_conflict conflict;
    uintptr_t key = object ? object : row->state + 1u; /* no object lies that low */
    if (unlikely(usage_note(self, USAGE_STATE, key, row->how == UNSAFE_WRITE, row->name, frame,
                            &conflict)))
        tell(self, row, &conflict);
}

void unsafe_call_object_new(uintptr_t object)
{
    usage_forget(USAGE_STATE, object);
}
