/*
 * A preload library that walks stacks in two ways, with the shim's own unwinder and with
 * libunwind's unw_step, and compares them frame by frame: at every Nth allocation, through the
 * thread's memo and the depot as wrappers do, and at instructions where a timer's signal hits, both
 * from the signal's context and from the handler through the signal frame.
 *
 * UNWIND_CHECK_FOLDER: where the counts ("totals", shared by all processes) and what differed
 * ("differences") go. UNWIND_CHECK_EVERY: N.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#define UNW_LOCAL_ONLY
#include <libunwind.h>

#include "base/recording.h"
#include "state/depot.h"
#include "state/eh_frame.h"
#include "state/module.h"
#include "state/stack.h"
#include "tests/unwind/totals.h"

extern void *__libc_stack_end;

/* Whatever allocator the program has. */
static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
} next;

static struct {
    int (*get_context)(unw_context_t *);
    int (*init)(unw_cursor_t *, unw_context_t *);
    int (*init_from)(unw_cursor_t *, unw_context_t *, int);
    int (*step)(unw_cursor_t *);
    int (*get_register)(unw_cursor_t *, int, unw_word_t *);
    int (*is_signal_frame)(unw_cursor_t *);
} reference;

/* The thread as the shim would know it. The checks of one thread never nest. */
static __thread struct thread self;
static __thread bool inside, known;
static bool on;
static unsigned every = 101, calls;
static const char *folder;
static struct totals *totals;
#define PRELOADED __attribute__((visibility("default")))

static char alternate_stack[256 * 1024];

struct walked {
    uint32_t count;
    bool failed; /* unw_step returned an error */
    uint64_t exact;
    uintptr_t frames[STACK_FRAMES_MAX + 1];
};

static void count(unsigned long *counter, unsigned long amount)
{
    __atomic_fetch_add(counter, amount, __ATOMIC_RELAXED);
}

/* From the cursor on, up to one frame more than the shim keeps. */
static void reference_walk(unw_cursor_t *cursor, bool exact, struct walked *walked)
{
    int stepped;
    walked->count = 0;
    walked->exact = 0;
    do {
        unw_word_t pc;
        reference.get_register(cursor, UNW_REG_IP, &pc);
        if (pc == 0)
            break;
        if (walked->count < STACK_FRAMES_MAX)
            walked->exact |= (uint64_t)exact << walked->count;
        walked->frames[walked->count++] = pc;
        stepped = reference.step(cursor);
        /* True in the frame that a signal interrupted, not in the trampoline. */
        exact = reference.is_signal_frame(cursor) > 0;
    } while (stepped > 0 && walked->count <= STACK_FRAMES_MAX);
    walked->failed = walked->count && stepped < 0;
}

/* The frame that called into this library, by what the shim starts from. */
static bool reference_from_here(const struct stack_start *start, struct walked *walked)
{
    unw_context_t context;
    unw_cursor_t cursor;
    unw_word_t pc, sp;
    reference.get_context(&context);
    reference.init(&cursor, &context);
    do {
        reference.get_register(&cursor, UNW_REG_IP, &pc);
        reference.get_register(&cursor, UNW_REG_SP, &sp);
        if (pc == start->pc && sp == start->sp) {
            reference_walk(&cursor, false, walked);
            return true;
        }
    } while (sp <= start->sp && reference.step(&cursor) > 0);
    return false;
}

/* Into a buffer first: stdio may allocate, and this also runs in signal handlers. */
__attribute__((format(printf, 2, 3))) static void say(int fd, const char *format, ...)
{
    char line[1024];
    va_list words;
    va_start(words, format);
    int length = vsnprintf(line, sizeof line, format, words);
    va_end(words);
    if (length > 0 && write(fd, line, (size_t)length < sizeof line ? (size_t)length : 1023) < 0)
        return;
}

static void describe(int fd, const char *mark, uintptr_t pc)
{
    Dl_info info;
    struct dl_find_object object;
    if (pc && _dl_find_object((void *)pc, &object) == 0 && dladdr((void *)pc, &info))
        say(fd, "    %s %#lx %s+%#lx (%s)\n", mark, pc, info.dli_fname,
            pc - object.dlfo_link_map->l_addr, info.dli_sname ? info.dli_sname : "?");
    else
        say(fd, "    %s %#lx\n", mark, pc);
}

static void tell(const char *what, uint16_t flags, const uint64_t *ours, uint32_t our_count,
                 uint64_t our_exact, const struct walked *theirs)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/differences", folder);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    say(fd, "%s: %u frames (flags %u, exact %lx), unw_step %u%s (exact %lx), in %s\n", what,
        our_count, flags, our_exact, theirs->count, theirs->failed ? " and failed" : "",
        theirs->exact, program_invocation_name);
    for (uint32_t i = 0; i < our_count || i < theirs->count; i++) {
        uintptr_t a = i < our_count ? ours[i] : 0, b = i < theirs->count ? theirs->frames[i] : 0;
        if (a != b) {
            describe(fd, "holdfast:", a);
            describe(fd, "unw_step:", b);
        } else {
            describe(fd, "both:    ", a);
        }
    }
    close(fd);
}

/* Is there a frame without unwind information below the first that differs? */
static bool guessed_before(const uint64_t *ours, uint32_t our_count, uint64_t our_exact,
                           const struct walked *theirs)
{
    struct frame_code code;
    for (uint32_t i = 0; i < our_count && i < theirs->count && ours[i] == theirs->frames[i]; i++)
        if (frame_code_find(ours[i] - !(our_exact >> i & 1), &code) == FRAME_NO_INFO)
            return true;
    return false;
}

static void compare(const char *what, uint16_t flags, const uint64_t *ours, uint32_t our_count,
                    uint64_t our_exact, const struct walked *theirs)
{
    uint32_t most = theirs->count < STACK_FRAMES_MAX ? theirs->count : STACK_FRAMES_MAX;
    bool same = our_count == most && our_exact == theirs->exact;
    for (uint32_t i = 0; same && i < most; i++)
        same = ours[i] == theirs->frames[i];
    /* Both must agree on whether there was more. */
    same = same && !(flags & STACK_TRUNCATED) == (theirs->count <= STACK_FRAMES_MAX);
    count(&totals->frames, our_count);
    count(&totals->broken, (flags & STACK_BROKEN) != 0);
    if (same)
        return;
    if (guessed_before(ours, our_count, our_exact, theirs)) {
        count(&totals->guesses, 1);
        return;
    }
    count(&totals->differences, 1);
    if (__atomic_load_n(&totals->differences, __ATOMIC_RELAXED) < 100)
        tell(what, flags, ours, our_count, our_exact, theirs);
}

static void know_thread(void)
{
    known = true;
    self.depth = STACK_FRAMES_MAX;
    if (getpid() == gettid()) {
        self.stack_high = ((uintptr_t)__libc_stack_end + 4095) & ~4095ul;
        self.stack_low = self.stack_high - (64ul << 20);
        return;
    }
    /* Every other thread goes without bounds, so that the walk has to ask for its pages. */
    pthread_attr_t attributes;
    void *low;
    size_t size;
    if (gettid() % 2 == 0 || pthread_getattr_np(pthread_self(), &attributes) != 0)
        return;
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_destroy(&attributes);
    self.stack_low = (uintptr_t)low;
    self.stack_high = (uintptr_t)low + size;
}

/* As a wrapper does: through memo and depot. */
static __attribute__((noinline)) void check_here(const char *what, const void *frame)
{
    struct stack_start start = stack_start_of(&self, frame);
    struct walked theirs;
    uint32_t stack = stack_here(&self, frame);
    uint32_t again = stack_here(&self, frame);
    const struct stack_row *row = depot_row(stack);
    if (!row || !reference_from_here(&start, &theirs)) {
        count(&totals->unchecked, 1);
        return;
    }
    count(&totals->differences, again != stack);
    compare(what, row->flags, row->frames, row->frame_count, row->exact, &theirs);
}

static void check_context(ucontext_t *context)
{
    struct stack_start start = stack_start_of_context(&self, context);
    struct stack_frames ours;
    struct walked theirs;
    unw_cursor_t cursor;
    stack_walk(&start, STACK_FRAMES_MAX, &ours);
    reference.init_from(&cursor, (unw_context_t *)context, UNW_INIT_SIGNAL_FRAME);
    reference_walk(&cursor, true, &theirs);
    compare("context", ours.flags, ours.frames, ours.count, ours.exact, &theirs);
}

static void on_timer(int number, siginfo_t *info, void *context)
{
    if (!on || inside)
        return;
    int saved = errno;
    inside = true;
    if (!known)
        know_thread();
    check_context(context);
    check_here("handler", __builtin_frame_address(0));
    count(&totals->contexts, 1);
    inside = false;
    errno = saved;
}

static inline __attribute__((always_inline)) void on_call(const void *frame)
{
    if (!on || inside || __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) % every)
        return;
    int saved = errno;
    inside = true;
    if (!known)
        know_thread();
    check_here("call", frame);
    count(&totals->calls, 1);
    inside = false;
    errno = saved;
}

/* glibc's dlsym allocates nothing where it finds what it looks for. */
static void find_next(void)
{
    *(void **)&next.malloc = dlsym(RTLD_NEXT, "malloc");
    *(void **)&next.calloc = dlsym(RTLD_NEXT, "calloc");
    *(void **)&next.realloc = dlsym(RTLD_NEXT, "realloc");
}

PRELOADED void *malloc(size_t size)
{
    if (!next.malloc)
        find_next();
    void *block = next.malloc(size);
    on_call(__builtin_frame_address(0));
    return block;
}

PRELOADED void *calloc(size_t number, size_t size)
{
    if (!next.calloc)
        find_next();
    void *block = next.calloc(number, size);
    on_call(__builtin_frame_address(0));
    return block;
}

PRELOADED void *realloc(void *old, size_t size)
{
    if (!next.realloc)
        find_next();
    void *block = next.realloc(old, size);
    on_call(__builtin_frame_address(0));
    return block;
}

static bool find_reference(void)
{
    void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return false;
    *(void **)&reference.get_context = dlsym(library, "_Ux86_64_getcontext");
    *(void **)&reference.init = dlsym(library, "_ULx86_64_init_local");
    *(void **)&reference.init_from = dlsym(library, "_ULx86_64_init_local2");
    *(void **)&reference.step = dlsym(library, "_ULx86_64_step");
    *(void **)&reference.get_register = dlsym(library, "_ULx86_64_get_reg");
    *(void **)&reference.is_signal_frame = dlsym(library, "_ULx86_64_is_signal_frame");
    return reference.get_context && reference.init && reference.init_from && reference.step &&
           reference.get_register && reference.is_signal_frame;
}

static bool open_recording(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%d.recording", folder, getpid());
    bool made = recording_create(path, 1ull << 30) == 0;
    unlink(path);
    return made;
}

static void start_timer(void)
{
    stack_t stack = {.ss_sp = alternate_stack, .ss_size = sizeof alternate_stack};
    struct sigaction action = {.sa_sigaction = on_timer,
                               .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF};
    struct itimerspec often = {{0, 300000}, {0, 300000}};
    timer_t timer;
    sigaltstack(&stack, NULL);
    sigaction(SIGPROF, &action, NULL);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
        timer_settime(timer, 0, &often, NULL);
}

/* A child has a recording, and thus stacks, of its own; as the shim does it. */
static void in_child(void)
{
    if (!on)
        return;
    on = false;
    struct recording_view parent = recording_leave();
    if (!open_recording())
        return;
    module_after_fork((const struct module_row *)parent.section_start[SECTION_MODULES],
                      (const char *)parent.section_start[SECTION_STRINGS]);
    recording_unmap(&parent);
    stack_after_fork();
    count(&totals->processes, 1);
    on = true;
}

static bool open_totals(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/totals", folder);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return false;
    totals = mmap(NULL, sizeof *totals, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return totals != MAP_FAILED;
}

__attribute__((constructor)) static void start(void)
{
    folder = getenv("UNWIND_CHECK_FOLDER");
    const char *number = getenv("UNWIND_CHECK_EVERY");
    if (number && atoi(number) > 0)
        every = (unsigned)atoi(number);
    inside = true;
    if (folder && open_totals() && find_reference() && open_recording() && stack_start_up()) {
        count(&totals->processes, 1);
        pthread_atfork(NULL, NULL, in_child);
        start_timer();
        on = true;
    }
    inside = false;
}

__attribute__((destructor)) static void finish(void)
{
    on = false;
}
