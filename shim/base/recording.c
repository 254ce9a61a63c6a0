#include "base/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/lock.h"
#include "base/memory.h"
#include "base/say.h"
#include "base/syscall.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

struct recording_header *recording;
unsigned char *section_start[SECTION_TYPE_END];

/* Shares of the size limit, in 1/64, and least bytes. The file is sparse: a share costs nothing
   until it is used. */
static const struct plan {
    uint16_t type, row_size, share;
    uint32_t least, full_bit;
} plans[] = {
    {SECTION_STRINGS, 1, 1, 1u << 20, 0},
    {SECTION_MODULES, sizeof(struct module_row), 1, 1u << 18, 0},
    {SECTION_THREADS, sizeof(struct thread_row), 2, 1u << 20, UNOBSERVED_THREADS_FULL},
    {SECTION_STACKS, 8, 12, 1u << 21, UNOBSERVED_STACKS_FULL},
    {SECTION_BLOCKS, sizeof(struct block_row), 36, 1u << 22, UNOBSERVED_MEMORY_FULL},
    {SECTION_FDS, sizeof(struct handle_row), 2, 1u << 20, UNOBSERVED_HANDLES_FULL},
    {SECTION_HANDLES, sizeof(struct handle_row), 2, 1u << 20, UNOBSERVED_HANDLES_FULL},
    {SECTION_FINDINGS, sizeof(struct finding_row), 1, 1u << 20, UNOBSERVED_FINDINGS_FULL},
    {SECTION_EVIDENCE, sizeof(struct evidence_row), 3, 1u << 20, UNOBSERVED_FINDINGS_FULL},
    {SECTION_EVENTS, sizeof(struct event_ring), 2, 1u << 20, 0},
    {SECTION_WATCHED, sizeof(struct watched_row), 0, 1u << 18, 0},
};
#define PLAN_COUNT (sizeof plans / sizeof plans[0])

/* Strings already kept, by hash; a lost race or a collision only costs a second copy. */
#define STRING_SLOTS 1024u
static uint32_t string_slots[STRING_SLOTS];

/* The recording's file system was full: nothing more is populated. Under LOCK_SECTIONS. */
static bool file_is_full;

/* Bytes of each section that are populated; written under LOCK_SECTIONS, read without. */
static uint64_t populated[SECTION_TYPE_END];

static struct section *section_of(enum section_type type)
{
    return &recording->sections[type - 1];
}

static uint64_t plan_sections(struct section *sections, uint64_t limit)
{
    uint64_t offset = RECORDING_HEADER_SIZE;
    for (unsigned i = 0; i < PLAN_COUNT; i++) {
        uint64_t capacity = limit / 64 * plans[i].share;
        if (capacity < plans[i].least)
            capacity = plans[i].least;
        capacity &= ~4095ull;
        sections[plans[i].type - 1] = (struct section){.type = plans[i].type,
                                                       .version = 1,
                                                       .row_size = plans[i].row_size,
                                                       .offset = offset,
                                                       .capacity = capacity};
        offset += capacity;
    }
    return offset;
}

static int map_file(const char *path, uint64_t size, unsigned char **ret_at)
{
    long fd = raw_syscall(SYS_openat, AT_FDCWD, path,
                          O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (raw_failed(fd))
        return (int)fd;
    long result = raw_syscall(SYS_ftruncate, fd, size);
    if (!raw_failed(result))
        result = raw_syscall(SYS_mmap, pages_place(size), size, PROT_READ | PROT_WRITE, MAP_SHARED,
                             fd, 0);
    raw_syscall(SYS_close, fd);
    if (raw_failed(result)) {
        raw_syscall(SYS_unlink, path);
        return (int)result;
    }
    *ret_at = (unsigned char *)result;
    raw_syscall(SYS_madvise, result, size, MADV_RANDOM);
    result = raw_syscall(SYS_madvise, *ret_at, RECORDING_HEADER_SIZE, MADV_POPULATE_WRITE);
    if (raw_failed(result)) {
        raw_syscall(SYS_munmap, *ret_at, size);
        raw_syscall(SYS_unlink, path);
        return (int)result;
    }
    return 0;
}

/* Past RLIMIT_FSIZE ftruncate is answered with SIGXFSZ, which would kill the program. */
static bool may_be_this_large(uint64_t size)
{
    struct rlimit limit;
    return raw_failed(raw_syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit)) ||
           limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= size;
}

static bool have_rooms(void);

int recording_create(const char *path, uint64_t size_limit)
{
    struct section sections[SECTION_TYPE_END] = {0};
    uint64_t size = plan_sections(sections, size_limit);
    unsigned char *at;
    if (!may_be_this_large(size))
        return -EFBIG;
    int result = map_file(path, size, &at);
    if (result < 0)
        return result;
    struct recording_header *header = (struct recording_header *)at;
    header->version = RECORDING_VERSION;
    header->byte_order = RECORDING_BYTE_ORDER;
    header->file_size = size;
    header->section_count = PLAN_COUNT;
    header->checkpoint = 1;
    mem_copy(header->sections, sections, PLAN_COUNT * sizeof sections[0]);
    for (unsigned i = 0; i < PLAN_COUNT; i++) {
        section_start[plans[i].type] = at + header->sections[plans[i].type - 1].offset;
        populated[plans[i].type] = 0;
    }
    recording = header;
    file_is_full = false;
    mem_clear(string_slots, sizeof string_slots);
    /* Offset 0 of strings is the empty string, id 0 of stacks and thread 0 mean "none": read by
       whoever has nothing better, so they must be there. */
    if (have_rooms() && section_reserve(SECTION_STRINGS, 8) && section_reserve(SECTION_STACKS, 8) &&
        section_reserve(SECTION_EVIDENCE, sizeof(struct evidence_row)))
        return 0;
    recording = NULL;
    raw_syscall(SYS_munmap, at, size);
    raw_syscall(SYS_unlink, path);
    return -ENOSPC;
}

void recording_publish(void)
{
    __atomic_store_n(&recording->state, PROCESS_RUNNING, __ATOMIC_RELAXED);
    uint64_t magic;
    mem_copy(&magic, RECORDING_MAGIC, sizeof magic);
    /* Publishes the header. Pairs with the reader's check of the magic. */
    __atomic_store_n((uint64_t *)recording->magic, magic, __ATOMIC_RELEASE);
}

struct recording_view recording_leave(void)
{
    struct recording_view view = {.header = recording};
    mem_copy(view.section_start, section_start, sizeof section_start);
    recording = NULL;
    return view;
}

void recording_unmap(const struct recording_view *view)
{
    raw_syscall(SYS_munmap, view->header, view->header->file_size);
}

/* The file system is full, perhaps for a while: not one more page of the file is touched, for that
   would be SIGBUS. What was not populated by now is private memory that reads as zero. Under
   LOCK_SECTIONS. */
static void leave_file(void)
{
    file_is_full = true;
    for (unsigned i = 0; i < PLAN_COUNT; i++) {
        uint64_t from = populated[plans[i].type], to = section_of(plans[i].type)->capacity;
        if (from < to)
            raw_syscall(SYS_mmap, section_start[plans[i].type] + from, to - from,
                        PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    }
}

/* Makes the first `need` bytes of a section safe to touch. */
static __attribute__((noinline)) bool section_populate(enum section_type type, uint64_t need)
{
    struct section *section = section_of(type);
    bool done = true;
    lock_take(LOCK_SECTIONS);
    uint64_t from = populated[type];
    if (from < need && file_is_full) {
        done = false;
    } else if (from < need) {
        /* Doubling steps: few system calls, and at most twice what is used. */
        uint64_t step = from < (64u << 10) ? 4u << 10 : from > (4u << 20) ? 4u << 20 : from;
        uint64_t to = (need + step - 1) / step * step;
        if (to > section->capacity)
            to = section->capacity;
        long result =
            raw_syscall(SYS_madvise, section_start[type] + from, to - from, MADV_POPULATE_WRITE);
        if (result == -22 /* EINVAL: before Linux 5.14; touching is all there is */)
            result = 0;
        done = !raw_failed(result);
        if (!done)
            leave_file();
        else
            /* Publishes that the pages are there. Pairs with the acquire in section_ready(). */
            __atomic_store_n(&populated[type], to, __ATOMIC_RELEASE);
    }
    lock_give(LOCK_SECTIONS);
    if (!done)
        say_unobserved(UNOBSERVED_DISK_FULL,
                       "the file system of the recording is full: what comes now is not kept");
    return done;
}

static inline bool section_ready(enum section_type type, uint64_t need)
{
    return likely(__atomic_load_n(&populated[type], __ATOMIC_ACQUIRE) >= need) ||
           section_populate(type, need);
}

/* Had from the start, so that a file system that fills up later leaves room for what is found then:
   blocks are many, findings few. */
static const struct {
    enum section_type type;
    uint32_t bytes;
} rooms[] = {
    {SECTION_FINDINGS, 4u << 10}, {SECTION_EVIDENCE, 8u << 10}, {SECTION_STRINGS, 8u << 10},
    {SECTION_STACKS, 8u << 10},   {SECTION_FDS, 4u << 10},      {SECTION_HANDLES, 4u << 10},
};

static bool have_rooms(void)
{
    for (unsigned i = 0; i < sizeof rooms / sizeof rooms[0]; i++)
        if (!section_ready(rooms[i].type, rooms[i].bytes))
            return false;
    return true;
}

static __attribute__((noinline)) void *section_full(enum section_type type)
{
    __atomic_fetch_add(&section_of(type)->lost, 1, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < PLAN_COUNT; i++)
        if (plans[i].type == type && plans[i].full_bit)
            say_unobserved(plans[i].full_bit, NULL);
    return NULL;
}

void *section_reserve(enum section_type type, size_t bytes)
{
    if (!recording)
        return NULL;
    struct section *section = section_of(type);
    if (section->row_size == 1 || section->row_size == 8)
        bytes = (bytes + 7) & ~(size_t)7;
    uint64_t at = __atomic_load_n(&section->used, __ATOMIC_RELAXED);
    do {
        if (at + bytes > section->capacity)
            return section_full(type);
    } while (!__atomic_compare_exchange_n(&section->used, &at, at + bytes, true, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    if (!section_ready(type, at + bytes))
        return section_full(type);
    return section_start[type] + at;
}

void *section_row(enum section_type type, uint64_t index)
{
    if (!recording)
        return NULL;
    struct section *section = section_of(type);
    uint64_t end = (index + 1) * section->row_size;
    if (end > section->capacity || !section_ready(type, end))
        return section_full(type);
    uint64_t used = __atomic_load_n(&section->used, __ATOMIC_RELAXED);
    while (used < end && !__atomic_compare_exchange_n(&section->used, &used, end, true,
                                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
    return section_start[type] + end - section->row_size;
}

uint32_t string_keep_bytes(const char *text, size_t length)
{
    if (!recording || !text || length == 0)
        return 0;
    if (length > 4095)
        length = 4095;
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    uint32_t *slot = &string_slots[(hash ^ hash >> 16) % STRING_SLOTS];
    uint32_t known = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
    const char *start = (const char *)section_start[SECTION_STRINGS];
    if (known && mem_equal(start + known, text, length) && start[known + length] == '\0')
        return known;
    char *copy = section_reserve(SECTION_STRINGS, length + 1);
    if (!copy)
        return 0;
    mem_copy(copy, text, length);
    uint32_t offset = (uint32_t)(copy - start);
    __atomic_store_n(slot, offset, __ATOMIC_RELEASE);
    return offset;
}

uint32_t string_keep(const char *text)
{
    return text ? string_keep_bytes(text, text_length(text)) : 0;
}
