#include "model.h"
#include "flags.h"
#include "folder.h"
#include "own_order.h"
#include "race_verdict.h"
#include "suppress.h"
#include "unseen_order.h"
#include "watched.h"
#include "words.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PIECES_MAX  512
#define THREADS_MAX 65536

static const struct kind_info unknown_kind = {0,
                                              SEVERITY_WARNING,
                                              CLASS_WRONG,
                                              "unknown",
                                              "Something that this command does not know",
                                              "Read the recording with a newer holdfast.",
                                              ""};

bool process_thread(const struct process *process, uint32_t number, struct thread_row *ret_row)
{
    if (number >= process->thread_count || !process->threads[number].state)
        return false;
    *ret_row = process->threads[number];
    return true;
}

struct finding *process_add_finding(struct run *run, struct process *process)
{
    struct finding *finding = arena_take(&run->arena, sizeof *finding);
    finding->process = process;
    process->findings = array_grow(process->findings, process->finding_count,
                                   &process->finding_capacity, sizeof *process->findings);
    process->findings[process->finding_count++] = finding;
    return finding;
}

/* ---- reading one process ---- */

static void load_threads(struct run *run, struct process *process)
{
    uint64_t count = recording_count(process->recording, SECTION_THREADS);
    if (count > THREADS_MAX)
        count = THREADS_MAX;
    process->threads = arena_take(&run->arena, count * sizeof *process->threads);
    process->thread_count = (uint32_t)count;
    for (uint32_t i = 0; i < count; i++)
        if (!recording_row(process->recording, SECTION_THREADS, i, &process->threads[i],
                           sizeof *process->threads))
            process->threads[i].state = THREAD_NONE;
}

static void load_pieces(struct run *run, struct process *process, const struct finding_row *row,
                        struct finding *finding)
{
    unsigned count = row->evidence_count < PIECES_MAX ? row->evidence_count : PIECES_MAX;
    /* each may bring in a thread whose creation is shown, too */
    finding->pieces = arena_take(&run->arena, 2 * count * sizeof *finding->pieces);
    for (unsigned i = 0; i < count; i++) {
        struct evidence_row evidence;
        if (!recording_row(process->recording, SECTION_EVIDENCE, (uint64_t)row->evidence + i,
                           &evidence, sizeof evidence))
            continue;
        struct piece *piece = &finding->pieces[finding->piece_count++];
        *piece = (struct piece){
            .type = evidence.type,
            .role = evidence.role,
            .thread = evidence.thread,
            .trace = trace_of(&process->tracer, evidence.stack),
            .string = recording_string(process->recording, evidence.string),
            .a = evidence.a,
            .b = evidence.b,
            .c = evidence.c,
        };
        if (piece->type == EVIDENCE_LOCK)
            piece->initialised = trace_of(&process->tracer, (uint32_t)piece->c);
        piece_set_spot(process, piece);
    }
}

/* The thread that made the access of one side; 0 unknown. */
static uint32_t thread_of_access(const struct finding *finding, unsigned role)
{
    for (unsigned i = 0; i < finding->piece_count; i++)
        if (finding->pieces[i].type == EVIDENCE_ACCESS && finding->pieces[i].role == role)
            return finding->pieces[i].thread;
    return 0;
}

/* Creation stacks that a detector told: whose? False when it told none. */
static bool name_creations(struct finding *finding)
{
    bool told = false;
    for (unsigned i = 0; i < finding->piece_count; i++) {
        struct piece *piece = &finding->pieces[i];
        bool created = piece->role == ROLE_CREATED, earlier = piece->role == ROLE_CREATED_EARLIER;
        if (created || earlier)
            piece->about = thread_of_access(finding, earlier ? ROLE_EARLIER : ROLE_HERE);
        told |= created || earlier;
    }
    return told;
}

/* Accesses and locks are of threads: where those were created is in the threads' rows. Not where a
   detector told it itself. */
static void add_creations(struct process *process, struct finding *finding)
{
    unsigned told = finding->piece_count;
    if (name_creations(finding))
        return;
    for (unsigned i = 0; i < told; i++) {
        const struct piece *piece = &finding->pieces[i];
        struct thread_row row;
        if ((piece->type != EVIDENCE_ACCESS && piece->type != EVIDENCE_LOCK) ||
            !process_thread(process, piece->thread, &row))
            continue;
        bool known = !trace_of(&process->tracer, row.created_stack);
        for (unsigned k = told; k < finding->piece_count; k++)
            known |= finding->pieces[k].about == piece->thread;
        if (!known)
            finding->pieces[finding->piece_count++] = (struct piece){
                .type = EVIDENCE_STACK,
                .role = piece->role == ROLE_EARLIER || piece->role == ROLE_HELD_EARLIER
                            ? ROLE_CREATED_EARLIER
                            : ROLE_CREATED,
                .thread = row.creator,
                .about = piece->thread,
                .trace = trace_of(&process->tracer, row.created_stack),
                .string = "",
                .derived = true,
            };
    }
}

static void load_finding(struct run *run, struct process *process, const struct finding_row *row,
                         uint64_t number)
{
    struct finding *finding = process_add_finding(run, process);
    finding->number = number + 1;
    finding->kind = kind_info(row->kind);
    if (!finding->kind)
        finding->kind = &unknown_kind;
    bool known = row->severity >= SEVERITY_NOTE && row->severity <= SEVERITY_ERROR;
    finding->severity = known ? row->severity : finding->kind->severity;
    known = row->confidence >= CONFIDENCE_POSSIBLE && row->confidence <= CONFIDENCE_CERTAIN;
    finding->confidence = known ? row->confidence : CONFIDENCE_POSSIBLE;
    finding->count = row->count;
    finding->bytes = row->amount;
    finding->count2 = row->count2;
    finding->bytes2 = row->amount2;
    finding->first_time = row->first_time;
    finding->last_time = row->last_time;
    finding->thread = row->thread;
    finding->detail = recording_string(process->recording, row->detail);
    load_pieces(run, process, row, finding);
    add_creations(process, finding);
}

static enum process_fate fate_of(const struct recording *recording)
{
    const struct recording_header *header = &recording->header;
    if (header->state == PROCESS_EXECED || header->ending == ENDING_EXEC)
        return FATE_EXECED;
    if (header->ending == ENDING_CRASH)
        return FATE_CRASHED;
    if (header->state == PROCESS_ENDED)
        return FATE_ENDED;
    bool live = recording_is_live(recording);
    /* Within its last look it waits for the command that reports it: that is the end as told. */
    if (header->state == PROCESS_ENDING)
        return live ? FATE_ENDED : FATE_VANISHED;
    return live ? FATE_LIVE : FATE_VANISHED;
}

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-._[]"

/* The name that the program was started by, which is what people know it as: one file may be many
   programs (redis-server is a link to redis-check-rdb). Login shells ("-bash") and programs that
   were started without a name go by their file. */
static const char *program_name(struct arena *arena, const char *command_line, const char *path)
{
    int length = (int)strcspn(command_line, " ");
    const char *word = arena_print(arena, "%.*s", length, command_line);
    const char *slash = strrchr(word, '/');
    const char *name = slash ? slash + 1 : word;
    if (!*name || *name == '-' || strlen(name) != strspn(name, NAME_CHARACTERS)) {
        slash = strrchr(path, '/');
        name = slash && slash[1] ? slash + 1 : *path ? path : "?";
    }
    return name;
}

static void process_load(struct run *run, struct process *process, uint64_t threshold_ms)
{
    struct recording *recording = process->recording;
    const char *path = recording_string(recording, recording->header.program);
    process->program_path = path;
    process->command_line = recording_string(recording, recording->header.command_line);
    process->program = program_name(&run->arena, process->command_line, path);
    process->directory = recording_string(recording, recording->header.directory);
    tracer_init(&process->tracer, recording, run->store);
    process->fate = fate_of(recording);
    process->ending = words_ending(&run->arena, process);
    load_threads(run, process);
    if (process->fate == FATE_CRASHED)
        process->crash_trace = trace_of(&process->tracer, recording->header.crash_stack);
    uint64_t count = recording_count(recording, SECTION_FINDINGS);
    for (uint64_t i = 0; i < count; i++) {
        struct finding_row row;
        if (recording_row(recording, SECTION_FINDINGS, i, &row, sizeof row))
            load_finding(run, process, &row, i);
    }
    if (process->fate != FATE_ENDED && process->fate != FATE_EXECED)
        live_add(run, process, threshold_ms);
}

/* ---- order, counts ---- */

/* Mistakes before what was merely held; errors before warnings before notes; wrong use before what
   was left behind; the bigger first. */
static int by_importance(const void *a, const void *b)
{
    const struct finding *left = *(struct finding *const *)a, *right = *(struct finding *const *)b;
    if (left->live != right->live)
        return left->live ? 1 : -1;
    if (left->possible != right->possible)
        return left->possible ? 1 : -1;
    if (left->severity != right->severity)
        return left->severity > right->severity ? -1 : 1;
    if (left->kind->class != right->kind->class)
        return left->kind->class > right->kind->class ? -1 : 1;
    if (left->kind->number != right->kind->number)
        return left->kind->number < right->kind->number ? -1 : 1;
    if (left->bytes + left->bytes2 != right->bytes + right->bytes2)
        return left->bytes + left->bytes2 > right->bytes + right->bytes2 ? -1 : 1;
    if (left->count != right->count)
        return left->count > right->count ? -1 : 1;
    if (left->first_time != right->first_time)
        return left->first_time < right->first_time ? -1 : 1;
    return strcmp(left->fingerprint, right->fingerprint);
}

/* Is all code that the finding speaks of such that every order of its own is seen? */
static bool order_is_seen(const struct finding *finding)
{
    for (unsigned i = 0; i < finding->piece_count; i++) {
        const struct piece *piece = &finding->pieces[i];
        if (!piece->trace || !(piece->role == ROLE_HERE || piece->role == ROLE_EARLIER))
            continue;
        struct module *module = piece->trace->count ? piece->trace->frames[0].module : NULL;
        if (!module || own_order_of_module(module) != MODULE_ORDER_SEEN)
            return false;
    }
    return true;
}

/* One side of a race; false when its access is not told. */
static bool side_of(struct process *process, struct sources *sources, const struct finding *finding,
                    unsigned role, struct race_side *ret)
{
    for (unsigned i = 0; i < finding->piece_count; i++) {
        const struct piece *piece = &finding->pieces[i];
        if (piece->type != EVIDENCE_ACCESS || piece->role != role)
            continue;
        *ret = (struct race_side){
            .by_call = !piece->trace || !piece->trace->exact,
            .atomic = piece->c & ACCESS_ATOMIC,
            .freed = piece->c & ACCESS_FREE,
            .size = piece->b <= 64 ? (unsigned)piece->b : 0,
            .address = piece->a,
            .variable = trace_variable_type(&process->tracer, piece->a),
        };
        const struct trace *trace = piece->trace;
        const struct module *module = trace && trace->count ? trace->frames[0].module : NULL;
        ret->runtime = module && unseen_order_runs_threads(module->name);
        if (!ret->by_call)
            access_code_of(trace, sources, &ret->code);
        return true;
    }
    return false;
}

/* A race with an instruction of unmodified code on one side: what its code says decides. False when
   there is none, or when it is dropped. */
static bool judge_instructions(struct process *process, struct sources *sources, const char *unseen,
                               struct finding *finding)
{
    struct race_side here, earlier;
    if (finding->kind->number != KIND_DATA_RACE ||
        !side_of(process, sources, finding, ROLE_HERE, &here) ||
        !side_of(process, sources, finding, ROLE_EARLIER, &earlier) ||
        (here.by_call && earlier.by_call))
        return false;
    struct race_verdict verdict = race_verdict_of(&here, &earlier);
    finding->confidence = verdict.confidence;
    finding->dropped = verdict.dropped;
    if (verdict.confidence > CONFIDENCE_POSSIBLE && *unseen) {
        finding->confidence = CONFIDENCE_POSSIBLE;
        verdict.why = unseen;
    }
    if (!*finding->detail)
        finding->detail = verdict.why;
    return true;
}

/* What calls alone say of order is no more than possible where the program has other means. */
static void judge_order(struct process *process, struct sources *sources, const char *unseen,
                        struct finding *finding)
{
    bool judged = false;
    for (unsigned i = 0; i < finding->piece_count; i++)
        judged |= finding->pieces[i].type == EVIDENCE_UNORDERED;
    if (!judged || judge_instructions(process, sources, unseen, finding))
        return;
    if (order_is_seen(finding))
        finding->confidence = CONFIDENCE_CERTAIN;
    else if (own_order_of(process->recording)) {
        finding->confidence = CONFIDENCE_POSSIBLE;
        if (!*finding->detail)
            finding->detail = "this program also orders threads by atomic instructions, which "
                              "calls do not show";
    }
}

/* By what its own accesses are, a race that may be an order. */
static const struct finding *order_of(const struct process *process, uint64_t number)
{
    for (size_t i = 0; i < process->finding_count; i++) {
        const struct finding *finding = process->findings[i];
        if (finding->number == number + 1)
            return finding->dropped || finding->confidence == CONFIDENCE_POSSIBLE ? finding : NULL;
    }
    return NULL;
}

static const char *name_of_place(const struct finding *finding)
{
    for (unsigned i = 0; i < finding->piece_count; i++)
        if (finding->pieces[i].type == EVIDENCE_ACCESS && finding->pieces[i].spot.name)
            return finding->pieces[i].spot.name;
    return "another place";
}

/* What accesses to another place may have ordered is only possible where these may be atomic
   operations. After all were judged by their own code; says no for what only depends on others. */
static const char *may_be_ordered(struct run *run, const struct process *process,
                                  const struct finding *finding)
{
    if (finding->confidence == CONFIDENCE_POSSIBLE)
        return NULL;
    for (unsigned i = 0; i < finding->piece_count; i++) {
        const struct piece *piece = &finding->pieces[i];
        if (piece->type == EVIDENCE_MAYBE && !piece->b && piece->a == MAYBE_UNSEEN)
            return "a flag may order it that a thread loaded while it came to light that threads "
                   "wait for another one";
        const struct finding *by =
            piece->type == EVIDENCE_MAYBE && !piece->b ? order_of(process, piece->a) : NULL;
        if (by && by != finding)
            return arena_print(&run->arena,
                               "accesses to %s may order it, if they are atomic operations",
                               name_of_place(by));
    }
    return NULL;
}

static void judge_dependence(struct run *run, struct process *process)
{
    const char **why = arena_take(&run->arena, (process->finding_count + 1) * sizeof *why);
    for (size_t i = 0; i < process->finding_count; i++)
        why[i] = may_be_ordered(run, process, process->findings[i]);
    for (size_t i = 0; i < process->finding_count; i++) {
        if (!why[i])
            continue;
        process->findings[i]->confidence = CONFIDENCE_POSSIBLE;
        process->findings[i]->detail = why[i];
    }
}

/* Findings that turned out to be none go. */
static void drop(struct process *process)
{
    size_t kept = 0;
    for (size_t i = 0; i < process->finding_count; i++)
        if (!process->findings[i]->dropped)
            process->findings[kept++] = process->findings[i];
    process->finding_count = kept;
}

static void process_judge(struct run *run, struct process *process, struct rules *rules)
{
    struct sources sources = {0};
    const char *unseen = unseen_order_of(process->recording, &run->arena);
    for (size_t i = 0; i < process->finding_count; i++)
        judge_order(process, &sources, unseen ? unseen : "", process->findings[i]);
    sources_finish(&sources);
    judge_dependence(run, process);
    drop(process);
    for (size_t i = 0; i < process->finding_count; i++) {
        struct finding *finding = process->findings[i];
        finding->possible = finding->confidence == CONFIDENCE_POSSIBLE && !finding->live;
        fingerprint_set(finding);
        finding->title = words_title(&run->arena, finding);
        finding->hidden_by = rules ? rules_match(rules, finding) : NULL;
        if (finding->hidden_by)
            run->suppressed++;
        else if (finding->live)
            ;
        else if (finding->possible)
            run->possible++;
        else if (finding->severity == SEVERITY_ERROR)
            run->errors++;
        else if (finding->severity == SEVERITY_WARNING)
            run->warnings++;
        else
            run->notes++;
    }
    if (process->finding_count)
        qsort(process->findings, process->finding_count, sizeof *process->findings, by_importance);
    run->reachable_blocks += process->recording->header.reachable_blocks;
    run->reachable_bytes += process->recording->header.reachable_bytes;
}

/* ---- a file or a folder ---- */

/* run_id: only of this run; 0 = any. */
static void add_recording(struct run *run, size_t *capacity, const char *path, uint64_t run_id)
{
    struct problem problem;
    struct recording *recording = recording_open(path, &problem);
    if (!recording) {
        struct unreadable *grown =
            arena_take(&run->arena, (run->unreadable_count + 1) * sizeof *grown);
        if (run->unreadable_count)
            memcpy(grown, run->unreadable, run->unreadable_count * sizeof *grown);
        grown[run->unreadable_count].path = arena_text(&run->arena, path, strlen(path));
        grown[run->unreadable_count].problem = problem;
        run->unreadable = grown;
        run->unreadable_count++;
        return;
    }
    if (run_id && recording->header.run_id != run_id) {
        recording_close(recording);
        return;
    }
    run->processes =
        array_grow(run->processes, run->process_count, capacity, sizeof *run->processes);
    run->processes[run->process_count++] = (struct process){.recording = recording};
}

static int add_folder(struct run *run, size_t *capacity, const char *path, uint64_t run_id,
                      struct problem *problem)
{
    const char **paths;
    size_t count = folder_recordings(&run->arena, path, &paths);
    if (!count) {
        problem_set(problem, "there are no recordings in %s.", path);
        return STATUS_UNREADABLE;
    }
    for (size_t i = 0; i < count; i++)
        add_recording(run, capacity, paths[i], run_id);
    return 0;
}

static int by_birth(const void *a, const void *b)
{
    const struct recording_header *left = &((const struct process *)a)->recording->header,
                                  *right = &((const struct process *)b)->recording->header;
    if (left->start_time != right->start_time)
        return left->start_time < right->start_time ? -1 : 1;
    return left->pid < right->pid ? -1 : left->pid > right->pid;
}

static int open_all(struct run *run, const char *path, uint64_t run_id, struct problem *problem)
{
    struct stat status;
    size_t capacity = 0;
    if (stat(path, &status)) {
        problem_set(problem, "cannot read %s: %s.", path, strerror(errno));
        return STATUS_UNREADABLE;
    }
    if (S_ISDIR(status.st_mode)) {
        int result = add_folder(run, &capacity, path, run_id, problem);
        if (result)
            return result;
    } else {
        add_recording(run, &capacity, path, run_id);
    }
    if (!run->process_count) {
        if (run->unreadable_count)
            *problem = run->unreadable[0].problem;
        else
            problem_set(problem, "there are no recordings of this run in %s.", path);
        return STATUS_UNREADABLE;
    }
    qsort(run->processes, run->process_count, sizeof *run->processes, by_birth);
    return 0;
}

int run_load(struct run *run, const char *path, uint64_t run_id, struct rules *rules,
             uint64_t threshold_ms, struct problem *problem)
{
    *run = (struct run){.store = symbol_store_create()};
    run->path = arena_text(&run->arena, path, strlen(path));
    int result = open_all(run, path, run_id, problem);
    for (size_t i = 0; !result && i < run->process_count; i++) {
        process_load(run, &run->processes[i], threshold_ms);
        process_judge(run, &run->processes[i], rules);
        run->processes[i].watched = watched_load(&run->arena, run->processes[i].recording,
                                                 &run->processes[i].watched_count);
        /* A run may have thousands of processes; the address space does not hold them all. */
        recording_unmap(run->processes[i].recording);
    }
    if (result)
        run_finish(run);
    return result;
}

void run_finish(struct run *run)
{
    for (size_t i = 0; i < run->process_count; i++) {
        struct process *process = &run->processes[i];
        free(process->findings);
        tracer_finish(&process->tracer);
        recording_close(process->recording);
    }
    free(run->processes);
    symbol_store_destroy(run->store);
    arena_finish(&run->arena);
}
