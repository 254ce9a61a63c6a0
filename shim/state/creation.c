#include "state/creation.h"

#include <sys/mman.h>

#include "base/memory.h"
#include "base/syscall.h"
#include "format/tables.h"
#include "state/clock.h"

#define CREATIONS       16384u /* a power of two */
#define CREATIONS_TRIED 16u

/* Wiped in a fork's child. NULL: memory was short, nothing is counted. */
static struct creation *creations;
static bool used;

#define NOT_COUNTED (HANDLE_INHERITED | HANDLE_ADOPTED | HANDLE_OWNED | HANDLE_LIBRARY)

/* Kinds of which many at once may mean something; bits by number. */
static uint64_t counted[2];

static inline bool counts(const struct handle_row *row)
{
    unsigned kind = row->kind;
    return kind < 128 && counted[kind / 64] >> kind % 64 & 1 && !(row->flags & NOT_COUNTED);
}

void creation_start_up(void)
{
    for (unsigned kind = 0; kind < 128; kind++) {
        const struct handle_info *info = handle_info(kind);
        if (info && info->growth != GROWTH_NONE)
            counted[kind / 64] |= 1ull << kind % 64;
    }
    if (!creations)
        creations = pages_map_wiped(CREATIONS * sizeof *creations);
    else if (used) /* wiped already, unless the kernel knows no MADV_WIPEONFORK (before 4.14) */
        raw_syscall(SYS_madvise, creations, CREATIONS * sizeof *creations, MADV_DONTNEED);
    used = false;
}

static struct creation *find(uint32_t stack, bool make)
{
    if (!stack || !creations)
        return NULL;
    uint32_t at = stack * 0x9e3779b9u >> 18;
    for (uint32_t i = 0; i < CREATIONS_TRIED; i++) {
        struct creation *creation = &creations[(at + i) % CREATIONS];
        uint32_t found = __atomic_load_n(&creation->stack, __ATOMIC_RELAXED);
        if (likely(found == stack))
            return creation;
        if (found)
            continue;
        if (!make)
            return NULL;
        used = true;
        if (__atomic_compare_exchange_n(&creation->stack, &found, stack, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED) ||
            found == stack)
            return creation;
    }
    return NULL;
}

static void rises(struct creation *creation, int32_t live, const struct handle_row *row)
{
    int32_t peak = __atomic_load_n(&creation->peak, __ATOMIC_RELAXED);
    while (live > peak)
        if (__atomic_compare_exchange_n(&creation->peak, &peak, live, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED)) {
            creation->peak_time = row->opened_time;
            creation->value = row->value;
            return;
        }
}

void creation_opened(const struct handle_row *row)
{
    struct creation *creation = counts(row) ? find(row->opened_stack, true) : NULL;
    if (!creation)
        return;
    creation->kind = row->kind;
    creation->thread = row->opened_thread;
    if (__atomic_fetch_add(&creation->made, 1, __ATOMIC_RELAXED) == 0)
        creation->first_time = row->opened_time;
    rises(creation, __atomic_add_fetch(&creation->live, 1, __ATOMIC_RELAXED), row);
}

void creation_closed(const struct handle_row *row, uint32_t stack, uint32_t thread)
{
    struct creation *creation = counts(row) ? find(row->opened_stack, false) : NULL;
    if (!creation)
        return;
    __atomic_fetch_sub(&creation->live, 1, __ATOMIC_RELAXED);
    if (creation->fall_time < creation->peak_time)
        creation->fall_time = row->closed_time;
    if (stack) {
        creation->released = stack;
        creation->released_thread = thread;
    }
}

const struct creation *creation_find(uint32_t stack)
{
    return find(stack, false);
}

void creation_each(void (*visit)(const struct creation *creation, void *with), void *with)
{
    for (uint32_t i = 0; creations && used && i < CREATIONS; i++)
        if (__atomic_load_n(&creations[i].stack, __ATOMIC_RELAXED))
            visit(&creations[i], with);
}
