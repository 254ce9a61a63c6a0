#include "state/held.h"

#include "base/lock.h"
#include "base/memory.h"
#include "state/sync.h"
#include "state/thread.h"

static bool grow(struct held_set *set)
{
    uint32_t room = set->room ? set->room * 2 : 8;
    enum { ALIGN = _Alignof(struct held) };
    /* The old rows are lost to the arena: bounded by twice the most locks held at once. */
    uintptr_t at = (uintptr_t)arena_alloc(room * sizeof(struct held) + ALIGN);
    if (!at)
        return false;
    struct held *rows = (struct held *)((at + ALIGN - 1) & -(uintptr_t)ALIGN);
    mem_copy(rows, set->rows, set->count * sizeof *rows);
    set->rows = rows;
    set->room = room;
    return true;
}

struct held *held_find(struct thread *self, const struct sync *lock)
{
    struct held_set *set = &self->held;
    for (uint32_t i = set->count; i > 0; i--)
        if (set->rows[i - 1].lock == lock && held_is_so(self, &set->rows[i - 1]))
            return &set->rows[i - 1];
    return NULL;
}

/* Rows that no longer say what is so would stay for ever: nobody gives those locks up any more. */
static void drop_stale(struct thread *self)
{
    struct held_set *set = &self->held;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < set->count; i++)
        if (held_is_so(self, &set->rows[i]))
            set->rows[kept++] = set->rows[i];
    set->count = kept;
    set->hash = 0;
}

struct held *held_add_new(struct thread *self, struct sync *lock, enum held_mode mode,
                          uint32_t stack)
{
    struct held_set *set = &self->held;
    if (unlikely(set->count))
        drop_stale(self);
    if (unlikely(set->count == set->room) && !grow(set))
        return NULL;
    struct held *row = &set->rows[set->count++];
    /* One by one: as a whole it would be cleared by a string instruction, which takes 6 ns to begin
       and which the next unlock, reading the row, has to wait for. */
    row->lock = lock;
    row->id = lock->id;
    row->stack = stack;
    row->since = 0;
    row->depth = 1;
    row->mode = (uint8_t)mode;
    row->left = LEFT_AS_USUAL;
    row->left_stack = 0;
    row->frame = 0;
    row->tried = row->inherited = false;
    set->lockset = HELD_UNNAMED;
    set->hash = 0;
    return row;
}

struct held *held_add(struct thread *self, struct sync *lock, enum held_mode mode, uint32_t stack)
{
    struct held *row = self->held.count ? held_find(self, lock) : NULL;
    if (!row || row->mode != mode)
        return held_add_new(self, lock, mode, stack);
    row->depth++;
    return row;
}

bool held_remove(struct thread *self, struct held *row)
{
    struct held_set *set = &self->held;
    if (--row->depth)
        return false;
    uint32_t last = --set->count;
    for (uint32_t i = (uint32_t)(row - set->rows); i < last; i++)
        set->rows[i] = set->rows[i + 1];
    set->lockset = last ? HELD_UNNAMED : 0;
    set->hash = 0;
    return true;
}

/* Locksets and contexts, each once. Entries are only added; found by hash through chains whose
   heads are swapped in when the entry is complete. */
#define BUCKETS   65536u
#define PER_CHUNK 4096u
#define CHUNKS    8192u

struct lockset {
    uint64_t hash;
    uint32_t next, count;
    struct held_row *rows;
};
struct context {
    uint32_t stack, lockset, next;
};

static struct tables {
    uint32_t lockset_bucket[BUCKETS], context_bucket[BUCKETS];
    struct lockset *lockset_chunk[CHUNKS];
    struct context *context_chunk[CHUNKS];
} * tables;
static uint32_t lockset_count = 1, context_count = 1; /* LOCK_LOCKSETS */

#define CONTEXT_WITH_LOCKS 0x80000000u

static struct lockset *lockset_at(uint32_t number)
{
    return &tables->lockset_chunk[number / PER_CHUNK][number % PER_CHUNK];
}

static struct context *context_at(uint32_t number)
{
    return &tables->context_chunk[number / PER_CHUNK][number % PER_CHUNK];
}

/* LOCK_LOCKSETS held. Room for entry `number` of size bytes. */
static bool chunk_make(void **chunks, uint32_t number, size_t size)
{
    if (number / PER_CHUNK >= CHUNKS)
        return false;
    if (!chunks[number / PER_CHUNK])
        __atomic_store_n(&chunks[number / PER_CHUNK], pages_map(PER_CHUNK * size),
                         __ATOMIC_RELEASE);
    return chunks[number / PER_CHUNK] != NULL;
}

static bool tables_make(void)
{
    if (likely(__atomic_load_n(&tables, __ATOMIC_ACQUIRE)))
        return true;
    lock_take(LOCK_LOCKSETS);
    if (!tables)
        __atomic_store_n(&tables, (struct tables *)pages_map(sizeof *tables), __ATOMIC_RELEASE);
    lock_give(LOCK_LOCKSETS);
    return tables != NULL;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
    return hash ^ hash >> 29;
}

static bool lockset_is(const struct lockset *set, uint64_t hash, const struct held_set *held)
{
    if (set->hash != hash || set->count != held->count)
        return false;
    for (uint32_t i = 0; i < held->count; i++)
        if (set->rows[i].id != held->rows[i].id || set->rows[i].stack != held->rows[i].stack ||
            set->rows[i].mode != held->rows[i].mode)
            return false;
    return true;
}

static uint32_t lockset_find(uint32_t bucket, uint64_t hash, const struct held_set *held)
{
    uint32_t number = __atomic_load_n(&tables->lockset_bucket[bucket], __ATOMIC_ACQUIRE);
    while (number && !lockset_is(lockset_at(number), hash, held))
        number = lockset_at(number)->next;
    return number;
}

static uint32_t lockset_add(uint32_t bucket, uint64_t hash, const struct held_set *held)
{
    struct held_row *rows = arena_alloc(held->count * sizeof *rows);
    if (!rows)
        return 0;
    for (uint32_t i = 0; i < held->count; i++) {
        const struct sync *lock = held->rows[i].lock;
        rows[i] = (struct held_row){.address = lock->address,
                                    .id = held->rows[i].id,
                                    .stack = held->rows[i].stack,
                                    .kind = lock->kind,
                                    .mode = held->rows[i].mode,
                                    .init_stack = lock->init_stack};
    }
    uint32_t number = lockset_count;
    if (!chunk_make((void **)tables->lockset_chunk, number, sizeof(struct lockset)))
        return 0;
    *lockset_at(number) = (struct lockset){
        .hash = hash, .count = held->count, .rows = rows, .next = tables->lockset_bucket[bucket]};
    lockset_count++;
    __atomic_store_n(&tables->lockset_bucket[bucket], number, __ATOMIC_RELEASE);
    return number;
}

static inline uint64_t held_hash(struct held_set *set)
{
    if (set->hash)
        return set->hash;
    uint64_t hash = set->count;
    for (uint32_t i = 0; i < set->count; i++)
        hash = mix(hash, (uint64_t)set->rows[i].id << 32 | set->rows[i].stack) + set->rows[i].mode;
    return set->hash = hash ? hash : 1;
}

uint32_t held_lockset(struct thread *self)
{
    struct held_set *set = &self->held;
    if (likely(set->lockset != HELD_UNNAMED))
        return set->lockset;
    if (!tables_make())
        return 0;
    uint64_t hash = held_hash(set);
    uint32_t bucket = (uint32_t)(hash >> 32) % BUCKETS;
    uint32_t number = lockset_find(bucket, hash, set);
    if (!number) {
        lock_take(LOCK_LOCKSETS);
        number = lockset_find(bucket, hash, set);
        if (!number)
            number = lockset_add(bucket, hash, set);
        lock_give(LOCK_LOCKSETS);
    }
    set->lockset = number;
    return number;
}

const struct held_row *lockset_rows(uint32_t lockset, uint32_t *ret_count)
{
    *ret_count = lockset ? lockset_at(lockset)->count : 0;
    return lockset ? lockset_at(lockset)->rows : NULL;
}

static uint32_t context_find(uint32_t bucket, uint32_t stack, uint32_t lockset)
{
    uint32_t number = __atomic_load_n(&tables->context_bucket[bucket], __ATOMIC_ACQUIRE);
    while (number && (context_at(number)->stack != stack || context_at(number)->lockset != lockset))
        number = context_at(number)->next;
    return number;
}

/* A thread's contexts by a hash of 64 bits, which is taken for them. The tables above are larger
   than a cache, and a lock for each item of a program makes a lockset of each: there a context
   costs five lines of memory, here one. */
#define MEMO_LEAST 64u
#define MEMO_MOST  16384u
static uint32_t worlds; /* counts forks: what is remembered is of one */
struct context_memo {
    uint32_t size; /* a power of two */
    uint32_t missed, world;
    struct {
        uint64_t key;
        context_t context;
    } at[];
};

static size_t memo_size(uint32_t size)
{
    return sizeof(struct context_memo) + size * sizeof((struct context_memo *)NULL)->at[0];
}

/* Larger once it has missed as often as it has places; what it had is met again. NULL: none. */
static struct context_memo *memo_grown(struct held_set *set)
{
    struct context_memo *old = set->context;
    if (old && old->world == worlds && (++old->missed < old->size || old->size == MEMO_MOST))
        return old;
    uint32_t size = !old ? MEMO_LEAST : old->world == worlds ? old->size * 4 : old->size;
    size_t bytes = memo_size(size);
    /* What a parent's had may lie anywhere of its memory: it is left alone. */
    struct context_memo *made = size > MEMO_LEAST ? pages_map(bytes) : arena_alloc(bytes);
    if (!made)
        return NULL;
    made->size = size;
    made->world = worlds;
    set->context = made;
    if (old && old->world == worlds && old->size > MEMO_LEAST)
        pages_unmap(old, memo_size(old->size));
    return made;
}

static __attribute__((noinline)) context_t context_find_or_make(struct thread *self, uint32_t stack,
                                                                uint64_t key)
{
    uint32_t lockset = held_lockset(self);
    if (unlikely(!lockset))
        return stack < CONTEXT_WITH_LOCKS ? stack : 0;
    uint32_t bucket = (uint32_t)(mix(stack, lockset) >> 32) % BUCKETS;
    uint32_t number = context_find(bucket, stack, lockset);
    if (!number) {
        lock_take(LOCK_LOCKSETS);
        number = context_find(bucket, stack, lockset);
        if (!number &&
            chunk_make((void **)tables->context_chunk, context_count, sizeof(struct context))) {
            number = context_count++;
            *context_at(number) = (struct context){
                .stack = stack, .lockset = lockset, .next = tables->context_bucket[bucket]};
            __atomic_store_n(&tables->context_bucket[bucket], number, __ATOMIC_RELEASE);
        }
        lock_give(LOCK_LOCKSETS);
    }
    context_t context = number ? number | CONTEXT_WITH_LOCKS : stack;
    struct context_memo *memo = number ? memo_grown(&self->held) : NULL;
    if (memo) {
        memo->at[key >> 40 & (memo->size - 1)].key = key;
        memo->at[key >> 40 & (memo->size - 1)].context = context;
    }
    return context;
}

context_t context_of(struct thread *self, uint32_t stack)
{
    struct held_set *set = &self->held;
    if (likely(!set->count))
        return stack < CONTEXT_WITH_LOCKS ? stack : 0;
    uint64_t key = mix(held_hash(set), stack);
    const struct context_memo *memo = set->context;
    if (likely(memo && memo->at[key >> 40 & (memo->size - 1)].key == key && memo->world == worlds))
        return memo->at[key >> 40 & (memo->size - 1)].context;
    return context_find_or_make(self, stack, key);
}

uint32_t context_stack(context_t context)
{
    return context & CONTEXT_WITH_LOCKS ? context_at(context & ~CONTEXT_WITH_LOCKS)->stack
                                        : context;
}

uint32_t context_lockset(context_t context)
{
    return context & CONTEXT_WITH_LOCKS ? context_at(context & ~CONTEXT_WITH_LOCKS)->lockset : 0;
}

void held_inherit(struct thread *made, const struct thread *forked)
{
    struct context_memo *own = made->held.context;
    made->held = forked->held;
    made->held.context = own;
    made->held.lockset = made->held.count ? HELD_UNNAMED : 0;
    made->held.hash = 0;
    for (uint32_t i = 0; i < made->held.count; i++) {
        struct held *row = &made->held.rows[i];
        if (held_is_so(forked, row) && row->mode == HELD_WRITE)
            row->lock->owner = made->number;
        row->stack = 0;
        row->inherited = true;
    }
}

/* The child's recording has stacks of its own: sets and contexts of the parent name none of them.
 */
void held_after_fork(void)
{
    tables = NULL;
    lockset_count = context_count = 1;
    worlds++;
}
