/* What a process without an exit report held when it was read, or when it was killed: threads and
   what they wait for, open handles, live memory. Notes, except where a live process has a thread
   that nobody wakes. */
#include "model.h"
#include "words.h"
#include <stdlib.h>
#include <time.h>

#define LIVE_MEMORY_STACKS 16

static uint64_t now_monotonic(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static struct finding *add_note(struct run *run, struct process *process, unsigned kind)
{
    struct finding *finding = process_add_finding(run, process);
    finding->kind = kind_info(kind);
    finding->severity = SEVERITY_NOTE;
    finding->confidence = CONFIDENCE_CERTAIN;
    finding->count = 1;
    finding->detail = "";
    finding->live = true;
    finding->pieces = arena_take(&run->arena, 3 * sizeof *finding->pieces);
    return finding;
}

static void add_piece(struct finding *finding, struct piece piece)
{
    if (!piece.string)
        piece.string = "";
    if (piece.type != EVIDENCE_STACK || piece.trace)
        finding->pieces[finding->piece_count++] = piece;
}

/* ---- threads ---- */

static void add_waiting_thread(struct run *run, struct process *process, uint32_t number,
                               const struct thread_row *row, uint64_t now)
{
    bool idle = row->flags & THREAD_IDLE_WAIT;
    struct finding *finding = add_note(run, process, KIND_BLOCKED_THREAD);
    if (process->fate == FATE_LIVE && !idle) {
        finding->severity = SEVERITY_WARNING;
        finding->live = false;
    }
    finding->thread = number;
    finding->first_time = row->wait_since;
    finding->last_time = process->fate == FATE_LIVE ? now : row->wait_since;
    if (idle)
        finding->detail = "It was woken at this place before: an idle worker, probably.";
    add_piece(finding, (struct piece){.type = EVIDENCE_WAIT,
                                      .role = ROLE_WAITING,
                                      .thread = number,
                                      .a = row->wait_object,
                                      .b = row->wait_kind,
                                      .c = process->fate == FATE_LIVE ? row->wait_since : 0});
    piece_set_spot(process, &finding->pieces[finding->piece_count - 1]);
    add_piece(finding, (struct piece){.type = EVIDENCE_STACK,
                                      .role = ROLE_WAITING,
                                      .thread = number,
                                      .trace = trace_of(&process->tracer, row->wait_stack)});
    add_piece(finding, (struct piece){.type = EVIDENCE_STACK,
                                      .role = ROLE_CREATED,
                                      .thread = row->creator,
                                      .trace = trace_of(&process->tracer, row->created_stack)});
}

static void add_threads(struct run *run, struct process *process, uint64_t threshold_ms)
{
    uint64_t now = now_monotonic();
    bool alive = process->fate == FATE_LIVE;
    for (uint32_t i = 1; i < process->thread_count; i++) {
        const struct thread_row *row = &process->threads[i];
        if (row->state != THREAD_RUNNING && row->state != THREAD_STARTING)
            continue;
        process->live_threads++;
        if (!row->wait_kind)
            continue;
        process->waiting_threads++;
        struct thread_row again; /* a wait that goes on while we look is the same twice */
        bool steady = recording_row(process->recording, SECTION_THREADS, i, &again, sizeof again) &&
                      again.wait_kind == row->wait_kind && again.wait_since == row->wait_since;
        /* When the process died is not known: every wait without a deadline is shown then. */
        bool old =
            !alive || (now > row->wait_since && now - row->wait_since >= threshold_ms * 1000000);
        if (steady && !row->wait_deadline && row->wait_kind != WAIT_SLEEP && old &&
            !(row->flags & THREAD_DEADLOCKED)) /* told as that */
            add_waiting_thread(run, process, i, row, now);
    }
}

/* ---- a shutdown that did not come to its end ---- */

#define SHOWN_THREADS 8

/* When it was killed is not known, only that it had not ended by then. */
static const char *shutdown_words(struct run *run, const struct process *process)
{
    const struct recording_header *header = &process->recording->header;
    const char *what = header->shutdown_signal
                           ? arena_print(&run->arena, "%s had reached the program",
                                         words_signal(&run->arena, header->shutdown_signal))
                           : "exit had begun";
    return arena_print(&run->arena, "%s; it %s before it had ended.", what,
                       process->fate == FATE_CRASHED ? "crashed" : "was killed");
}

static void add_slow_shutdown(struct run *run, struct process *process)
{
    const struct recording_header *header = &process->recording->header;
    if (!header->shutdown_time || header->state == PROCESS_ENDING ||
        (process->fate != FATE_VANISHED && process->fate != FATE_CRASHED) || !process->live_threads)
        return;
    struct finding *finding = add_note(run, process, KIND_SLOW_SHUTDOWN);
    finding->severity = SEVERITY_WARNING;
    finding->confidence = CONFIDENCE_LIKELY;
    finding->live = false;
    finding->detail = shutdown_words(run, process);
    finding->first_time = finding->last_time = header->shutdown_time;
    finding->pieces = arena_take(&run->arena, 2 * SHOWN_THREADS * sizeof *finding->pieces);
    for (uint32_t i = 1, shown = 0; i < process->thread_count && shown < SHOWN_THREADS; i++) {
        const struct thread_row *row = &process->threads[i];
        if (row->state != THREAD_RUNNING)
            continue;
        shown++;
        add_piece(finding, (struct piece){.type = row->wait_kind ? EVIDENCE_WAIT : EVIDENCE_THREAD,
                                          .role = ROLE_WAITING,
                                          .thread = i,
                                          .a = row->wait_kind ? row->wait_object : row->state,
                                          .b = row->wait_kind ? row->wait_kind : row->flags});
        piece_set_spot(process, &finding->pieces[finding->piece_count - 1]);
        bool waits = row->wait_kind;
        add_piece(finding,
                  (struct piece){.type = EVIDENCE_STACK,
                                 .role = waits ? ROLE_WAITING : ROLE_CREATED,
                                 .thread = waits ? i : row->creator,
                                 .trace = trace_of(&process->tracer,
                                                   waits ? row->wait_stack : row->created_stack)});
    }
}

/* ---- descriptors and streams ---- */

static void add_handle(struct run *run, struct process *process, const struct handle_row *row,
                       struct map *groups)
{
    const struct handle_info *info = handle_info(row->kind);
    unsigned kind = info ? info->leak : KIND_FD_LEAK;
    /* Without a stack each handle stands alone. */
    uint64_t key = row->opened_stack
                       ? (uint64_t)kind << 32 | row->opened_stack
                       : (uint64_t)kind << 32 | 1ull << 63 | (row->value & 0xffffffff);
    struct finding *finding = map_get(groups, key);
    if (finding) {
        finding->count++;
        finding->last_time = row->opened_time;
        return;
    }
    finding = add_note(run, process, kind);
    finding->thread = row->opened_thread;
    finding->first_time = finding->last_time = row->opened_time;
    add_piece(finding, (struct piece){.type = EVIDENCE_HANDLE,
                                      .role = ROLE_OPENED,
                                      .thread = row->opened_thread,
                                      .string = recording_string(process->recording, row->name),
                                      .a = row->value,
                                      .b = row->kind});
    add_piece(finding, (struct piece){.type = EVIDENCE_STACK,
                                      .role = ROLE_OPENED,
                                      .thread = row->opened_thread,
                                      .trace = trace_of(&process->tracer, row->opened_stack)});
    map_put(groups, key, finding);
}

static unsigned add_handles(struct run *run, struct process *process, enum section_type section)
{
    struct map groups = {0};
    unsigned open = 0;
    uint64_t count = recording_count(process->recording, section);
    for (uint64_t i = recording_skip_hole(process->recording, section, 0); i < count; i++) {
        struct handle_row row;
        if (!recording_row(process->recording, section, i, &row, sizeof row)) {
            if (i % 4096 == 0)
                i = recording_skip_hole(process->recording, section, i + 1) - 1;
            continue;
        }
        const unsigned others = HANDLE_INHERITED | HANDLE_ADOPTED | HANDLE_OWNED | HANDLE_LIBRARY;
        if (row.state != HANDLE_OPEN || row.flags & others)
            continue;
        const struct handle_info *info = handle_info(row.kind);
        if (info && info->held > HELD_NOTE) /* as programs use them: nothing is wrong with these */
            continue;
        open++;
        add_handle(run, process, &row, &groups);
    }
    map_finish(&groups);
    return open;
}

/* ---- memory ---- */

struct block_sums {
    struct map by_stack; /* stack id + 1 → index + 1 in rows */
    struct block_sum {
        uint32_t stack;
        uint64_t blocks, bytes;
    } * rows;
    size_t count, capacity;
};

static void sum_block(struct block_sums *sums, const struct block_row *row)
{
    size_t index = (size_t)map_get(&sums->by_stack, row->stack);
    if (!index) {
        sums->rows = array_grow(sums->rows, sums->count, &sums->capacity, sizeof *sums->rows);
        sums->rows[sums->count++] = (struct block_sum){.stack = row->stack};
        index = sums->count;
        map_put(&sums->by_stack, row->stack, (void *)index);
    }
    sums->rows[index - 1].blocks++;
    sums->rows[index - 1].bytes += row->size_scope & BLOCK_SIZE_MASK;
}

static int by_sum(const void *a, const void *b)
{
    const struct block_sum *left = a, *right = b;
    if (left->bytes != right->bytes)
        return left->bytes > right->bytes ? -1 : 1;
    return left->stack < right->stack ? -1 : left->stack > right->stack;
}

static void add_memory(struct run *run, struct process *process)
{
    struct block_sums sums = {0};
    uint64_t count = recording_count(process->recording, SECTION_BLOCKS);
    for (uint64_t i = 0; i < count; i++) {
        struct block_row row;
        if (i % 4096 == 0)
            i = recording_skip_hole(process->recording, SECTION_BLOCKS, i);
        if (!recording_row(process->recording, SECTION_BLOCKS, i, &row, sizeof row))
            continue;
        unsigned state = row.head >> BLOCK_STATE_SHIFT & 0xff;
        if (state != BLOCK_LIVE && state != BLOCK_MOVING)
            continue;
        process->live_blocks++;
        process->live_bytes += row.size_scope & BLOCK_SIZE_MASK;
        sum_block(&sums, &row);
    }
    if (sums.count)
        qsort(sums.rows, sums.count, sizeof *sums.rows, by_sum);
    size_t shown = sums.count < LIVE_MEMORY_STACKS ? sums.count : LIVE_MEMORY_STACKS;
    process->live_memory = arena_take(&run->arena, shown * sizeof *process->live_memory);
    for (size_t i = 0; i < shown; i++)
        process->live_memory[process->live_memory_count++] =
            (struct live_memory){trace_of(&process->tracer, sums.rows[i].stack),
                                 sums.rows[i].blocks, sums.rows[i].bytes};
    map_finish(&sums.by_stack);
    free(sums.rows);
}

void live_add(struct run *run, struct process *process, uint64_t threshold_ms)
{
    add_threads(run, process, threshold_ms);
    add_slow_shutdown(run, process);
    process->open_fds = add_handles(run, process, SECTION_FDS);
    process->open_streams = add_handles(run, process, SECTION_HANDLES);
    add_memory(run, process);
}
