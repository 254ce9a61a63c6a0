#include "report/finding.h"

#include <sys/mman.h>

#include "base/lock.h"
#include "base/memory.h"
#include "base/recording.h"
#include "base/syscall.h"
#include "state/clock.h"

/* Findings already told, by hash of kind and stacks by role; value = index + 1. Open addressing;
   when it is full, further findings are written without looking for equals. Protected by
   LOCK_FINDINGS. */
#define KNOWN_SLOTS (1u << 17)
static uint32_t *known;
static uint32_t known_count;

void finding_begin(struct finding *finding, enum kind kind, const struct thread *self)
{
    mem_clear(finding, sizeof *finding);
    finding->evidence = finding->own;
    finding->evidence_room = FINDING_EVIDENCE_MAX;
    finding->kind = kind;
    finding->confidence = CONFIDENCE_CERTAIN;
    finding->thread = self ? self->number : 0;
    finding->count = 1;
}

void finding_room(struct finding *finding, struct evidence_row *evidence, uint32_t room)
{
    finding->evidence = evidence;
    finding->evidence_room = room;
}

struct evidence_row *finding_evidence(struct finding *finding, enum evidence type, enum role role)
{
    if (finding->evidence_count == finding->evidence_room)
        finding->evidence_count--;
    struct evidence_row *row = &finding->evidence[finding->evidence_count++];
    mem_clear(row, sizeof *row);
    row->type = (uint16_t)type;
    row->role = (uint16_t)role;
    return row;
}

void finding_stack(struct finding *finding, enum role role, uint32_t stack, uint32_t thread)
{
    if (!stack)
        return;
    struct evidence_row *row = finding_evidence(finding, EVIDENCE_STACK, role);
    row->stack = stack;
    row->thread = thread;
}

void finding_unordered(struct finding *finding)
{
    if (finding->confidence > CONFIDENCE_LIKELY)
        finding->confidence = CONFIDENCE_LIKELY;
    finding_evidence(finding, EVIDENCE_UNORDERED, ROLE_HERE);
}

static uint64_t severity_of(const struct finding *finding)
{
    return finding->severity ? finding->severity : kind_info(finding->kind)->severity;
}

/* What makes two findings the same place. */
static uint64_t hash_of(const struct finding *finding)
{
    uint64_t hash = finding->kind * 0x9e3779b97f4a7c15ull + severity_of(finding);
    for (uint32_t i = 0; i < finding->evidence_count; i++)
        if (finding->evidence[i].type == EVIDENCE_STACK ||
            finding->evidence[i].type == EVIDENCE_ACCESS)
            hash = (hash ^ finding->evidence[i].stack ^ (uint64_t)finding->evidence[i].role << 32) *
                   0xff51afd7ed558ccdull;
    return hash ^ hash >> 29;
}

static bool same_place(const struct finding_row *row, const struct finding *finding)
{
    if (row->kind != finding->kind || row->evidence_count != finding->evidence_count ||
        row->severity != severity_of(finding))
        return false;
    const struct evidence_row *evidence = ROW(SECTION_EVIDENCE, struct evidence_row, row->evidence);
    for (uint32_t i = 0; i < row->evidence_count; i++)
        if (evidence[i].type != finding->evidence[i].type ||
            evidence[i].role != finding->evidence[i].role ||
            evidence[i].stack != finding->evidence[i].stack)
            return false;
    return true;
}

static struct finding_row *write_row(const struct finding *finding)
{
    size_t size = finding->evidence_count * sizeof(struct evidence_row);
    struct evidence_row *evidence = section_reserve(SECTION_EVIDENCE, size ? size : 8);
    struct finding_row *row = evidence ? section_reserve(SECTION_FINDINGS, sizeof *row) : NULL;
    if (!row)
        return NULL;
    mem_copy(evidence, finding->evidence, size);
    row->kind = (uint16_t)finding->kind;
    row->severity = (uint8_t)severity_of(finding);
    row->confidence = finding->confidence;
    row->evidence = (uint32_t)(evidence - ROW(SECTION_EVIDENCE, struct evidence_row, 0));
    row->evidence_count = finding->evidence_count;
    row->first_time = row->last_time = clock_now();
    row->amount = finding->amount;
    row->amount2 = finding->amount2;
    row->count2 = finding->count2;
    row->thread = finding->thread;
    row->detail = finding->detail;
    /* Publishes the row and its evidence. Pairs with the reader's acquire of count. */
    __atomic_store_n(&row->count, finding->count, __ATOMIC_RELEASE);
    return row;
}

static struct finding_row *count_again(struct finding_row *row, const struct finding *finding)
{
    row->amount += finding->amount;
    row->amount2 += finding->amount2;
    row->count2 += finding->count2;
    row->last_time = clock_now();
    __atomic_store_n(&row->count, row->count + finding->count, __ATOMIC_RELEASE);
    return row;
}

static struct finding_row *tell_locked(const struct finding *finding)
{
    if (!known)
        known = pages_map_wiped(KNOWN_SLOTS * sizeof *known);
    if (!known || known_count >= KNOWN_SLOTS / 4 * 3)
        return write_row(finding);
    uint32_t slot = (uint32_t)hash_of(finding) % KNOWN_SLOTS;
    for (; known[slot]; slot = (slot + 1) % KNOWN_SLOTS) {
        struct finding_row *row = ROW(SECTION_FINDINGS, struct finding_row, known[slot] - 1);
        if (same_place(row, finding))
            return count_again(row, finding);
    }
    struct finding_row *row = write_row(finding);
    if (row) {
        known[slot] = (uint32_t)(row - ROW(SECTION_FINDINGS, struct finding_row, 0)) + 1;
        known_count++;
    }
    return row;
}

struct finding_row *finding_tell(const struct finding *finding)
{
    if (!recording)
        return NULL;
    lock_take(LOCK_FINDINGS);
    struct finding_row *row = tell_locked(finding);
    lock_give(LOCK_FINDINGS);
    return row;
}

struct finding_row *finding_tell_once(const struct finding *finding, struct finding_row **told)
{
    if (!recording)
        return NULL;
    lock_take(LOCK_FINDINGS);
    struct finding_row *row = __atomic_load_n(told, __ATOMIC_RELAXED);
    row = row ? count_again(row, finding) : tell_locked(finding);
    /* Publishes the row. Pairs with the acquire of who asks before it tells. */
    __atomic_store_n(told, row, __ATOMIC_RELEASE);
    lock_give(LOCK_FINDINGS);
    return row;
}

void finding_again(struct finding_row *row, uint32_t times)
{
    lock_take(LOCK_FINDINGS);
    row->last_time = clock_now();
    __atomic_store_n(&row->count, row->count + times, __ATOMIC_RELEASE);
    lock_give(LOCK_FINDINGS);
}

static bool is_at(const struct finding_row *row, uint32_t here)
{
    const struct evidence_row *evidence = ROW(SECTION_EVIDENCE, struct evidence_row, row->evidence);
    for (uint32_t i = 0; i < row->evidence_count; i++)
        if (evidence[i].type == EVIDENCE_STACK && evidence[i].role == ROLE_HERE &&
            evidence[i].stack == here)
            return true;
    return false;
}

void finding_take_back(enum kind kind, uint32_t here)
{
    if (!recording)
        return;
    lock_take(LOCK_FINDINGS);
    uint64_t count = recording->sections[SECTION_FINDINGS - 1].used / sizeof(struct finding_row);
    for (uint64_t i = 0; i < count; i++) {
        struct finding_row *row = ROW(SECTION_FINDINGS, struct finding_row, i);
        if (row->count && row->kind == kind && is_at(row, here)) {
            row->amount = row->amount2 = 0;
            row->count2 = 0;
            __atomic_store_n(&row->count, 0, __ATOMIC_RELEASE);
        }
    }
    lock_give(LOCK_FINDINGS);
}

void finding_resolved(struct finding_row *row, uint32_t detail)
{
    lock_take(LOCK_FINDINGS);
    if (row->count > 1) {
        __atomic_store_n(&row->count, row->count - 1, __ATOMIC_RELEASE);
    } else {
        __atomic_store_n(&row->detail, detail, __ATOMIC_RELAXED);
        __atomic_store_n(&row->severity, SEVERITY_NOTE, __ATOMIC_RELEASE);
    }
    lock_give(LOCK_FINDINGS);
}

uint32_t finding_number(const struct finding_row *row)
{
    return (uint32_t)(row - ROW(SECTION_FINDINGS, struct finding_row, 0));
}

struct finding_row *finding_row(uint32_t number)
{
    return ROW(SECTION_FINDINGS, struct finding_row, number);
}

void finding_after_fork(void)
{
    /* Wiped by the fork already, unless the kernel knows no MADV_WIPEONFORK (before 4.14). */
    if (known && known_count)
        raw_syscall(SYS_madvise, known, KNOWN_SLOTS * sizeof *known, MADV_DONTNEED);
    known_count = 0;
}
