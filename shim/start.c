/*
 * Birth. Our constructor runs before every other library's (-z initfirst), so what they allocate
 * and open is seen; calls that come even earlier pass through.
 */
#include "start.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/resource.h>

#include "base/lock.h"
#include "base/recording.h"
#include "base/say.h"
#include "base/syscall.h"
#include "base/text.h"
#include "compiled/start.h"
#include "detect/deadlock.h"
#include "detect/handle_exhausted.h"
#include "detect/handle_sweep.h"
#include "detect/lock_contention.h"
#include "detect/lock_held.h"
#include "detect/lock_order.h"
#include "detect/memory_growth.h"
#include "detect/race.h"
#include "detect/unflushed_stream.h"
#include "interpose/cxx_memory.h"
#include "interpose/real.h"
#include "interpose/thread.h"
#include "report/finding.h"
#include "report/folder.h"
#include "report/log.h"
#include "rewrite/rewrite.h"
#include "state/block.h"
#include "state/clock.h"
#include "state/constant.h"
#include "state/creation.h"
#include "state/environment.h"
#include "state/handle.h"
#include "state/module.h"
#include "state/options.h"
#include "state/quarantine.h"
#include "state/region.h"
#include "state/resource.h"
#include "state/stack.h"
#include "state/usage.h"
#include "state/wait.h"

extern void *__libc_stack_end; /* ld.so: where the initial stack begins, at argc */

static char **initial_arguments;
static const char *state_home;
static char program_path[1024];
static char recording_path[1280];

static long read_file(const char *path, char *buffer, size_t room)
{
    long fd = raw_syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (raw_failed(fd))
        return fd;
    long size = raw_syscall(SYS_read, fd, buffer, room - 1);
    raw_syscall(SYS_close, fd);
    buffer[size > 0 ? size : 0] = '\0';
    return size;
}

/* Field 22 of /proc/self/stat: start time in ticks since boot. The name in field 2 may hold
   anything, so count from the last ')'. */
static uint64_t start_ticks(void)
{
    char stat[1024];
    if (read_file("/proc/self/stat", stat, sizeof stat) <= 0)
        return 0;
    char *at = stat, *close = stat;
    for (; *at; at++)
        if (*at == ')')
            close = at;
    uint64_t value = 0;
    int field = 2;
    for (at = close; *at && field < 22; at++)
        field += *at == ' ';
    while (*at >= '0' && *at <= '9')
        value = value * 10 + (uint64_t)(*at++ - '0');
    return value;
}

/* The same for a fork's child. */
static uint64_t boot_hash(void)
{
    static uint64_t hash;
    char id[64];
    if (hash)
        return hash;
    long size = read_file("/proc/sys/kernel/random/boot_id", id, sizeof id);
    uint64_t sum = 14695981039346656037ull;
    for (long i = 0; i < size; i++)
        sum = (sum ^ (unsigned char)id[i]) * 1099511628211ull;
    hash = size > 0 ? sum : 0;
    return hash;
}

static uint32_t keep_command_line(void)
{
    char line[4000];
    struct text text = text_in(line, sizeof line);
    for (char **at = initial_arguments; at && *at; at++) {
        if (at != initial_arguments)
            text_add_char(&text, ' ');
        text_add(&text, *at);
    }
    return string_keep(line);
}

static void fill_header(bool forked)
{
    char directory[1024];
    long size = raw_syscall(SYS_getcwd, directory, sizeof directory);
    recording->run_id = environment.run_id;
    recording->pid = (int32_t)raw_syscall(SYS_getpid);
    recording->parent_pid = (int32_t)raw_syscall(SYS_getppid);
    recording->start_time = clock_now();
    recording->start_real_time = clock_read(CLOCK_REALTIME);
    recording->start_ticks = start_ticks();
    recording->boot_hash = boot_hash();
    recording->program = string_keep(program_path);
    recording->command_line = keep_command_line();
    recording->directory = raw_failed(size) ? 0 : string_keep(directory);
    recording->shim_version = string_keep(HOLDFAST_VERSION);
    recording->run_folder = string_keep(environment.run_folder);
    recording->forked = forked;
}

/* The program brings its own malloc: it comes before us, so nothing of it reaches us, and what
   little does (libraries' operators) must not be taken for the whole. */
static bool has_own_allocator(void)
{
    void *first = dlsym(RTLD_DEFAULT, "malloc");
    Dl_info theirs, ours;
    const ElfW(Sym) *symbol = NULL;
    /* By object, not by address: what we call malloc here is the program's, too, then. An undefined
       symbol is only the place in the executable that stands for ours. */
    return first && dladdr1(first, &theirs, (void **)&symbol, RTLD_DL_SYMENT) && symbol &&
           symbol->st_shndx != SHN_UNDEF && dladdr((void *)has_own_allocator, &ours) &&
           theirs.dli_fbase != ours.dli_fbase;
}

/* The allocator behind us is not glibc's (another preload, or linked as a library). */
static bool allocator_is_foreign(void)
{
    Dl_info info;
    return dladdr((void *)real.malloc, &info) && !text_starts(text_base(info.dli_fname), "libc.so");
}

static void main_thread(void)
{
    struct thread *self = thread_create(NULL, 0, THREAD_MAIN);
    struct rlimit limit = {.rlim_cur = RLIM_INFINITY};
    if (!self)
        return;
    raw_syscall(SYS_prlimit64, 0, RLIMIT_STACK, NULL, &limit);
    uint64_t size = limit.rlim_cur > (1ull << 30) ? 1ull << 30 : limit.rlim_cur;
    self->stack_high = ((uintptr_t)__libc_stack_end + 4095) & ~4095ul;
    /* The limit counts from where the strings of the environment end; the program's path is the
     * last. */
    uintptr_t path = getauxval(AT_EXECFN), top = (path + 4095) & ~4095ul;
    self->stack_low = (path > self->stack_high ? top : self->stack_high) - size;
    self->row->stack_low = self->stack_low;
    self->row->stack_high = self->stack_high;
    thread_begin(self);
}

bool start_recording(bool forked)
{
    int result = folder_create_recording(text_base(program_path), state_home, recording_path,
                                         sizeof recording_path);
    if (result < 0) {
        say("cannot create a recording, so nothing is observed");
        return false;
    }
    fill_header(forked);
    recording_publish();
    return true;
}

/* A fork's child reads nothing: what its parent had open is adopted where the child first speaks of
   it, and with 10,000 descriptors the list alone took 33 ms. */
static void start_handles(bool forked)
{
    if (!options.number[OPTION_HANDLES])
        return;
    region_start_up();
    resource_start_up();
    if (!forked)
        unflushed_stream_start_up();
    handle_sweep_start_up();
    handle_exhausted_start_up();
    creation_start_up();
    if (!forked)
        handle_start_up();
}

/* Looked up once: in a fork's child another thread may have left the loader's lock taken. */
static bool start_memory(bool forked)
{
    static bool own, foreign;
    if (!options.number[OPTION_MEMORY])
        return false;
    if (!forked) {
        own = has_own_allocator();
        foreign = allocator_is_foreign();
    }
    if (own)
        say_unobserved(UNOBSERVED_MEMORY_OWN_ALLOCATOR, NULL); /* the report says so */
    if (own || !block_start_up(foreign))
        return false;
    memory_growth_start_up();
    block_unseen = forked; /* the parent's blocks are here, and have no rows */
    return true;
}

bool start_observing(bool forked)
{
    bool memory = start_memory(forked);
    if (!stack_start_up())
        return false;
    if (forked)
        thread_after_fork();
    else
        main_thread();
    start_handles(forked);
    observing.memory = memory;
    observing.handles = (uint32_t)options.number[OPTION_HANDLES];
    observing.threads = (uint32_t)options.number[OPTION_THREADS];
    observing.locks = (uint32_t)options.number[OPTION_LOCKS];
    if (forked) {
        compiled_after_fork();
        quarantine_after_fork();
        deadlock_after_fork();
        lock_order_after_fork();
        lock_contention_after_fork();
        race_after_fork();
        rewrite_after_fork();
        usage_after_fork();
    } else {
        constant_start_up();
        race_start_up();
    }
    wait_while_holding = lock_held_waited;
    wait_went_on = deadlock_went_on;
    __atomic_store_n(&observing.on, 1, __ATOMIC_RELEASE);
    return true;
}

const char *start_recording_path(void)
{
    return recording_path;
}

static const char *variable(char **envp, const char *name)
{
    size_t length = text_length(name);
    for (; *envp; envp++)
        if (text_starts(*envp, name) && (*envp)[length] == '=')
            return *envp + length + 1;
    return NULL;
}

static const char *copy_text(const char *text)
{
    size_t size = text ? text_length(text) + 1 : 0;
    char *copy = text ? arena_alloc(size) : NULL;
    if (copy)
        mem_copy(copy, text, size);
    return copy;
}

/* The loader may have been told a relative path; children may start elsewhere. */
static void find_library(void)
{
    Dl_info info;
    char directory[1024] = "";
    if (!dladdr((void *)find_library, &info))
        return;
    raw_syscall(SYS_getcwd, directory, sizeof directory);
    environment_library(info.dli_fname, directory);
}

__attribute__((constructor)) static void start(int argc, char **argv, char **envp)
{
    real_find();
    cxx_memory_find();
    initial_arguments = argv;
    state_home = copy_text(variable(envp, "XDG_STATE_HOME"));
    long size = raw_syscall(SYS_readlink, "/proc/self/exe", program_path, sizeof program_path - 1);
    if (size <= 0)
        text_in(program_path, sizeof program_path);
    module_start_up(program_path);
    const char *cache_home = variable(envp, "XDG_CACHE_HOME"), *home = variable(envp, "HOME");
    environment_take(envp);
    find_library();
    options_read(environment.options);
    rewrite_start_up(cache_home, home);
    log_start_up();
    exit_start_up();
    fork_start_up();
    threads_start_up();
    raw_syscall(SYS_madvise, &observing_page, sizeof observing_page, 18 /* MADV_WIPEONFORK */);
    if (start_recording(false) && start_observing(false))
        fatal_start_up();
}
