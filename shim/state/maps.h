/*
 * What is mapped into this process: /proc/self/maps and which pages of it are there, read by raw
 * system calls. Used by the leak scan.
 *
 * Any thread; allocates only pages of our own.
 */
#ifndef HOLDFAST_STATE_MAPS_H
#define HOLDFAST_STATE_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mapping_kind {
    MAPPING_ANONYMOUS, /* no file: mmap, stacks of threads, .bss behind a module's data */
    MAPPING_HEAP,      /* [heap]: the program break */
    MAPPING_STACK,     /* [stack]: the initial thread's */
    MAPPING_FILE,      /* a regular file: modules, data */
    MAPPING_MEMORY,    /* shared memory: MAP_SHARED|MAP_ANONYMOUS, memfd, shm, SysV */
    MAPPING_SPECIAL,   /* vdso, vvar, devices: never read */
};

struct mapping {
    uintptr_t start, end;
    enum mapping_kind kind;
    bool readable, writable, executable, shared;
    bool libc;        /* a file named libc.so* or libc-* */
    bool loader;      /* a file named ld-linux* or ld-2.* */
    const char *name; /* as the kernel prints it, "" for none; valid only inside visit */
};

/* One line of /proc/PID/maps (NUL-terminated, without newline; see proc(5)). */
bool mapping_parse(char *line, struct mapping *ret_mapping);

/* Calls visit for each mapping in order of addresses. Returns 0 or -errno (no /proc, no descriptor
   left). buffer: MAPS_BUFFER bytes for the time of the call. */
#define MAPS_BUFFER (64u << 10) /* more than the longest line: PATH_MAX and 100 */
int maps_each(char *buffer, void (*visit)(const struct mapping *mapping, void *with), void *with);

/*
 * Calls visit for the parts of [start, end) whose pages hold something: in memory or swapped out.
 * With own_copies, pages that still are the file's own are left out. A part that cannot be asked
 * about is visited whole.
 */
struct page_query {
    uintptr_t start, end;
    bool shared;     /* of a shared mapping */
    bool own_copies; /* of a private file mapping: only pages that were written to */
    void (*visit)(uintptr_t start, uintptr_t end, void *with);
    void *with;
};
/* A reader of /proc/self/pagemap. */
struct page_reader {
    int fd;       /* -1: there is none */
    bool no_scan; /* the kernel has no PAGEMAP_SCAN (before 6.7) */
    void *buffer;
};
void page_reader_open(struct page_reader *reader);
void page_reader_close(struct page_reader *reader);
/* Returns false when a part was left out because asking would take too long. */
bool pages_present(struct page_reader *reader, const struct page_query *query);

/* Opens a file for reading; when the process has no descriptor left, the soft limit is raised for
   the moment where the hard one allows it. Returns a descriptor or -errno. */
int proc_open(const char *path);

#endif
