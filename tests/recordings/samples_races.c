/* Races, lock orders and a deadlock: accesses and locks in every role, with and without names. */
#include "samples.h"

#define WRITE_LOCKED(kind, id) (SYNC_##kind | 1u << 16 | (uint64_t)(id) << 32)
#define READ_LOCKED(kind, id)  (SYNC_##kind | 2u << 16 | (uint64_t)(id) << 32)

/* Two threads of one place, each with a stack and a creator. */
static uint32_t add_worker(struct maker *maker, const struct sample_parts *parts, const char *name,
                           uint64_t stack_low)
{
    uint32_t number = maker_thread(maker, name, 0, THREAD_ENDED);
    struct thread_row *rows = (void *)maker->sections[SECTION_THREADS].bytes;
    rows[number].creator = parts->main_thread;
    rows[number].created_stack = parts->start_stack;
    rows[number].stack_low = stack_low;
    rows[number].stack_high = stack_low + 0x10000;
    return number;
}

void sample_races(struct maker *maker)
{
    struct sample_parts parts = sample_common(maker);
    uint32_t reader = add_worker(maker, &parts, "reader", 0x8000000);
    uint32_t writer = add_worker(maker, &parts, "writer", 0x9000000);
    uint32_t lock_stack = maker_stack(maker, 2, (uint64_t[]){APP + 0x5001, APP + 0x2001});
    uint32_t other_stack = maker_stack(maker, 2, (uint64_t[]){APP + 0x5101, APP + 0x2001});

    /* In a heap block; the writer holds a lock, the reader another. */
    maker_evidence(maker, EVIDENCE_ACCESS, ROLE_HERE, writer, parts.load_stack, 0, 0x5010, 4,
                   ACCESS_WRITE);
    maker_evidence(maker, EVIDENCE_LOCK, ROLE_HELD, writer, lock_stack, 0, 0x6000,
                   WRITE_LOCKED(MUTEX, 7), parts.open_stack);
    maker_evidence(maker, EVIDENCE_ACCESS, ROLE_EARLIER, reader, parts.free_stack, "memcpy", 0x5008,
                   16, ACCESS_READ);
    maker_evidence(maker, EVIDENCE_LOCK, ROLE_HELD_EARLIER, reader, other_stack, "table.lock",
                   0x6100, READ_LOCKED(RWLOCK, 8), 0);
    maker_evidence(maker, EVIDENCE_BLOCK, ROLE_HERE, 0, 0, 0, 0x5000, 64, 0x10);
    maker_evidence(maker, EVIDENCE_STACK, ROLE_ALLOCATED, parts.main_thread, parts.open_stack, 0, 0,
                   0, 0);
    maker_finding(maker, KIND_DATA_RACE, 12, 0, 6);

    /* On a stack, atomic against plain, no locks at all. */
    maker_evidence(maker, EVIDENCE_ACCESS, ROLE_HERE, parts.main_thread, parts.load_stack, 0,
                   0x8000100, 1, ACCESS_WRITE | ACCESS_ATOMIC);
    maker_evidence(maker, EVIDENCE_ACCESS, ROLE_EARLIER, reader, parts.free_stack, 0, 0x8000100, 8,
                   ACCESS_WRITE);
    maker_evidence(maker, EVIDENCE_UNORDERED, ROLE_HERE, 0, 0, 0, 0, 0, 0);
    maker_finding(maker, KIND_DATA_RACE, 1, 0, 3);

    /* A free that nothing orders with the access. */
    maker_evidence(maker, EVIDENCE_ACCESS, ROLE_HERE, writer, parts.load_stack, 0, 0x5000, 8,
                   ACCESS_READ);
    maker_evidence(maker, EVIDENCE_ACCESS, ROLE_EARLIER, reader, parts.free_stack, "free", 0x5000,
                   64, ACCESS_WRITE | ACCESS_FREE);
    maker_evidence(maker, EVIDENCE_BLOCK, ROLE_HERE, 0, 0, 0, 0x5000, 64, 0);
    maker_evidence(maker, EVIDENCE_STACK, ROLE_ALLOCATED, reader, parts.open_stack, 0, 0, 0, 0);
    maker_finding(maker, KIND_USE_AFTER_FREE, 1, 0, 4);

    /* Two locks, two orders. */
    maker_evidence(maker, EVIDENCE_LOCK, ROLE_HELD, writer, lock_stack, 0, 0x6000,
                   WRITE_LOCKED(MUTEX, 7), parts.open_stack);
    maker_evidence(maker, EVIDENCE_LOCK, ROLE_ACQUIRED, writer, other_stack, 0, 0x6200,
                   WRITE_LOCKED(MUTEX, 9), 0);
    maker_evidence(maker, EVIDENCE_LOCK, ROLE_HELD, reader, other_stack, 0, 0x6200,
                   WRITE_LOCKED(MUTEX, 9), 0);
    maker_evidence(maker, EVIDENCE_LOCK, ROLE_ACQUIRED, reader, lock_stack, 0, 0x6000,
                   WRITE_LOCKED(MUTEX, 7), parts.open_stack);
    maker_finding(maker, KIND_LOCK_ORDER, 3, 0, 4);

    /* The wrong thread unlocks. */
    maker_evidence(maker, EVIDENCE_LOCK, ROLE_HERE, writer, lock_stack, 0, 0x6000,
                   WRITE_LOCKED(MUTEX, 7), 0);
    maker_evidence(maker, EVIDENCE_STACK, ROLE_RELEASED, reader, parts.free_stack, 0, 0, 0, 0);
    maker_finding(maker, KIND_UNLOCK_MISUSE, 1, 0, 2);

    /* Each waits for what the other holds. */
    maker_evidence(maker, EVIDENCE_WAIT, ROLE_WAITING, writer, parts.load_stack, 0, 0x6200,
                   WAIT_MUTEX, 2000000000);
    maker_evidence(maker, EVIDENCE_LOCK, ROLE_HELD, writer, lock_stack, 0, 0x6000,
                   WRITE_LOCKED(MUTEX, 7), 0);
    maker_evidence(maker, EVIDENCE_WAIT, ROLE_WAITING, reader, parts.free_stack, 0, 0x6000,
                   WAIT_MUTEX, 2100000000);
    maker_evidence(maker, EVIDENCE_LOCK, ROLE_HELD, reader, other_stack, 0, 0x6200,
                   WRITE_LOCKED(MUTEX, 9), 0);
    maker_finding(maker, KIND_DEADLOCK, 1, 0, 4);
    maker->header.unobserved = UNOBSERVED_READ_SETS | UNOBSERVED_RACES | UNOBSERVED_THREAD_ENDS;
}
