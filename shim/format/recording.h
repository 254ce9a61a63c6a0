/*
 * The recording: the one file that the shim maps MAP_SHARED and that is the live state of a watched
 * process. Written by the shim (shim/report/recording.c places it), read by the command
 * (tools/read).
 *
 * The file is a header page, a directory of sections, and sections. A section is an array of rows
 * of one type (or bytes: strings, stacks). Readers go by the directory: a section whose type they
 * do not know is skipped, a section whose version is newer is not read, rows may be longer than the
 * reader knows (row_size) but never shorter.
 *
 * Publishing. A process may be killed between any two stores, so every row has one word that says
 * whether it counts, written last with release order and read first with acquire order (each struct
 * names its word). A reader must re-read that word after copying the row and drop the copy when it
 * changed. Nothing in the file is a lock that a reader could wait for.
 *
 * All integers are little-endian x86-64; times are CLOCK_MONOTONIC nanoseconds unless said
 * otherwise. Ids written here (section types, kinds, roles …) are never reused: see the .def tables
 * beside this.
 */
#ifndef HOLDFAST_FORMAT_RECORDING_H
#define HOLDFAST_FORMAT_RECORDING_H

#include <assert.h>
#include <stdint.h>

#define RECORDING_MAGIC        "HOLDFAST"
#define RECORDING_VERSION      1u
#define RECORDING_BYTE_ORDER   0x01020304u
#define RECORDING_SUFFIX       ".holdfast"
#define RECORDING_HEADER_SIZE  8192u
#define RECORDING_SECTIONS_MAX 64u

/* What the process came to. Stored by the shim as it happens; a recording that still says RUNNING
   and whose process is gone was killed (or crashed where no handler of ours could run). */
enum process_state {
    PROCESS_STARTING = 0, /* header not complete yet: not a readable recording */
    PROCESS_RUNNING = 1,
    PROCESS_ENDING = 2, /* the last look is under way */
    PROCESS_ENDED = 3,  /* see ending, status */
    PROCESS_EXECED = 4, /* replaced its image; the new image has a recording of its own */
};

enum process_ending {
    ENDING_NONE = 0,
    ENDING_EXIT = 1,       /* exit() or return from main; status = exit status */
    ENDING_FAST_EXIT = 2,  /* _exit, _Exit, quick_exit: status = exit status */
    ENDING_SIGNAL = 3,     /* default action of a signal that asks to end: status = signal number */
    ENDING_CRASH = 4,      /* fatal signal: status = signal number, crash_* say where */
    ENDING_EXEC = 5,       /* exec of another image */
    ENDING_LAST_THREAD = 6 /* the last thread ended with pthread_exit */
};

struct section {
    uint32_t type;     /* enum section_type */
    uint16_t version;  /* of the row struct */
    uint16_t row_size; /* bytes; 1 for sections of bytes */
    uint64_t offset;   /* from the start of the file, page aligned */
    uint64_t capacity; /* bytes that the section may grow to */
    uint64_t used;     /* bytes handed out so far, atomic; rows in it may be unpublished yet */
    uint64_t lost;     /* rows that found no room, atomic */
};
static_assert(sizeof(struct section) == 40, "on disk");

enum section_type {
    SECTION_STRINGS = 1, /* bytes; offset 0 is the empty string; each is NUL-terminated */
    SECTION_MODULES = 2, /* struct module_row */
    SECTION_THREADS = 3, /* struct thread_row; row i is thread number i; row 0 unused */
    SECTION_STACKS =
        4, /* struct stack_row, 8-byte units; stack id = byte offset / 8; id 0 = none */
    SECTION_BLOCKS = 5,   /* struct block_row */
    SECTION_FDS = 6,      /* struct handle_row; row i is descriptor i */
    SECTION_HANDLES = 7,  /* struct handle_row: everything that is not a descriptor (streams …) */
    SECTION_FINDINGS = 8, /* struct finding_row */
    SECTION_EVIDENCE = 9, /* struct evidence_row */
    SECTION_EVENTS = 10,  /* struct event_ring, each EVENT_RING_ROWS events long */
    SECTION_WATCHED = 11, /* struct watched_row: what races=full saw of each module */
    SECTION_TYPE_END
};

#define URGENT_MOST 8u

struct recording_header {
    char magic[8]; /* RECORDING_MAGIC, written last of all of the header */
    uint32_t version;
    uint32_t byte_order;
    uint64_t file_size;
    uint32_t section_count;
    uint32_t reserved0;
    uint64_t run_id; /* same for all processes of one run */
    int32_t pid, parent_pid;
    uint32_t state;  /* enum process_state, atomic */
    uint32_t ending; /* enum process_ending, valid from PROCESS_ENDING on */
    int32_t status;
    uint32_t image;           /* how many execs this pid had gone through when this image started */
    uint64_t start_time;      /* CLOCK_MONOTONIC ns */
    uint64_t start_real_time; /* CLOCK_REALTIME ns */
    uint64_t end_time;        /* CLOCK_MONOTONIC ns, 0 while running */
    uint64_t start_ticks;  /* field 22 of /proc/PID/stat: tells this process from a later owner of
                              the pid */
    uint64_t boot_hash;    /* hash of /proc/sys/kernel/random/boot_id, 0 unknown */
    uint32_t program;      /* strings: path of the executable */
    uint32_t command_line; /* strings: arguments joined by one blank, for people */
    uint32_t directory;    /* strings: working directory at start */
    uint32_t shim_version; /* strings */
    uint32_t forked;       /* 1: born by fork from parent_pid, 0: by exec */
    uint32_t checkpoint;   /* number of the newest checkpoint, atomic; starts at 1 */
    /* What stopped being observed and why: bits of enum unobserved. Atomic. */
    uint32_t unobserved;
    uint32_t crash_stack; /* stacks: where a fatal signal hit, 0 unknown */
    uint64_t crash_address;
    /* Sums of the exit scan. scanned = 1 once it was made. */
    uint32_t scanned;
    uint32_t crash_thread;
    uint64_t scan_time; /* ns that it took */
    uint64_t reachable_blocks, reachable_bytes;
    uint64_t direct_blocks, direct_bytes;
    uint64_t indirect_blocks, indirect_bytes;
    /* Counts since the start, atomic, exact when all threads rest. */
    uint64_t blocks_allocated, bytes_allocated, blocks_freed; /* filled in at the end */
    uint64_t run_folder; /* strings: folder of the recordings of this run */
    uint32_t urgent;     /* findings so far that cannot wait for the report at the end, atomic */
    uint32_t urgent_text[URGENT_MOST]; /* strings: a sentence each, number i in i % URGENT_MOST */
    int32_t shutdown_signal; /* what told the process to end: SIGTERM, SIGINT, or 0 for exit */
    uint64_t shutdown_time;  /* CLOCK_MONOTONIC ns when it did, 0 never. atomic */
    uint8_t reserved[208];
    struct section sections[RECORDING_SECTIONS_MAX];
};
static_assert(sizeof(struct recording_header) <= RECORDING_HEADER_SIZE, "fits its pages");

enum unobserved {
    UNOBSERVED_MEMORY_OWN_ALLOCATOR = 1u << 0, /* the program defines malloc itself */
    UNOBSERVED_MEMORY_FULL = 1u << 1,          /* no room in the recording for more blocks */
    UNOBSERVED_DISK_FULL = 1u << 2,            /* the file system refused to grow the file */
    UNOBSERVED_STACKS_FULL = 1u << 3,          /* new stacks are no longer kept */
    UNOBSERVED_SCAN_INCOMPLETE = 1u << 4, /* a thread could not be stopped, or memory not be read */
    UNOBSERVED_THREADS_FULL = 1u << 5,
    UNOBSERVED_HANDLES_FULL = 1u << 6,
    UNOBSERVED_FINDINGS_FULL = 1u << 7,
    UNOBSERVED_READ_SETS =
        1u << 9,                 /* the limit of shadow memory was reached: old reads forgotten */
    UNOBSERVED_RACES = 1u << 10, /* accesses were not watched: no memory, or too many threads */
    UNOBSERVED_LOCK_ORDERS = 1u << 11, /* new lock orders are no longer kept: no memory */
    UNOBSERVED_THREAD_ENDS = 1u << 12, /* of ended threads, some were taken for joined */
    UNOBSERVED_SCAN_SKIPPED = 1u << 8, /* no leak scan: an option, or an ending that allows none */
};

/* A module (executable, library, vdso) and the time it was mapped. Published by generation != 0. */
struct module_row {
    uint32_t generation; /* atomic, publishes the row; > 0, counts loads in this process */
    uint32_t path;       /* strings */
    uint64_t base;       /* load bias: address in memory = base + address in the file's ELF view */
    uint64_t start, end; /* mapped range */
    uint32_t loaded_epoch;   /* the epoch in which it appeared; see stack_row.epoch */
    uint32_t unloaded_epoch; /* the first epoch in which it was gone; 0 = still there. atomic */
    uint32_t build_id_size;  /* bytes, 0 none, at most 20 */
    uint8_t build_id[20];
    uint64_t file_size, file_mtime; /* to notice a file replaced since; mtime in ns */
};
static_assert(sizeof(struct module_row) == 80, "on disk");

/* One distinct call stack, innermost frame first. Frames are return addresses except where
   STACK_EXACT_TOP says that frames[0] is the instruction itself (signal contexts), and except
   frames that follow a signal trampoline, whose bit is set in exact (bit i = frame i, for i < 64).
   A frame belongs to the module that held its address in the stack's epoch. Published by the id
   that refers to it: whoever sees an id sees the row. */
#define STACK_FRAMES_MAX 64u
struct stack_row {
    uint32_t hash;
    uint16_t frame_count;
    uint16_t flags; /* enum stack_flag, atomic */
    uint32_t epoch; /* counts dlclose calls that unloaded something */
    uint32_t next;  /* stack id: chain of the shim's hash table, meaningless to readers */
    uint64_t exact;
    uint64_t frames[]; /* frame_count */
};
static_assert(sizeof(struct stack_row) == 24, "on disk");

enum stack_flag {
    STACK_TRUNCATED = 1u << 0, /* deeper frames were cut at the depth option */
    STACK_BROKEN = 1u << 1,    /* the walk ended where it could not go on (no unwind information) */
    STACK_WOKEN = 1u << 2,     /* a wait at this place has ended because somebody woke it */
};

enum thread_state {
    THREAD_NONE = 0,
    THREAD_STARTING = 1, /* created, its first step not seen yet */
    THREAD_RUNNING = 2,
    THREAD_ENDED = 3,
};

enum thread_flag {
    THREAD_DETACHED = 1u << 0,
    THREAD_JOINED = 1u << 1,
    THREAD_MAIN = 1u << 2,
    THREAD_ADOPTED = 1u << 3,   /* we did not see its creation */
    THREAD_C11 = 1u << 4,       /* thrd_create */
    THREAD_CANCELED = 1u << 5,  /* ended by cancellation */
    THREAD_IDLE_WAIT = 1u << 6, /* its present wait is at a place where it was woken before */
    THREAD_DEADLOCKED = 1u << 7 /* its present wait was told as part of a deadlock */
};

/* One thread. Published by state. The wait fields are published by wait_kind (0 = not waiting):
   cleared first, written last. */
struct thread_row {
    uint32_t state; /* enum thread_state, atomic */
    uint32_t flags; /* enum thread_flag, atomic */
    int32_t tid;
    uint32_t creator;       /* thread number, 0 unknown */
    uint32_t created_stack; /* stacks */
    uint32_t ended_stack;   /* stacks: pthread_exit, or 0 */
    uint32_t joined_stack;  /* stacks: the join or detach that settled it */
    uint32_t scope;
    uint64_t pthread; /* pthread_t */
    uint64_t start_routine;
    uint64_t created_time, started_time, ended_time;
    uint64_t stack_low, stack_high;
    char name[16];
    uint32_t wait_kind;   /* enum wait_kind (waits.def), atomic */
    uint32_t wait_stack;  /* stacks */
    uint64_t wait_object; /* address, descriptor or thread number, as the kind says */
    uint64_t wait_since;
    uint64_t wait_deadline; /* CLOCK_MONOTONIC ns, 0 = none */
    uint32_t checkpoint;
    uint32_t event_ring; /* ring number + 1 in SECTION_EVENTS, 0 none */
    uint32_t older; /* thread number + 1: chain of the shim's hash table, meaningless to readers */
    uint32_t settler; /* thread number: who made the join or detach of joined_stack, 0 unknown */
    uint32_t slot;    /* of the shim's clocks, meaningless to readers */
    uint8_t reserved[36];
};
static_assert(sizeof(struct thread_row) == 192, "on disk");

/* One heap block, live or freed (a freed one stays until its address is handed out again, so that a
   second free can be told). Published by head: 0 = no block; see BLOCK_HEAD_*. */
struct block_row {
    uint64_t head;        /* address | state << 56 | family << 52 | scan << 48, atomic */
    uint64_t size_scope;  /* requested bytes | scope << 48 */
    uint32_t stack;       /* stacks: allocated */
    uint32_t thread;      /* thread number of the creator */
    uint32_t checkpoint;  /* newest checkpoint when it was allocated */
    uint32_t freed_stack; /* stacks: freed, 0 while live */
};
static_assert(sizeof(struct block_row) == 32, "on disk");

#define BLOCK_ADDRESS_MASK 0x0000ffffffffffffull
#define BLOCK_STATE_SHIFT  56
#define BLOCK_FAMILY_SHIFT 52
#define BLOCK_SCAN_SHIFT   48
#define BLOCK_SIZE_MASK    0x0000ffffffffffffull
#define BLOCK_SCOPE_SHIFT  48

enum block_state {
    BLOCK_NONE = 0,
    BLOCK_LIVE = 1,
    BLOCK_FREED = 2,
    BLOCK_MOVING = 3, /* inside realloc: the address may be given back at any moment */
};

/* Who may release a block. */
enum block_family { FAMILY_MALLOC = 0, FAMILY_NEW = 1, FAMILY_NEW_ARRAY = 2 };

/* What the exit scan said of a block. */
enum block_scan { SCAN_NONE = 0, SCAN_REACHABLE = 1, SCAN_DIRECT = 2, SCAN_INDIRECT = 3 };

enum handle_state {
    HANDLE_NONE = 0,
    HANDLE_OPEN = 1,
    HANDLE_CLOSED = 2,  /* closed by the program; kept for a second close to be told */
    HANDLE_CLOSING = 3, /* the close is under way */
};

enum handle_flag {
    HANDLE_INHERITED = 1u << 0, /* open before the program's first step, or in a fork's parent */
    HANDLE_ADOPTED = 1u << 1,   /* we did not see it opened */
    HANDLE_OWNED = 1u << 2,     /* belongs to another handle (owner), is part of its finding */
    HANDLE_CLOEXEC = 1u << 3,
    HANDLE_LIBRARY = 1u << 4, /* libc's or a library's own, never the program's leak */
    HANDLE_PASSED =
        1u << 5, /* made for another program: its number was chosen, or close-on-exec taken off */
    /* What the scan for leaks says of one that is a pointer, or that lies in memory: */
    HANDLE_REACHED = 1u << 8, /* something points to it */
    HANDLE_LOST = 1u << 9,    /* nothing does */
};

/* Who had a descriptor's number before: stacks and thread numbers, 0 unknown. */
struct handle_former {
    uint32_t opened_stack, opened_thread, closed_stack, closed_thread;
};

/* A descriptor or another handle. Published by state. */
struct handle_row {
    uint32_t state; /* enum handle_state, atomic */
    uint16_t kind;  /* enum handle_kind (handles.def) */
    uint16_t flags; /* enum handle_flag */
    uint64_t value; /* descriptor number or address */
    uint32_t name;  /* strings: path, peer …, 0 unknown */
    uint32_t opened_stack, closed_stack;
    uint32_t opened_thread, closed_thread;
    uint32_t checkpoint;
    uint32_t scope;
    uint32_t generation; /* counts opens of this number or address */
    uint64_t opened_time, closed_time;
    uint64_t owner; /* with HANDLE_OWNED: value of the owning handle (row in SECTION_HANDLES) */
    uint64_t extra; /* by kind: a stream's descriptor + 1 (0 none) … */
    union {
        /* Heap blocks that belong to it and that its value does not lead to, 0 none. */
        uint64_t blocks[2];
        struct handle_former former; /* of a descriptor */
    };
};
static_assert(sizeof(struct handle_row) == 96, "on disk");

enum severity { SEVERITY_NOTE = 1, SEVERITY_WARNING = 2, SEVERITY_ERROR = 3 };
enum confidence { CONFIDENCE_POSSIBLE = 1, CONFIDENCE_LIKELY = 2, CONFIDENCE_CERTAIN = 3 };

/* One finding: one distinct place, with a count. Published by count (> 0); count, last_time and the
   amounts may grow later, the rest is fixed. A count that is 0 again: it turned out to be none;
   rows after it count. */
struct finding_row {
    uint32_t count; /* atomic */
    uint16_t kind;  /* enum kind (kinds.def) */
    uint8_t severity, confidence;
    uint32_t evidence; /* index of its first evidence row */
    uint32_t evidence_count;
    uint64_t first_time, last_time;
    uint64_t amount;      /* bytes left behind, 0 where that says nothing */
    uint64_t amount2;     /* bytes that only these hold (indirect leaks) */
    uint32_t count2;      /* blocks that only these hold */
    uint32_t thread;      /* thread number that met it */
    uint32_t suppression; /* number of the rule that hides it, 0 none */
    uint32_t detail;      /* strings: one sentence that the kind's own words cannot know, 0 none */
};
static_assert(sizeof(struct finding_row) == 64, "on disk");

/* One piece of what a finding shows. a, b, c by type: see evidence.def. */
struct evidence_row {
    uint16_t type;   /* enum evidence (evidence.def) */
    uint16_t role;   /* enum role (roles.def) */
    uint32_t thread; /* thread number, 0 unknown */
    uint32_t stack;  /* stacks, 0 none */
    uint32_t string; /* strings, 0 none */
    uint64_t a, b, c;
};
static_assert(sizeof(struct evidence_row) == 40, "on disk");

/* EVIDENCE_MAYBE: in place of a finding's number, accesses that were not told. */
#define MAYBE_UNSEEN UINT32_MAX

/* How memory was touched; field c of EVIDENCE_ACCESS. */
enum access_flag {
    ACCESS_READ = 0,
    ACCESS_WRITE = 1u << 0,
    ACCESS_ATOMIC = 1u << 1,
    ACCESS_FREE = 1u << 2, /* the block was given back: a write to all of it */
    /* Of an instruction that was seen itself: the stack's first frame is its address. What kind it
       is tells whether it may be an atomic operation: */
    ACCESS_INSTRUCTION = 1u << 3,
    ACCESS_MOVE = 1u << 4,   /* nothing but a load, or a store, of at most 8 aligned bytes */
    ACCESS_LOCKED = 1u << 5, /* with a lock prefix, or xchg */
    ACCESS_STRING = 1u << 6,
};

/* Whether loads and stores of a module are watched (races=full), and how many of them. Published by
   kind. traps and left grow later, atomic. */
struct watched_row {
    uint32_t kind;                                  /* enum watched, atomic */
    uint32_t module;                                /* strings: its path */
    uint64_t accesses, watched, harmless, left_out; /* as in struct rewrite_header */
    uint32_t reasons[16];                           /* of those left out, by enum rewrite_why */
    uint64_t text_bytes, covered_bytes;
    uint64_t traps;    /* times that code came to a place where none should: each is a fault of
                          the rewriter's, and was mended */
    uint64_t bytes;    /* WATCHED_GENERATED: writable and executable memory without a file */
    uint32_t form;     /* enum rewrite_form */
    uint32_t unloaded; /* 1: it is gone. atomic */
};
static_assert(sizeof(struct watched_row) == 144, "on disk");

enum watched {
    WATCHED_YES = 1,
    WATCHED_SKIPPED = 2,     /* by the options watch and skip */
    WATCHED_NO_REWRITER = 3, /* holdfast-rewrite is not there, or failed on all */
    WATCHED_NO_CACHE = 4,    /* no folder for images */
    WATCHED_NO_IMAGE = 5,    /* it could not be rewritten */
    WATCHED_NO_ROOM = 6,     /* no free addresses near it */
    WATCHED_DIFFERS = 7,     /* its code in memory is not the file's */
    WATCHED_PROTECTED = 8,   /* the system lets nobody change code */
    WATCHED_RUNNING = 9,     /* other threads may have been running in it */
    WATCHED_GENERATED = 10,  /* not a module: code made at run time */
    WATCHED_TOO_MANY = 11,
    WATCHED_SHUT_IN = 12,  /* the program has a seccomp filter: no helper may be started */
    WATCHED_NOT_KEPT = 13, /* its image could not be written */
    WATCHED_ALLOCATOR =
        14, /* the program's allocator: what it does with memory is its own matter */
};

/* Events: a ring per running thread; the newest is at (next - 1) % EVENT_RING_ROWS. A ring is given
   to another thread when its thread has ended: rows name the thread. */
#define EVENT_RING_ROWS 127u
struct event_row {
    uint64_t time; /* 0 = being written */
    uint32_t thread;
    uint16_t type; /* enum event (events.def) */
    uint16_t kind; /* handle kind, wait kind … as the type says */
    uint32_t stack;
    uint32_t extra;
    uint64_t object;
};
static_assert(sizeof(struct event_row) == 32, "on disk");
struct event_ring {
    uint64_t next; /* atomic, written only by the owner */
    uint32_t thread;
    uint32_t reserved[5];
    struct event_row rows[EVENT_RING_ROWS];
};
static_assert(sizeof(struct event_ring) == 4096, "on disk");

#endif
