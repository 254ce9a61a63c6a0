#include "rewrite/room.h"

#include <sys/mman.h>

#include "base/syscall.h"

#define LEAST_ADDRESS (1u << 20)
#define END_ADDRESS   (1ull << 47)
/* Of a jump or a RIP-relative operand, less what is as well not used. */
#define REACH (INT32_MAX - (1ll << 16))

static void text_of(const struct target *target, uintptr_t *ret_start, uintptr_t *ret_end)
{
    uintptr_t start = target->code[0].start, end = target->code[0].end;
    for (uint32_t i = 1; i < target->code_count; i++) {
        start = target->code[i].start < start ? target->code[i].start : start;
        end = target->code[i].end > end ? target->code[i].end : end;
    }
    *ret_start = start;
    *ret_end = end;
}

uint64_t room_text(const struct target *target)
{
    uintptr_t start, end;
    text_of(target, &start, &end);
    return end - start;
}

/* From each byte of the module to each of [at, at + size). */
static bool is_in_reach(const struct target *target, uintptr_t at, uint64_t size)
{
    return at >= LEAST_ADDRESS && at < END_ADDRESS && size < END_ADDRESS - at &&
           (int64_t)(at + size - target->low) <= REACH && (int64_t)(target->high - at) <= REACH;
}

static bool hold(uintptr_t at, uint64_t size)
{
    long got =
        raw_syscall(SYS_mmap, at, size, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (!raw_failed(got) && (uintptr_t)got != at)
        raw_syscall(SYS_munmap, got, size); /* an old kernel took it for a wish */
    return (uintptr_t)got == at;
}

bool room_try(struct room *ret_room, const struct target *target, uint64_t need, uint32_t variant)
{
    uintptr_t start, end;
    text_of(target, &start, &end);
    enum rewrite_kind kind = target->name[0] ? REWRITE_LIBRARY
                             : target->base  ? REWRITE_PROGRAM
                                             : REWRITE_FIXED;
    uintptr_t at = start + (uintptr_t)rewrite_distance(kind, end - start, variant);
    if (!is_in_reach(target, at, need) || !hold(at, need))
        return false;
    *ret_room = (struct room){at, need, variant};
    return true;
}

bool room_find(struct room *ret_room, const struct target *target, uint64_t need, uint32_t first)
{
    for (uint32_t variant = first; variant < REWRITE_VARIANTS; variant++)
        if (room_try(ret_room, target, need, variant))
            return true;
    return false;
}

void room_fit(struct room *room, uint64_t size)
{
    size = (size + 4095) & ~4095ul;
    if (!room->start || size >= room->size)
        return;
    raw_syscall(SYS_munmap, room->start + size, room->size - size);
    room->size = size;
}

void room_give(struct room *room)
{
    if (room->start)
        raw_syscall(SYS_munmap, room->start, room->size);
    *room = (struct room){0};
}
