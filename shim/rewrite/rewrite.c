#include "rewrite/rewrite.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/lock.h"
#include "base/memory.h"
#include "base/recording.h"
#include "base/say.h"
#include "base/syscall.h"
#include "base/text.h"
#include "detect/race.h"
#include "rewrite/cache.h"
#include "rewrite/check.h"
#include "rewrite/commit.h"
#include "rewrite/filter.h"
#include "rewrite/image.h"
#include "rewrite/loader.h"
#include "rewrite/net.h"
#include "rewrite/rewriter.h"
#include "rewrite/room.h"
#include "rewrite/target.h"
#include "state/allocator.h"
#include "state/clock.h"
#include "state/maps.h"
#include "state/moved.h"
#include "state/options.h"
#include "state/process.h"
#include "state/signals.h"

/* Filter cells lie at fixed distances below what they are for; below this address nothing would lie
   there. */
#define LOW_ADDRESSES (1ull << 40)

/* Of finding places and images: those that are held for large modules leave no place for others
   until it is known how large the code is; somebody may remove an image. */
#define ROUNDS 6u
/* Times that an image was not made after which it is not asked for again. */
#define FAILURES 2u

/* A module of the process, in a table of all that were ever looked at and are still there. Under
   LOCK_REWRITE. */
struct rewritten {
    struct target target; /* code_count 0: free */
    const char *file;     /* to be opened */
    struct image_file image;
    struct room room; /* held for its code */
    uint64_t need;    /* bytes of its code; 0: not known */
    uint32_t first;   /* variants below it have failed */
    uint32_t failures;
    struct watched_row *row;    /* NULL: none */
    struct moved_module *entry; /* NULL: not patched */
    enum watched state;         /* 0: not decided */
    bool seen;
};
/* No window of a filter's (rewrite/filter.c), nor where the system begins to map. */
#define FAR 0x700000000000ul

static struct rewritten *table;
static uint32_t table_used;

static enum rewrite_form form;
static long seccomp_at_birth;
static uint64_t identity; /* of the rewriter */
static bool begun, checks_run;
static bool prepared; /* modules have been looked at */
static bool has_proc;
static char program_path[1024], program_file[40];

static uint64_t hash_text(const char *text)
{
    return rewrite_hash(0, text, text_length(text));
}

/* ---- rows of the recording */

static void sum_reasons(const struct image_file *image, struct watched_row *row)
{
    const struct rewrite_left_out *left = image_part(image, PART_LEFT_OUT);
    for (uint32_t i = 0; i < image_count(image, PART_LEFT_OUT); i++)
        row->reasons[left[i].why < 16 ? left[i].why : 0] += left[i].accesses;
}

static void note(struct rewritten *module)
{
    struct watched_row *row = section_reserve(SECTION_WATCHED, sizeof *row);
    const struct rewrite_header *header = module->image.header;
    module->row = row;
    if (!row)
        return;
    row->module = string_keep(module->target.name[0] ? module->target.name : program_path);
    if (module->state == WATCHED_YES) {
        row->accesses = header->accesses;
        row->watched = header->form == FORM_MOVE_ONLY ? 0 : header->watched;
        row->harmless = header->harmless;
        row->left_out = header->left_out;
        row->text_bytes = header->text_bytes;
        row->covered_bytes = header->covered_bytes;
        row->form = header->form;
        sum_reasons(&module->image, row);
    }
    /* Publishes the row. Pairs with the reader's acquire of kind. */
    __atomic_store_n(&row->kind, module->state, __ATOMIC_RELEASE);
}

static void on_net(void *owner)
{
    struct rewritten *module = owner;
    if (module && module->row)
        __atomic_fetch_add(&module->row->traps, 1, __ATOMIC_RELAXED);
}

static void on_ending(void)
{
    for (uint32_t i = 0; i < table_used; i++)
        if (table[i].entry)
            commit_restore_text(&table[i].target, &table[i].image);
}

/* ---- which modules */

static struct rewritten *find(const struct target *target)
{
    for (uint32_t i = 0; i < table_used; i++)
        if (table[i].target.code_count && table[i].target.low == target->low &&
            table[i].target.base == target->base && table[i].target.name == target->name)
            return &table[i];
    return NULL;
}

static struct rewritten *free_entry(void)
{
    for (uint32_t i = 0; i < table_used; i++)
        if (!table[i].target.code_count)
            return &table[i];
    return table_used < MOVED_MODULES_MAX ? &table[table_used++] : NULL;
}

static enum watched choose(const struct target *target)
{
    const char *name = target->name[0] ? target->name : program_path;
    const char *watch = options.text[OPTION_WATCH], *skip = options.text[OPTION_SKIP];
    if (*watch && !target_fits(name, watch, false))
        return WATCHED_SKIPPED;
    if (*skip && target_fits(name, skip, true))
        return WATCHED_SKIPPED;
    /* It keeps lists in blocks that were given back, and orders threads by what it alone knows. */
    if (allocator.start >= target->low && allocator.start < target->high)
        return WATCHED_ALLOCATOR;
    return target->changes_text ? WATCHED_DIFFERS : 0;
}

static bool meet(const struct target *target, void *unused)
{
    struct rewritten *module = find(target);
    uintptr_t own = (uintptr_t)&meet;
    if (module) {
        module->seen = true;
        return true;
    }
    if (target_is_system(target) || (own >= target->low && own < target->high) ||
        !(module = free_entry()))
        return true;
    *module = (struct rewritten){.target = *target, .seen = true, .image.fd = -1};
    module->file = target->name[0] ? target->name : has_proc ? program_file : program_path;
    module->state = choose(target);
    return true;
}

/* Lets go of modules that are no longer there. */
static void forget_gone(void)
{
    for (uint32_t i = 0; i < table_used; i++) {
        struct rewritten *module = &table[i];
        if (!module->target.code_count || module->seen)
            continue;
        if (module->entry) {
            struct moved_module entry = *module->entry;
            moved_remove(module->entry);
            commit_undo(&entry);
        }
        room_give(&module->room);
        if (module->row)
            __atomic_store_n(&module->row->unloaded, 1, __ATOMIC_RELAXED);
        image_close(&module->image);
        *module = (struct rewritten){.image.fd = -1};
    }
}

static void look_at_modules(void)
{
    for (uint32_t i = 0; i < table_used; i++)
        table[i].seen = false;
    targets_each(meet, NULL);
    forget_gone();
}

static bool is_wanted(const struct rewritten *module)
{
    return module->target.code_count && !module->state;
}

static bool is_missing(const struct rewritten *module)
{
    return is_wanted(module) && !module->image.header;
}

static bool any_missing(void)
{
    for (uint32_t i = 0; i < table_used; i++)
        if (is_missing(&table[i]))
            return true;
    return false;
}

/* Decides for all that are not decided. */
static void decide_all(enum watched state)
{
    for (uint32_t i = 0; i < table_used; i++)
        if (is_wanted(&table[i]))
            table[i].state = state;
}

/* ---- images */

/* Patterns that choose functions decide over the image; those of whole modules do not. */
static uint64_t options_hash(void)
{
    const char *watch = options.text[OPTION_WATCH], *skip = options.text[OPTION_SKIP];
    bool functions = text_find(watch, '!') || text_find(skip, '!');
    return functions ? hash_text(watch) * 31 + hash_text(skip) + 1 : 0;
}

static void name_image(const struct rewritten *module, uint32_t variant, char *name)
{
    struct cache_key key = {
        .build_id = module->target.build_id,
        .build_id_size = module->target.build_id_size,
        .options = options_hash(),
        .rewriter = identity,
        .form = form,
        .variant = variant,
    };
    struct stat status;
    if (!key.build_id_size &&
        !raw_failed(raw_syscall(SYS_newfstatat, AT_FDCWD, module->file, &status, 0))) {
        key.path_hash = hash_text(module->target.name[0] ? module->target.name : program_path);
        key.file_size = (uint64_t)status.st_size;
        key.file_mtime =
            (uint64_t)status.st_mtim.tv_sec * 1000000000u + (uint64_t)status.st_mtim.tv_nsec;
    }
    cache_name(&key, name);
}

/* Of the variant that room is held for. later: it is checked when it is wanted, which may be never;
   till then no descriptor is kept. */
static bool open_image(struct rewritten *module, int folder, bool later)
{
    char name[CACHE_NAME_MAX];
    uint32_t variant = module->room.variant;
    name_image(module, variant, name);
    if (later ? !image_map(&module->image, folder, name)
              : !image_open(&module->image, folder, name))
        return false;
    if (later)
        image_close_file(&module->image);
    else if (module->image.header->form != form || module->image.header->variant != variant) {
        image_close(&module->image);
        return false;
    }
    room_fit(&module->room, image_count(&module->image, PART_CODE));
    return true;
}

static uint64_t need_of(const struct rewritten *module)
{
    return module->need ? module->need : rewrite_room(room_text(&module->target));
}

/* An image that was made for another layout of the process may fit this one too. */
static bool find_made(struct rewritten *module, int folder, bool later)
{
    char name[CACHE_NAME_MAX];
    for (uint32_t variant = module->first; variant < REWRITE_FIRST; variant++) {
        name_image(module, variant, name);
        if (raw_failed(raw_syscall(SYS_faccessat, folder, name, R_OK)) ||
            !room_try(&module->room, &module->target, need_of(module), variant))
            continue;
        if (open_image(module, folder, later))
            return true;
        room_give(&module->room);
    }
    return false;
}

/* Lists in *rewriter, which is made when it is needed, what it shall make. */
static void ask_for(struct rewritten *module, struct rewriter **rewriter)
{
    char name[CACHE_NAME_MAX];
    uint32_t variant = module->room.variant;
    if (!*rewriter)
        *rewriter = rewriter_prepare(form);
    name_image(module, variant, name);
    if (*rewriter)
        rewriter_add(*rewriter, module->file, room_text(&module->target), variant, name);
}

/* Has images made; those that are not there afterwards have failed. */
static void make_images(struct rewriter *rewriter, int folder, bool later)
{
    bool shut_in = raw_syscall(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0) != seccomp_at_birth;
    int status = shut_in ? -1 : rewriter_run(rewriter);
    enum watched why = shut_in                       ? WATCHED_SHUT_IN
                       : status < 0                  ? WATCHED_NO_REWRITER
                       : status == REWRITER_NOT_KEPT ? WATCHED_NOT_KEPT
                                                     : WATCHED_NO_IMAGE;
    for (uint32_t i = 0; i < table_used; i++) {
        struct rewritten *module = &table[i];
        if (!is_missing(module) || !module->room.start || open_image(module, folder, later))
            continue;
        /* The code may not fit there. When all were written, somebody has removed this one. */
        if (status)
            module->first = module->room.variant + 1;
        if (++module->failures == FAILURES || why != WATCHED_NO_IMAGE)
            module->state = why;
    }
}

/* A round: places and images for all that have none, large modules first because they need much
   room in one piece. False: there is no place for any. */
static bool get_images(int folder, bool later)
{
    struct rewriter *rewriter = NULL;
    bool any = false;
    for (unsigned bits = 64; bits--;)
        for (uint32_t i = 0; i < table_used; i++) {
            struct rewritten *module = &table[i];
            if (!is_missing(module) || module->room.start ||
                room_text(&module->target) >> bits != 1)
                continue;
            if (find_made(module, folder, later)) {
                any = true;
            } else if (room_find(&module->room, &module->target, need_of(module), module->first)) {
                any = true;
                ask_for(module, &rewriter);
            }
        }
    if (rewriter)
        make_images(rewriter, folder, later);
    return any;
}

/* ---- patching */

static void commit_one(struct rewritten *module)
{
    struct moved_module entry;
    room_give(&module->room);
    if (!module->image.header->covered_bytes) { /* data, or nothing that could be decoded */
        module->state = WATCHED_NO_IMAGE;
        image_close(&module->image);
        return;
    }
    enum watched result = commit(&module->target, &module->image, check_thunks, &entry);
    image_close_file(&module->image);
    if (result == WATCHED_NO_ROOM) {
        /* Larger than what was held; another variant's will be as large. */
        module->need = image_count(&module->image, PART_CODE);
        image_close(&module->image);
        return;
    }
    module->state = result;
    if (result != WATCHED_YES) {
        image_close(&module->image);
        return;
    }
    entry.owner = module;
    module->entry = moved_add(&entry);
}

static void commit_opened(void)
{
    for (uint32_t i = 0; i < table_used; i++) {
        if (is_wanted(&table[i]) && table[i].image.header)
            commit_one(&table[i]);
        room_give(&table[i].room);
    }
}

/* From what is wanted to what is decided. */
static void rewrite_wanted(void)
{
    if (!any_missing())
        return;
    int folder = cache_open();
    if (folder < 0) {
        decide_all(WATCHED_NO_CACHE);
        return;
    }
    for (unsigned round = 0; round < ROUNDS && any_missing() && get_images(folder, false); round++)
        commit_opened();
    decide_all(WATCHED_NO_ROOM);
    raw_syscall(SYS_close, folder);
}

/* What was opened when there were still rights to. What is damaged is one that is missing. */
static void commit_prepared(void)
{
    for (uint32_t i = 0; i < table_used; i++)
        if (table[i].target.code_count && table[i].image.header && image_check(&table[i].image) &&
            table[i].image.header->form != form)
            image_close(&table[i].image);
    commit_opened();
}

static void note_decided(void)
{
    for (uint32_t i = 0; i < table_used; i++)
        if (table[i].target.code_count && !table[i].row)
            note(&table[i]);
}

/* ---- when */

static void visit_low(const struct mapping *mapping, void *with)
{
    if (mapping->start < LOW_ADDRESSES && mapping->kind != MAPPING_SPECIAL)
        *(bool *)with = true;
}

static bool has_low_memory(void)
{
    char *buffer = pages_map(MAPS_BUFFER);
    bool low = false;
    if (!buffer || maps_each(buffer, visit_low, &low) < 0)
        low = true; /* flip serves all */
    if (buffer)
        pages_unmap(buffer, MAPS_BUFFER);
    return low;
}

/* A debugger cannot write back registers of a thread whose gs base is negative (ptrace refuses). */
static bool is_traced(void)
{
    char status[2048];
    int fd = proc_open("/proc/self/status");
    long size = fd < 0 ? 0 : raw_syscall(SYS_read, fd, status, sizeof status - 1);
    if (fd >= 0)
        raw_syscall(SYS_close, fd);
    status[size > 0 ? size : 0] = '\0';
    const char *tracer = text_find_text(status, "TracerPid:\t");
    return tracer && tracer[11] != '0';
}

#define HAS_FSGSBASE 2u /* in AT_HWCAP2: arch/x86/include/uapi/asm/hwcap2.h */

static enum rewrite_form choose_form(void)
{
    const char *wanted = options.text[OPTION_REWRITE_FORM];
    if (text_equal(wanted, "move"))
        return FORM_MOVE_ONLY;
    if (text_equal(wanted, "gs"))
        return FORM_GS;
    if (text_equal(wanted, "flip"))
        return FORM_FLIP;
    return getauxval(AT_HWCAP2) & HAS_FSGSBASE && !has_low_memory() && !is_traced() ? FORM_GS
                                                                                    : FORM_FLIP;
}

static void read_program(void)
{
    long size = raw_syscall(SYS_readlink, "/proc/self/exe", program_path, sizeof program_path - 1);
    program_path[size > 0 ? size : 0] = '\0';
    has_proc = size > 0;
    if (!has_proc) { /* no /proc: what it was started by; an image of another file does not fit */
        struct text name = text_in(program_path, sizeof program_path);
        text_add(&name, (const char *)getauxval(AT_EXECFN));
    }
    /* Also when the file has been replaced or removed since. */
    struct text text = text_in(program_file, sizeof program_file);
    text_add(&text, "/proc/");
    text_add_number(&text, (uint64_t)raw_syscall(SYS_getpid));
    text_add(&text, "/exe");
}

/* A thread that we were not told of may be running anywhere. The kernel lets nobody who has threads
   leave them, and does nothing for who has none (unshare(2)). */
static bool is_alone(void)
{
    struct stat status;
    if (!raw_failed(raw_syscall(SYS_stat, "/proc/self/task", &status)))
        return status.st_nlink == 3;
    return !raw_failed(raw_syscall(SYS_unshare, CLONE_THREAD));
}

static void say_time(uint64_t begin)
{
    char words[80];
    uint32_t patched = 0;
    if (!options.number[OPTION_VERBOSE])
        return;
    for (uint32_t i = 0; i < table_used; i++)
        patched += table[i].entry != NULL;
    struct text text = text_in(words, sizeof words);
    text_add_number(&text, patched);
    text_add(&text, " modules rewritten, microseconds so far");
    char number[24];
    struct text time = text_in(number, sizeof number);
    text_add_number(&time, (clock_now() - begin) / 1000);
    say_with(words, number);
}

/* False: no memory. */
static bool look_first(void)
{
    if (!table)
        table = pages_map(MOVED_MODULES_MAX * sizeof *table);
    if (!table)
        return false;
    if (!prepared) {
        read_program();
        form = choose_form();
        identity = rewriter_identity();
    }
    prepared = true;
    look_at_modules();
    return true;
}

static void begin(struct thread *self)
{
    uint64_t since = clock_now();
    if (!look_first())
        return;
    if (!is_alone()) {
        decide_all(WATCHED_RUNNING);
    } else if (form != FORM_MOVE_ONLY && !check_start_up(form)) {
        decide_all(WATCHED_NO_ROOM);
    } else {
        checks_run = form != FORM_MOVE_ONLY;
        net_met = on_net;
        net_ending = on_ending;
        net_start_up(self, form, form == FORM_MOVE_ONLY ? NULL : filter_cover);
        if (checks_run)
            race_compiled();
        commit_prepared();
        rewrite_wanted();
        loader_hook();
    }
    note_decided();
    say_time(since);
}

/* The first other thread is about to be created. */
static void threads_begin(struct thread *self)
{
    uint64_t mask;
    signals_block(&mask);
    lock_take(LOCK_REWRITE);
    if (!begun) {
        begun = true;
        begin(self);
    }
    lock_give(LOCK_REWRITE);
    if (checks_run && self)
        check_thread_begin(self);
    signals_restore(mask);
}

/* The program is about to give up rights (its user, its root folder): what is needed of the cache,
   should it make threads later, is opened now, and what is missing is made. The images stay as
   mappings, so nobody's files need be trusted but those of the user that it has now. */
static void prepare(void)
{
    uint64_t mask;
    signals_block(&mask);
    lock_take(LOCK_REWRITE);
    int folder = begun || !look_first() ? -1 : cache_open();
    for (unsigned round = 0;
         folder >= 0 && round < ROUNDS && any_missing() && get_images(folder, true); round++)
        for (uint32_t i = 0; i < table_used; i++)
            if (!table[i].image.header)
                room_give(&table[i].room);
    if (folder >= 0)
        raw_syscall(SYS_close, folder);
    lock_give(LOCK_REWRITE);
    signals_restore(mask);
}

/* The loader has mapped modules, or unmapped some. */
void loader_changed(void)
{
    uint64_t mask;
    if (!process_is_ours() || !begun)
        return;
    signals_block(&mask);
    lock_take(LOCK_REWRITE);
    look_at_modules();
    rewrite_wanted();
    note_decided();
    lock_give(LOCK_REWRITE);
    signals_restore(mask);
}

void rewrite_start_up(const char *cache_home, const char *home)
{
    if (!text_equal(options.text[OPTION_RACES], "full"))
        return;
    seccomp_at_birth = raw_syscall(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0);
    cache_start_up(cache_home, home);
    pages_far = FAR;
    race_rewrite = threads_begin;
    race_rewrite_prepare = prepare;
}

void rewrite_after_fork(void)
{
    if (checks_run)
        check_after_fork();
    for (uint32_t i = 0; begun && i < table_used; i++)
        if (table[i].target.code_count)
            note(&table[i]);
}

/* Code that was made at run time: nobody watches it. */
static void visit_generated(const struct mapping *mapping, void *with)
{
    if (mapping->writable && mapping->executable && mapping->kind != MAPPING_FILE)
        *(uint64_t *)with += mapping->end - mapping->start;
}

void rewrite_last_look(void)
{
    uint64_t bytes = 0;
    char *buffer = begun && table ? pages_map(MAPS_BUFFER) : NULL;
    if (!buffer)
        return;
    maps_each(buffer, visit_generated, &bytes);
    pages_unmap(buffer, MAPS_BUFFER);
    struct watched_row *row = bytes ? section_reserve(SECTION_WATCHED, sizeof *row) : NULL;
    if (!row)
        return;
    row->bytes = bytes;
    __atomic_store_n(&row->kind, WATCHED_GENERATED, __ATOMIC_RELEASE);
}
