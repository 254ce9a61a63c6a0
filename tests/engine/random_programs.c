/*
 * usage: random_programs PROGRAMS SEED [EPOCHS [FORM]]
 *
 * Random programs of threads, locks, hand-overs, joins, atomics, blocks and accesses of all sizes
 * are run one step at a time by one thread, against the race engine and against a naive model of
 * happens-before: full vector clocks, and for each byte the list of all accesses to it. No schedule
 * of the machine has a part in it: the order of the steps is the program.
 *
 * The engine must find the first race on each byte, and nothing that the model does not find; what
 * it says of the earlier access (thread, kind, stack) must be true. After the first race on a byte
 * it may find less. EPOCHS narrows the clocks, so that threads move to other slots; 0: not. FORM,
 * gs or flip: plain accesses come as those of rewritten code, through filters and thunks, and there
 * are locations that locked instructions make (rewrite/location.h).
 *
 * Status 0: the same; 1: they differ (printed); 2: usage.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "moved.h"
#include "rewrite/filter.h"
#include "rewrite/location.h"
#include "state/block.h"
#include "state/record_set.h"
#include "state/shadow.h"
#include "world.h"

#define THREADS        7  /* alive at once: world_thread[1 …] */
#define INSTANCES      40 /* in one program */
#define LOCKS          3
#define OBJECTS        3
#define BYTES          160 /* of memory, across the border of two regions */
#define BLOCKS         3
#define BLOCK_ROOM     48
#define EVENTS_MAX     120
#define SITES          3
#define MEMORY         (0x7f0012000000ul - 72)
#define LOCATIONS      3
#define LOCATION_AT(l) (0x7f0044000000ul + (uintptr_t)(l)*4)
#define BLOCK_AT(b)    (0x7f0033000000ul - 64 + (uintptr_t)(b)*BLOCK_ROOM)

/* ---- the naive model ---- */

struct past {
    uint32_t time[INSTANCES];
};
struct touch {
    uint8_t instance, write, atomic, site;
    uint32_t time;
};
struct byte {
    struct touch touch[EVENTS_MAX];
    uint32_t count;
    bool raced;
};
static struct byte memory[BYTES], heap[BLOCKS][BLOCK_ROOM];
static struct block {
    enum { NONE, LIVE, FREED } state;
    uint32_t size;
    uint8_t by;
    uint32_t time;
    uint32_t site;
} blocks[BLOCKS];
static struct past past[INSTANCES], lock_past[LOCKS], reader_past[LOCKS], object_past[OBJECTS],
    location_past[LOCATIONS];

/* ---- the program ---- */

static struct {
    uint32_t instance, number; /* of the thread */
    bool alive, joinable_struct;
} threads[THREADS + 1];
static struct {
    uint32_t number;
    bool ended, joined, known;
    unsigned index;
    bool in_struct; /* its struct was not taken again yet */
} instances[INSTANCES];
static uint32_t instance_count;
static int holder[LOCKS];
static uint32_t readers[LOCKS]; /* bit per thread */
/* Locks' own vectors: too small for most of what is released, for some of it, large enough. */
#define INSIDE_MOST 512u
static const uint32_t inside_room[LOCKS] = {4, VCLOCK_INSIDE, INSIDE_MOST};
static struct {
    uint64_t words[sizeof(struct vclock) / 8 + INSIDE_MOST];
} inside[LOCKS];
static struct sync_clock lock_clock[LOCKS], reader_clock[LOCKS], object_clock[OBJECTS];
static uint64_t state, program;
static unsigned steps;
static unsigned calm; /* how many of ten accesses are ordered after all before them */
static bool wide;     /* mostly long reads, which make granules that look alike */
static bool verbose;
static bool moved; /* FORM was given */
static bool is_location[LOCATIONS];
static uint64_t hits_seen;
static uint64_t races_seen, freed_seen, accesses_seen, sets_seen;

static uint32_t random_below(uint32_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state * 0x2545f4914f6cdd1dull) >> 33) % limit;
}

static void say_step(const char *format, ...)
{
    if (!verbose)
        return;
    va_list list;
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    putchar('\n');
}

static void differ(const char *what)
{
    printf("program %llu, step %u: %s\n", (unsigned long long)program, steps, what);
    exit(1);
}

static uint32_t tick(unsigned t)
{
    uint32_t i = threads[t].instance;
    return ++past[i].time[i];
}

static void join(struct past *to, const struct past *from)
{
    for (int i = 0; i < INSTANCES; i++)
        if (to->time[i] < from->time[i])
            to->time[i] = from->time[i];
}

static bool ordered(unsigned t, const struct touch *touch)
{
    return past[threads[t].instance].time[touch->instance] >= touch->time;
}

static bool clash(const struct touch *touch, bool write, bool atomic)
{
    return (touch->write || write) && !(touch->atomic && atomic);
}

/* Is some earlier access to this byte unordered with this one and in conflict with it? */
static bool races(unsigned t, const struct byte *byte, bool write, bool atomic)
{
    for (uint32_t i = 0; i < byte->count; i++)
        if (clash(&byte->touch[i], write, atomic) && !ordered(t, &byte->touch[i]))
            return true;
    return false;
}

/* Is there one such as the engine says? */
static bool has_such(unsigned t, const struct byte *byte, bool write, bool atomic,
                     const struct world_pair *pair)
{
    for (uint32_t i = 0; i < byte->count; i++) {
        const struct touch *touch = &byte->touch[i];
        if (clash(touch, write, atomic) && !ordered(t, touch) &&
            instances[touch->instance].number == pair->other &&
            touch->write == !!(pair->how & ACCESS_WRITE) &&
            touch->atomic == !!(pair->how & ACCESS_ATOMIC) && touch->site == pair->other_stack)
            return true;
    }
    return false;
}

/* The engine tells one conflict for each place of the other side: was another byte's told? */
static bool is_told_elsewhere(unsigned t, const struct byte *byte, bool write, bool atomic,
                              uint32_t pairs)
{
    for (uint32_t p = 0; p < pairs; p++)
        if (has_such(t, byte, write, atomic, &world_told.pair[p]))
            return true;
    return false;
}

/* Compares what was told of an access with the model. bytes[i] is the byte at address + i. */
static void compare(unsigned t, uintptr_t address, struct byte *bytes, uint32_t size, bool write,
                    bool atomic)
{
    bool told[256] = {false};
    uint32_t pairs = world_told.races < 4 ? world_told.races : 4;
    for (uint32_t p = 0; p < pairs; p++) {
        const struct world_pair *pair = &world_told.pair[p];
        bool any = false;
        for (unsigned b = 0; b < GRANULE; b++) {
            uintptr_t at = pair->granule + b;
            if (!(pair->bytes >> b & 1) || at < address || at >= address + size)
                continue;
            any = told[at - address] = true;
            if (!has_such(t, &bytes[at - address], write, atomic, pair))
                differ("the engine tells a race that is none, or tells it wrongly");
        }
        if (!any)
            differ("the engine tells a race on other bytes");
        races_seen++;
    }
    for (uint32_t i = 0; i < size; i++) {
        if (!races(t, &bytes[i], write, atomic))
            continue;
        if (!bytes[i].raced && !told[i] && pairs < 4 &&
            !is_told_elsewhere(t, &bytes[i], write, atomic, pairs))
            differ("the engine misses the first race on a byte");
        bytes[i].raced = true;
    }
    world_told.races = world_told.freed = 0;
}

static void touch(struct byte *byte, unsigned t, uint32_t time, bool write, bool atomic,
                  uint32_t site)
{
    if (byte->count == EVENTS_MAX)
        differ("too many accesses for the model");
    byte->touch[byte->count++] = (struct touch){.instance = (uint8_t)threads[t].instance,
                                                .write = write,
                                                .atomic = atomic,
                                                .site = (uint8_t)site,
                                                .time = time};
}

static void access_bytes(unsigned t, uintptr_t address, struct byte *bytes, uint32_t size)
{
    bool write = wide ? random_below(8) == 0 : random_below(2), atomic = random_below(4) == 0;
    uint32_t site = 1 + random_below(SITES);
    uint32_t time = tick(t);
    say_step("T%u %s%s %#lx+%u at %u", t, atomic ? "atomic " : "", write ? "writes" : "reads",
             address, size, site);
    accesses_seen++;
    unsigned how = (write ? ACCESS_WRITE : 0u) | (atomic ? ACCESS_ATOMIC : 0u);
    stamp_t now = world_thread[t].clock.now;
    bool covered = !atomic && (random_below(2) ? shadow_covers(now, address, size, write)
                                               : shadow_covers_range(now, address, size, write));
    if (moved && !atomic)
        hits_seen +=
            moved_access(t, address, size, SITE_MOVE | (write ? SITE_WRITE : SITE_LOADS), site);
    else if (!covered)
        world_access(t, address, size, how, site);
    if (world_told.freed)
        differ("the engine tells a use of freed memory that is none");
    compare(t, address, bytes, size, write, atomic);
    for (uint32_t i = 0; i < size; i++)
        touch(&bytes[i], t, time, write, atomic, site);
}

static uint32_t some_size(void)
{
    static const uint8_t sizes[] = {1, 1, 2, 4, 4, 8, 8, 8, 16, 16, 3, 5, 7, 24, 40, 96};
    return sizes[random_below(sizeof sizes)];
}

static void step_access(unsigned t)
{
    uint32_t size = wide ? 16 + random_below(BYTES - 16) : some_size();
    /* Few places, so that accesses meet; some over the regions' border. */
    uint32_t at = random_below(3) == 0 ? random_below(BYTES - size) : 64 + random_below(16);
    if (at > BYTES - size)
        at = BYTES - size;
    if (random_below(2))
        at &= ~7u;
    /* In the same epoch, as often as not. */
    static uint32_t last_at[THREADS + 1], last_size[THREADS + 1];
    if (moved && last_size[t] && random_below(2))
        at = last_at[t], size = last_size[t];
    if (moved && !wide && random_below(8) == 0)
        at = (last_at[t] + random_below(8)) % (BYTES - 8), size = random_below(2) ? 4 : 8;
    last_at[t] = at;
    last_size[t] = size;
    access_bytes(t, MEMORY + at, &memory[at], size);
}

/* What a locked instruction makes, and the movs there. */
static void step_location(unsigned t)
{
    uint32_t l = random_below(LOCATIONS), i = threads[t].instance, what = random_below(3);
    unsigned known = random_below(2) ? SITE_ATOMIC : 0;
    uintptr_t at = LOCATION_AT(l);
    tick(t);
    if (what == 0 || !(is_location[l] || known)) {
        say_step("T%u modifies location %u", t, l);
        moved_before(t, at, 4, 1);
        moved_after(t);
        join(&past[i], &location_past[l]);
        join(&location_past[l], &past[i]);
    } else if (what == 1) {
        say_step("T%u loads location %u", t, l);
        moved_access(t, at, 4, SITE_MOVE | SITE_LOADS | known, 1);
        join(&past[i], &location_past[l]);
    } else {
        say_step("T%u stores to location %u", t, l);
        moved_access(t, at, 4, SITE_MOVE | SITE_WRITE | known, 1);
        join(&location_past[l], &past[i]);
    }
    is_location[l] = true;
    if (world_told.races)
        differ("a race on a location of synchronisation");
}

static void step_memory_new(unsigned t)
{
    uint32_t at = random_below(BYTES), size = random_below(BYTES - at) / 4 + 1;
    say_step("T%u new memory %#lx+%u", t, MEMORY + at, size);
    race_memory_new(&world_thread[t], MEMORY + at, MEMORY + at + size);
    for (uint32_t i = at; i < at + size; i++)
        memory[i].count = 0, memory[i].raced = false;
}

static void step_block(unsigned t)
{
    /* In epochs as long as they are with filters, what happens to one block is what tells. */
    uint32_t b = moved && calm < 3 ? 0 : random_below(BLOCKS);
    struct block *block = &blocks[b];
    uintptr_t at = BLOCK_AT(b);
    struct thread *self = &world_thread[t];
    if (block->state == LIVE && random_below(4) == 0) {
        uint32_t time = tick(t), site = 1 + random_below(SITES);
        say_step("T%u frees block %u at %u", t, b, site);
        block_dying(block_find(at), site);
        race_block_dying(self, at, block->size, site);
        compare(t, at, heap[b], block->size, true, false);
        *block = (struct block){FREED, block->size, (uint8_t)threads[t].instance, time, site};
    } else if (block->state == LIVE) {
        uint32_t size = some_size();
        if (size > block->size)
            size = block->size;
        uint32_t offset = random_below(block->size - size + 1);
        if (moved && random_below(2))
            offset = 0, size = block->size < 8 ? size : 8;
        access_bytes(t, at + offset, &heap[b][offset], size);
    } else if (block->state == FREED && random_below(2)) {
        struct touch freed = {.instance = block->by, .time = block->time};
        uint32_t offset = random_below(block->size), here = 1 + random_below(SITES);
        uint32_t size = random_below(2) ? 1 : block->size - offset;
        if (moved && random_below(2))
            offset = 0, size = block->size;
        say_step("T%u reads freed block %u+%u, %u bytes", t, b, offset, size);
        tick(t);
        if (moved && random_below(2))
            moved_access(t, at + offset, size, random_below(2) ? SITE_WRITE : SITE_LOADS, here);
        else
            world_access(t, at + offset, size, random_below(4), here);
        if (world_told.freed != 1 || world_told.races || world_told.race == ordered(t, &freed) ||
            world_told.pair[0].other != instances[block->by].number ||
            world_told.pair[0].other_stack != block->site)
            differ("the engine does not tell a use of freed memory, or tells it wrongly");
        world_told.freed = 0;
        freed_seen++;
    } else {
        *block = (struct block){.state = LIVE, .size = 1 + random_below(BLOCK_ROOM)};
        say_step("T%u makes block %u of %u", t, b, block->size);
        block_born(self, at, block->size, FAMILY_MALLOC, 1);
        race_block_born(self, at, block->size);
        memset(heap[b], 0, sizeof heap[b]);
    }
}

static void step_lock(unsigned t)
{
    uint32_t l = random_below(LOCKS), i = threads[t].instance;
    struct thread_clock *clock = &world_thread[t].clock;
    if (holder[l] == (int)t) {
        say_step("T%u unlocks %u", t, l);
        tick(t);
        lock_past[l] = past[i];
        if (random_below(8))
            vclock_release_inside(clock, &lock_clock[l], (struct vclock *)&inside[l]);
        else
            vclock_release(clock, &lock_clock[l]);
        holder[l] = 0;
    } else if (readers[l] >> t & 1) {
        say_step("T%u ends reading under %u", t, l);
        tick(t);
        join(&reader_past[l], &past[i]);
        vclock_release_join(clock, &reader_clock[l]);
        readers[l] &= ~(1u << t);
    } else if (!holder[l] && random_below(3) == 0) {
        say_step("T%u reads under %u", t, l);
        join(&past[i], &lock_past[l]);
        vclock_acquire(clock, &lock_clock[l]);
        readers[l] |= 1u << t;
    } else if (!holder[l] && !readers[l]) {
        say_step("T%u locks %u", t, l);
        join(&past[i], &lock_past[l]);
        join(&past[i], &reader_past[l]);
        vclock_acquire(clock, &lock_clock[l]);
        vclock_acquire(clock, &reader_clock[l]);
        holder[l] = (int)t;
    }
}

static void release_into(unsigned t, uint32_t o)
{
    uint32_t i = threads[t].instance;
    say_step("T%u joins into object %u", t, o);
    tick(t);
    join(&object_past[o], &past[i]);
    vclock_release_join(&world_thread[t].clock, &object_clock[o]);
}

static void acquire_from(unsigned t, uint32_t o)
{
    say_step("T%u acquires object %u", t, o);
    join(&past[threads[t].instance], &object_past[o]);
    vclock_acquire(&world_thread[t].clock, &object_clock[o]);
}

/* Semaphores, conditions, atomics: anybody releases and acquires. */
static void step_object(unsigned t)
{
    uint32_t o = random_below(OBJECTS), p = random_below(OBJECTS);
    switch (random_below(9)) {
    case 0:
    case 1:
    case 2:
        release_into(t, o);
        break;
    case 3:
    case 4:
    case 5:
        acquire_from(t, o);
        break;
    case 6:
        say_step("object %u becomes %u", o, p);
        object_past[o] = object_past[p];
        vclock_copy(&object_clock[o], &object_clock[p]);
        break;
    case 7:
        say_step("object %u joins %u", o, p);
        join(&object_past[o], &object_past[p]);
        vclock_join(&object_clock[o], &object_clock[p]);
        break;
    default:
        say_step("object %u is cleared", o);
        memset(&object_past[o], 0, sizeof object_past[o]);
        vclock_clear(&object_clock[o]);
    }
}

static void appear(unsigned t, uint32_t number)
{
    uint32_t i = instance_count++;
    threads[t].instance = i;
    threads[t].number = number;
    threads[t].alive = true;
    instances[i].number = number;
    instances[i].ended = instances[i].joined = false;
    instances[i].index = t;
    instances[i].in_struct = true;
    memset(&past[i], 0, sizeof past[i]);
}

static void step_create(unsigned t)
{
    unsigned made = 2 + random_below(THREADS - 1);
    if (threads[made].alive || instance_count == INSTANCES)
        return;
    /* The struct may still be that of a thread that ended: it is taken again. */
    for (uint32_t i = 0; i < instance_count; i++)
        if (instances[i].index == made && instances[i].in_struct) {
            world_exit(made);
            instances[i].in_struct = false;
        }
    tick(t);
    uint32_t before = threads[t].instance;
    appear(made, world_create(t, made));
    moved_created(made);
    say_step("T%u creates T%u (%u)", t, made, threads[made].number);
    past[threads[made].instance] = past[before];
    tick(made);
    tick(t);
}

static void step_end(unsigned t)
{
    if (t == 1)
        return;
    for (int l = 0; l < LOCKS; l++)
        if (holder[l] == (int)t || readers[l] >> t & 1)
            return;
    say_step("T%u ends", t);
    tick(t);
    threads[t].alive = false;
    instances[threads[t].instance].ended = true;
    if (random_below(2)) {
        world_exit(t);
        instances[threads[t].instance].in_struct = false;
    }
}

static void join_one(unsigned t, uint32_t i)
{
    say_step("T%u joins %u", t, instances[i].number);
    join(&past[threads[t].instance], &past[i]);
    world_join(t, instances[i].number);
    instances[i].joined = true;
}

static void step_join(unsigned t)
{
    uint32_t i = random_below(instance_count);
    if (instances[i].ended && !instances[i].joined)
        join_one(t, i);
}

static void step_access_calm(unsigned t)
{
    if (random_below(10) < calm)
        acquire_from(t, 0);
    step_access(t);
    if (random_below(10) < calm)
        release_into(t, 0);
}

static void step(void)
{
    unsigned t = 1 + random_below(THREADS);
    if (!threads[t].alive)
        t = 1;
    uint32_t what = random_below(100);
    moved_knows = random_below(4) != 0;
    moved_switch(t);
    if (moved && random_below(10) == 0)
        step_location(t);
    else if (what < 50)
        step_access_calm(t);
    else if (what < 64)
        step_block(t);
    else if (what < 78)
        step_lock(t);
    else if (what < 85)
        step_object(t);
    else if (what < 92)
        step_create(t);
    else if (what < 94)
        step_end(t);
    else if (what < 98)
        step_join(t);
    else
        step_memory_new(t);
}

/* Threads that nobody joined keep their slots: in the next program they are of no use. */
static void program_begin(bool again)
{
    for (unsigned t = 2; t <= THREADS; t++) {
        if (threads[t].alive)
            world_exit(t);
        threads[t].alive = false;
    }
    for (uint32_t i = 0; i < instance_count; i++)
        if (instances[i].ended && instances[i].in_struct)
            world_exit(instances[i].index);
    moved_switch(1);
    if (again) {
        world_again();
        moved_created(1);
    }
    struct thread *first = &world_thread[1];
    race_memory_new(first, LOCATION_AT(0), LOCATION_AT(LOCATIONS));
    for (int l = 0; moved && l < LOCATIONS; l++) {
        sync_memory_gone(LOCATION_AT(l), LOCATION_AT(l) + 4, NULL, NULL);
        is_location[l] = false;
    }
    memset(location_past, 0, sizeof location_past);
    race_memory_new(first, MEMORY, MEMORY + BYTES);
    for (int b = 0; b < BLOCKS; b++) {
        race_memory_new(first, BLOCK_AT(b), BLOCK_AT(b) + BLOCK_ROOM);
        blocks[b].state = NONE;
    }
    for (unsigned i = 0; i <= THREADS; i++)
        record_list_give_back(&world_thread[i]);
    if (record_set_bytes || record_list_bytes)
        differ("sets were left when all memory was forgotten");
    for (int i = 0; i < BYTES; i++)
        memory[i].count = 0, memory[i].raced = false;
    for (int l = 0; l < LOCKS; l++) {
        vclock_clear(&lock_clock[l]);
        vclock_clear(&reader_clock[l]);
        holder[l] = 0;
        readers[l] = 0;
    }
    for (int o = 0; o < OBJECTS; o++)
        vclock_clear(&object_clock[o]);
    memset(lock_past, 0, sizeof lock_past);
    memset(reader_past, 0, sizeof reader_past);
    memset(object_past, 0, sizeof object_past);
    instance_count = 0;
    appear(1, first->number);
    past[0].time[0] = 1;
}

int main(int argc, char **argv)
{
    for (int l = 0; l < LOCKS; l++)
        vclock_inside_set_up(&inside[l], inside_room[l]);
    if (argc < 3)
        return 2;
    uint64_t count = strtoull(argv[1], NULL, 10), seed = strtoull(argv[2], NULL, 10);
    if (argc > 3)
        vclock_epochs = strtoull(argv[3], NULL, 10) ? strtoull(argv[3], NULL, 10) : vclock_epochs;
    const char *only = getenv("PROGRAM"); /* its steps are printed */
    world_begin();
    if (argc > 4) {
        moved = true;
        location_keeps_tags = false; /* the model has no such thing */
        if (!moved_begin(strcmp(argv[4], "flip") == 0 ? FORM_FLIP : FORM_GS))
            return 2;
    }
    for (program = 0; program < count; program++) {
        state = (seed << 32 ^ program) * 0x9e3779b97f4a7c15ull | 1;
        verbose = only && strtoull(only, NULL, 10) == program;
        program_begin(program % 100 == 0);
        calm = random_below(11);
        wide = random_below(4) == 0;
        uint32_t length = 20 + random_below(80);
        for (steps = 0; steps < length; steps++)
            step();
        sets_seen += record_set_bytes + record_list_bytes != 0;
    }
    world_end();
    if (record_set_evicted || shadow_lost || vclock_forced)
        differ("something was forgotten");
    printf(
        "%llu programs, %llu accesses, %llu races, %llu uses after free, %llu programs with sets\n",
        (unsigned long long)count, (unsigned long long)accesses_seen,
        (unsigned long long)races_seen, (unsigned long long)freed_seen,
        (unsigned long long)sets_seen);
    if (moved)
        printf("%llu hits of filters\n", (unsigned long long)hits_seen);
    return 0;
}
