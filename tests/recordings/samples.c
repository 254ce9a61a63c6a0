/* The recordings that the golden tests look at. Their modules are nowhere on disk, so that names do
   not depend on the machine: frames are module and offset. */
#include "samples.h"
#include <stdbool.h>
#include <string.h>

struct sample_parts sample_common(struct maker *maker)
{
    maker_module(maker, "/opt/app/bin/app", APP, 0x100000);
    maker_module(maker, "/opt/app/lib/libplugin.so.1", PLUGIN, 0x100000);
    struct sample_parts parts;
    parts.main_thread = maker_thread(maker, "app", THREAD_MAIN, THREAD_ENDED);
    parts.worker = maker_thread(maker, "worker", 0, THREAD_RUNNING);
    parts.load_stack = maker_stack(maker, 3, (uint64_t[]){APP + 0x1235, APP + 0x2001, APP + 0x42});
    parts.open_stack = maker_stack(maker, 2, (uint64_t[]){PLUGIN + 0x777, APP + 0x2001});
    parts.free_stack = maker_stack(maker, 2, (uint64_t[]){APP + 0x3001, APP + 0x42});
    parts.start_stack = maker_stack(maker, 1, (uint64_t[]){APP + 0x4001});
    return parts;
}

static void sample_clean(struct maker *maker)
{
    sample_common(maker);
    maker->header.reachable_blocks = 34;
    maker->header.reachable_bytes = 56789;
}

static void sample_findings(struct maker *maker)
{
    struct sample_parts parts = sample_common(maker);
    uint32_t main_thread = parts.main_thread;
    maker->header.reachable_blocks = 2;
    maker->header.reachable_bytes = 100;
    maker->header.unobserved = UNOBSERVED_SCAN_INCOMPLETE;
    maker_evidence(maker, EVIDENCE_HANDLE, ROLE_OPENED, main_thread, 0, "/tmp/some file", 5,
                   HANDLE_KIND_FD_FILE, 0);
    maker_evidence(maker, EVIDENCE_STACK, ROLE_OPENED, main_thread, parts.open_stack, 0, 0, 0, 0);
    maker_finding(maker, KIND_FD_LEAK, 1000, 0, 2);
    maker_evidence(maker, EVIDENCE_LEAK, ROLE_ALLOCATED, 0, 0, 0, 3, 4096, SCAN_DIRECT);
    maker_evidence(maker, EVIDENCE_STACK, ROLE_ALLOCATED, parts.worker, parts.load_stack, 0, 0, 0,
                   0);
    maker_finding(maker, KIND_MEMORY_LEAK, 3, 4096, 2);
    maker_evidence(maker, EVIDENCE_BLOCK, ROLE_HERE, 0, 0, 0, 0x5000, 64, 0);
    maker_evidence(maker, EVIDENCE_STACK, ROLE_HERE, main_thread, parts.free_stack, 0, 0, 0, 0);
    maker_evidence(maker, EVIDENCE_STACK, ROLE_FREED, parts.worker, parts.free_stack, 0, 0, 0, 0);
    maker_evidence(maker, EVIDENCE_STACK, ROLE_ALLOCATED, parts.worker, parts.load_stack, 0, 0, 0,
                   0);
    maker_finding(maker, KIND_DOUBLE_FREE, 1, 0, 4);
    maker_evidence(maker, EVIDENCE_THREAD, ROLE_CREATED, parts.worker, 0, 0, THREAD_ENDED, 0, 0);
    maker_evidence(maker, EVIDENCE_STACK, ROLE_CREATED, main_thread, parts.start_stack, 0, 0, 0, 0);
    maker_finding(maker, KIND_THREAD_LEAK, 2, 0, 2);
}

static void add_fd(struct maker *maker, uint32_t number, const char *name, uint32_t stack,
                   unsigned flags)
{
    struct handle_row row = {.state = HANDLE_OPEN,
                             .kind = HANDLE_KIND_FD_FILE,
                             .flags = (uint16_t)flags,
                             .value = number,
                             .name = maker_string(maker, name),
                             .opened_stack = stack,
                             .opened_thread = 1};
    maker_row(maker, SECTION_FDS, &row, sizeof row);
}

/* Killed: no end, a worker that waits, descriptors and memory live. */
static void sample_killed(struct maker *maker)
{
    struct sample_parts parts = sample_common(maker);
    maker->header.state = PROCESS_RUNNING;
    maker->header.ending = ENDING_NONE;
    maker->header.end_time = 0;
    maker->header.scanned = 0;
    maker->header.pid = 1; /* there, but with another start time: not this process */
    maker->header.start_ticks = UINT64_MAX;
    struct thread_row *threads = (void *)maker->sections[SECTION_THREADS].bytes;
    threads[parts.worker].wait_kind = WAIT_MUTEX;
    threads[parts.worker].wait_object = 0x6000;
    threads[parts.worker].wait_since = 1100000000;
    threads[parts.worker].wait_stack = parts.load_stack;
    threads[parts.worker].created_stack = parts.start_stack;
    threads[parts.worker].creator = parts.main_thread;
    add_fd(maker, 0, "/dev/null", 0, HANDLE_INHERITED);
    add_fd(maker, 1, "/tmp/a", parts.open_stack, 0);
    add_fd(maker, 2, "/tmp/b", parts.open_stack, 0);
    for (unsigned i = 0; i < 10; i++) {
        uint64_t state = i == 9 ? BLOCK_FREED : BLOCK_LIVE;
        struct block_row row = {.head = (0x7000 + 0x100 * i) | state << BLOCK_STATE_SHIFT,
                                .size_scope = 100 + i,
                                .stack = i % 3 ? parts.load_stack : parts.free_stack,
                                .thread = 1};
        maker_row(maker, SECTION_BLOCKS, &row, sizeof row);
    }
}

static void sample_crashed(struct maker *maker)
{
    struct sample_parts parts = sample_common(maker);
    maker->header.ending = ENDING_CRASH;
    maker->header.status = 11;
    maker->header.scanned = 0;
    maker->header.unobserved = UNOBSERVED_SCAN_SKIPPED;
    maker->header.crash_stack = parts.load_stack;
    maker->header.crash_thread = parts.worker;
    maker->header.crash_address = 0x10;
}

static const struct {
    const char *name;
    void (*fill)(struct maker *maker);
} samples[] = {
    {"clean", sample_clean},     {"findings", sample_findings}, {"killed", sample_killed},
    {"crashed", sample_crashed}, {"races", sample_races},
};

const char *maker_sample_name(unsigned i)
{
    return i < sizeof samples / sizeof samples[0] ? samples[i].name : 0;
}

bool maker_sample(struct maker *maker, const char *name)
{
    for (unsigned i = 0; maker_sample_name(i); i++)
        if (!strcmp(samples[i].name, name)) {
            maker_begin(maker);
            samples[i].fill(maker);
            return true;
        }
    return false;
}
