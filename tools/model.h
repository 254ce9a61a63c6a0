/*
 * What a run left to say: its processes, their findings with named stacks, and the order in which
 * they matter. Built from recordings; nothing is merged across processes.
 *
 * Used by report and the renderers. One thread. Everything lives as long as the run.
 */
#ifndef HOLDFAST_TOOLS_MODEL_H
#define HOLDFAST_TOOLS_MODEL_H

#include "format/tables.h"
#include "trace.h"

#define FINGERPRINT_VERSION 1

struct rule;
struct rules;

/* What lies at an address, as far as it is no heap block: see spot.c. */
struct spot {
    enum { SPOT_UNKNOWN, SPOT_GLOBAL, SPOT_THREAD_LOCAL, SPOT_STACK } where;
    const char *name; /* of the variable and its member; NULL unknown */
    const char *file; /* that declares it; NULL unknown */
    unsigned line;
    uint32_t thread; /* whose stack or thread-local variable it is */
};

/* One piece of evidence, named. */
struct piece {
    unsigned type, role; /* enum evidence, enum role */
    uint32_t thread;     /* 0 unknown */
    const struct trace *trace;
    const char *string;              /* never NULL */
    uint64_t a, b, c;                /* see evidence.def */
    struct spot spot;                /* of a, where that is an address that may have a name */
    const struct trace *initialised; /* LOCK: where; NULL unknown */
    uint32_t about;                  /* creation stacks: the thread that was created; 0 unknown */
    bool derived;                    /* from the recording's other rows, not told by a detector */
};

struct finding {
    const struct process *process;
    const struct kind_info *kind; /* of a kind this command does not know: a row that says so */
    unsigned severity, confidence;
    uint64_t count, bytes, count2, bytes2;
    uint64_t first_time, last_time; /* CLOCK_MONOTONIC ns */
    uint32_t thread;
    uint64_t number;    /* of its row, from 1; 0 none */
    const char *title;  /* one line */
    const char *detail; /* a sentence, "" none */
    char fingerprint[17];
    struct piece *pieces;
    unsigned piece_count;
    bool possible; /* of confidence possible: shown apart, fails nothing */
    bool dropped;  /* what its code says shows that it is none: gone once it was judged */
    bool live;     /* not a mistake so far: what a process held when it was read, or killed */
    const struct rule *hidden_by;
};

/* Heap blocks of one allocation stack, for processes without an exit scan. */
struct live_memory {
    const struct trace *trace;
    uint64_t blocks, bytes;
};

enum process_fate {
    FATE_ENDED,    /* in order: the shim had its last look */
    FATE_CRASHED,  /* a fatal signal; the shim saw it */
    FATE_VANISHED, /* gone without a word: SIGKILL, or a crash that left no time */
    FATE_LIVE,
    FATE_EXECED,
};

struct watched_module; /* watched.h */

struct process {
    struct recording *recording;
    struct tracer tracer;
    const char *program; /* last part of its path */
    const char *program_path, *command_line, *directory;
    struct thread_row *threads; /* copies, by number; state THREAD_NONE = not there */
    uint32_t thread_count;
    enum process_fate fate;
    const char *ending; /* "exit status 0", "killed by SIGSEGV" … */
    const struct trace *crash_trace;
    struct finding **findings; /* most important first */
    size_t finding_count, finding_capacity;
    uint64_t live_blocks, live_bytes; /* without an exit scan */
    struct live_memory *live_memory;  /* biggest first */
    size_t live_memory_count;
    /* Without an exit scan: threads that wait and others that live, handles that are open. */
    unsigned waiting_threads, live_threads, open_fds, open_streams;
    struct watched_module *watched; /* modules, by races=full */
    size_t watched_count;
};

struct unreadable {
    const char *path;
    struct problem problem;
};

struct run {
    const char *path;
    struct process *processes; /* parents before children, in order of start */
    size_t process_count;
    struct unreadable *unreadable;
    size_t unreadable_count;
    /* Findings; live ones are not counted. possible: in none of the others. */
    uint64_t errors, warnings, notes, possible, suppressed;
    uint64_t reachable_blocks, reachable_bytes;
    struct symbol_store *store;
    struct arena arena;
};

/* Opens path (recording or folder) and builds the run. Returns 0, or STATUS_UNREADABLE and a
   sentence when there is nothing readable. run_id: of a folder only the recordings of this run, 0 =
   all. rules may be NULL. threshold_ms: waits older than that
   are shown for processes that made no exit report. */
int run_load(struct run *run, const char *path, uint64_t run_id, struct rules *rules,
             uint64_t threshold_ms, struct problem *ret_problem);
void run_finish(struct run *run);

/* Used by live.c: a finding of our own about process, filled by the caller. */
struct finding *process_add_finding(struct run *run, struct process *process);

/* spot.c: names what a piece's address is. */
void piece_set_spot(struct process *process, struct piece *piece);

/* Thread number's row; false when it is unknown. */
bool process_thread(const struct process *process, uint32_t number, struct thread_row *ret_row);

/* Adds what a process without an exit scan held: see live.c. */
void live_add(struct run *run, struct process *process, uint64_t threshold_ms);

/* fingerprint.c */
void fingerprint_set(struct finding *finding);

#endif
