/* --format json (one document) and jsonl (one finding a line): REPORTS §3; report.schema.json
   describes both. */
#include "render.h"
#include "suppress.h"
#include "words.h"
#include <jansson.h>
#include <string.h>
#include <time.h>

/* Strings in a recording are bytes of the program; JSON wants UTF-8. */
static json_t *text(const char *bytes)
{
    json_t *good = json_string(bytes);
    if (good || !bytes)
        return good;
    char *ascii = strdup(bytes);
    for (char *c = ascii; c && *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    good = json_string(ascii ? ascii : "");
    free(ascii);
    return good;
}

static void set_text(json_t *object, const char *key, const char *value)
{
    if (value && *value)
        json_object_set_new(object, key, text(value));
}

static void set_number(json_t *object, const char *key, uint64_t value)
{
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

/* "2026-11-21T08:45:30.123Z" for a CLOCK_MONOTONIC time of process. */
static void set_time(json_t *object, const char *key, const struct process *process, uint64_t time)
{
    const struct recording_header *header = &process->recording->header;
    uint64_t real = header->start_real_time + (time - header->start_time);
    time_t seconds = (time_t)(real / 1000000000);
    struct tm parts;
    char day[32], full[48];
    if (!time || !gmtime_r(&seconds, &parts) || parts.tm_year < 70 || parts.tm_year > 8000 ||
        !strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts))
        return;
    snprintf(full, sizeof full, "%s.%03uZ", day, (unsigned)(real / 1000000 % 1000));
    json_object_set_new(object, key, json_string(full));
}

static json_t *frame_json(const struct frame *frame)
{
    json_t *object = json_object();
    set_text(object, "function", frame->function);
    set_text(object, "file", frame->file);
    if (frame->line)
        set_number(object, "line", frame->line);
    if (frame->column)
        set_number(object, "column", frame->column);
    if (frame->module) {
        char id[41] = "";
        for (unsigned i = 0; i < frame->module->row.build_id_size; i++)
            sprintf(id + 2 * i, "%02x", frame->module->row.build_id[i]);
        set_text(object, "module", frame->module->path);
        set_text(object, "build_id", id);
    }
    set_number(object, "offset", frame->offset);
    json_object_set_new(object, "inlined", json_boolean(frame->inlined));
    return object;
}

static json_t *frames_json(const struct trace *trace)
{
    json_t *frames = json_array();
    for (unsigned i = 0; trace && i < trace->count; i++)
        json_array_append_new(frames, frame_json(&trace->frames[i]));
    return frames;
}

static json_t *stack_json(const char *role, uint32_t thread, const struct trace *trace)
{
    json_t *object = json_object();
    json_object_set_new(object, "role", text(role));
    if (thread)
        set_number(object, "thread", thread);
    if (trace->flags & (STACK_TRUNCATED | STACK_BROKEN))
        json_object_set_new(object, "cut", json_true());
    json_object_set_new(object, "frames", frames_json(trace));
    return object;
}

static const char *role_word(unsigned role)
{
    const struct word_info *info = role_info(role);
    return info ? info->word : "unknown";
}

static const char *sync_word(const struct piece *lock)
{
    const struct word_info *info = sync_info(lock->b & 0xffff);
    return info ? info->word : "lock";
}

static const char *scan_word(uint64_t scan)
{
    return scan == SCAN_DIRECT ? "direct" : scan == SCAN_INDIRECT ? "indirect" : NULL;
}

static void set_spot(json_t *object, const struct spot *spot)
{
    static const char *const places[] = {
        [SPOT_GLOBAL] = "global", [SPOT_THREAD_LOCAL] = "thread-local", [SPOT_STACK] = "stack"};
    if (spot->where == SPOT_UNKNOWN)
        return;
    json_object_set_new(object, "place", text(places[spot->where]));
    if (spot->thread)
        set_number(object, "owner", spot->thread);
    if (spot->name)
        json_object_set_new(object, "name", text(spot->name));
    if (!spot->file)
        return;
    json_object_set_new(object, "file", text(spot->file));
    set_number(object, "line", spot->line);
}

/* What is no stack, with the fields of its type: see evidence.def. */
static json_t *piece_json(struct output *output, const struct finding *finding,
                          const struct piece *piece)
{
    const struct word_info *type = evidence_info(piece->type);
    const struct handle_info *handle = handle_info((unsigned)piece->b);
    const struct wait_info *wait = wait_info((unsigned)piece->b);
    const struct word_info *place = place_info((unsigned)piece->b);
    json_t *object = json_object();
    json_object_set_new(object, "type", text(type ? type->word : "unknown"));
    json_object_set_new(object, "role", text(role_word(piece->role)));
    if (piece->thread)
        set_number(object, "thread", piece->thread);
    set_text(object, "text",
             piece->type == EVIDENCE_ACCESS ? words_at(&output->arena, finding, piece)
                                            : words_piece(&output->arena, finding, piece));
    set_text(object, "name", piece->string);
    switch (piece->type) {
    case EVIDENCE_BLOCK:
        set_number(object, "address", piece->a);
        set_number(object, "bytes", piece->b);
        set_number(object, "offset", piece->c);
        break;
    case EVIDENCE_HANDLE:
        set_number(object, "value", piece->a);
        set_text(object, "handle", handle ? handle->word : NULL);
        break;
    case EVIDENCE_THREAD:
        set_number(object, "state", piece->a);
        break;
    case EVIDENCE_WAIT:
        set_number(object, "value", piece->a);
        set_text(object, "wait", wait ? wait->word : NULL);
        set_spot(object, &piece->spot);
        set_time(object, "since", finding->process, piece->c);
        break;
    case EVIDENCE_LEAK:
        set_number(object, "blocks", piece->a);
        set_number(object, "bytes", piece->b);
        set_text(object, "leak", scan_word(piece->c));
        break;
    case EVIDENCE_ADDRESS:
        set_number(object, "address", piece->a);
        set_text(object, "place", place ? place->word : NULL);
        set_spot(object, &piece->spot);
        break;
    case EVIDENCE_ACCESS: /* as an object: what was touched */
        set_number(object, "address", piece->a);
        set_number(object, "bytes", piece->b);
        set_spot(object, &piece->spot);
        break;
    case EVIDENCE_LOCK:
        set_number(object, "address", piece->a);
        set_text(object, "lock", sync_word(piece));
        set_spot(object, &piece->spot);
        break;
    case EVIDENCE_CALL:
        if (piece->a)
            set_number(object, "errno", piece->a);
        break;
    }
    return object;
}

static void add_thread(json_t *threads, const struct process *process, uint32_t number)
{
    size_t i;
    json_t *known;
    struct thread_row row;
    json_array_foreach(threads, i, known) if (json_integer_value(json_object_get(
                                                  known, "number")) == number) return;
    if (!number)
        return;
    json_t *object = json_object();
    set_number(object, "number", number);
    if (process_thread(process, number, &row)) {
        char name[sizeof row.name + 1] = "";
        memcpy(name, row.name, sizeof row.name);
        set_text(object, "name", name);
        if (row.tid > 0)
            set_number(object, "tid", (uint64_t)row.tid);
        if (row.creator)
            set_number(object, "creator", row.creator);
        json_object_set_new(object, "main", json_boolean(row.flags & THREAD_MAIN));
    }
    json_array_append_new(threads, object);
}

/* Appends a stack and gives its index in the list. */
static uint64_t add_stack(json_t *stacks, unsigned role, uint32_t thread, const struct trace *trace)
{
    json_array_append_new(stacks, stack_json(role_word(role), thread, trace));
    return json_array_size(stacks) - 1;
}

/* The same, but once: a lock's initialisation is told with each piece that names the lock. */
static uint64_t add_initialised(json_t *stacks, const struct finding *finding,
                                const struct trace *trace)
{
    uint32_t thread = 0;
    for (unsigned i = 0; i < finding->piece_count; i++)
        if (finding->pieces[i].type == EVIDENCE_STACK &&
            finding->pieces[i].role == ROLE_INITIALISED && finding->pieces[i].trace == trace)
            thread = finding->pieces[i].thread;
    json_t *known, *stack = stack_json(role_word(ROLE_INITIALISED), thread, trace);
    size_t at;
    json_array_foreach(stacks, at, known) if (json_equal(known, stack)) break;
    if (at < json_array_size(stacks))
        json_decref(stack);
    else
        json_array_append_new(stacks, stack);
    return at;
}

/* Of a creation stack: which thread was created there; how many came from there. */
static void set_stack(json_t *stacks, uint64_t index, const struct piece *piece)
{
    json_t *stack = json_array_get(stacks, index);
    if (piece->about)
        set_number(stack, "created", piece->about);
    if (piece->type == EVIDENCE_STACK && piece->a)
        set_number(stack, "count", piece->a);
}

static json_t *access_json(const struct piece *piece, json_t *stacks)
{
    json_t *object = json_object();
    json_object_set_new(object, "role", text(role_word(piece->role)));
    set_number(object, "thread", piece->thread);
    json_object_set_new(object, "kind", text(piece->c & ACCESS_WRITE ? "write" : "read"));
    set_number(object, "size", piece->b);
    json_object_set_new(object, "atomic", json_boolean(piece->c & ACCESS_ATOMIC));
    if (piece->c & ACCESS_FREE)
        json_object_set_new(object, "release", json_true());
    set_number(object, "address", piece->a);
    set_text(object, "call", piece->string);
    if (piece->trace)
        set_number(object, "stack", add_stack(stacks, piece->role, piece->thread, piece->trace));
    return object;
}

static json_t *lock_json(struct output *output, const struct finding *finding,
                         const struct piece *piece, json_t *stacks)
{
    json_t *object = json_object();
    static const char *const modes[] = {"none", "write", "read"}; /* by enum held_mode */
    unsigned mode = piece->b >> 16 & 0xffff;
    json_object_set_new(object, "role", text(role_word(piece->role)));
    set_number(object, "thread", piece->thread);
    json_object_set_new(object, "name", text(words_lock_name(&output->arena, finding, piece)));
    json_object_set_new(object, "kind", text(sync_word(piece)));
    json_object_set_new(object, "mode", text(modes[mode < 3 ? mode : 0]));
    set_number(object, "address", piece->a);
    if (piece->trace)
        set_number(object, "acquired", add_stack(stacks, piece->role, piece->thread, piece->trace));
    if (piece->initialised)
        set_number(object, "initialised", add_initialised(stacks, finding, piece->initialised));
    return object;
}

static void set_evidence(struct output *output, json_t *object, const struct finding *finding)
{
    json_t *threads = json_array(), *stacks = json_array(), *evidence = json_array(),
           *accesses = json_array(), *locks = json_array();
    const struct piece *about = finding_object(finding);
    add_thread(threads, finding->process, finding->thread);
    for (unsigned i = 0; i < finding->piece_count; i++) {
        const struct piece *piece = &finding->pieces[i];
        add_thread(threads, finding->process, piece->thread);
        if (piece->type == EVIDENCE_ACCESS)
            json_array_append_new(accesses, access_json(piece, stacks));
        else if (piece->type == EVIDENCE_LOCK)
            json_array_append_new(locks, lock_json(output, finding, piece, stacks));
        else if (piece->trace && piece->role == ROLE_INITIALISED)
            add_initialised(stacks, finding, piece->trace);
        else if (piece->trace)
            set_stack(stacks, add_stack(stacks, piece->role, piece->thread, piece->trace), piece);
        bool listed = piece->type == EVIDENCE_STACK || piece->type == EVIDENCE_ACCESS ||
                      piece->type == EVIDENCE_LOCK;
        if (!listed && piece != about)
            json_array_append_new(evidence, piece_json(output, finding, piece));
    }
    json_object_set_new(object, "threads", threads);
    json_object_set_new(object, "stacks", stacks);
    json_object_set_new(object, "accesses", accesses);
    json_object_set_new(object, "locks", locks);
    json_object_set_new(object, "object",
                        about ? piece_json(output, finding, about) : json_object());
    json_object_set_new(object, "evidence", evidence);
}

static json_t *finding_json(struct output *output, const struct finding *finding)
{
    json_t *object = json_object();
    json_object_set_new(object, "kind", text(finding->kind->slug));
    json_object_set_new(object, "severity", text(severity_words[finding->severity]));
    json_object_set_new(object, "confidence", text(confidence_words[finding->confidence]));
    json_object_set_new(object, "title", text(finding->title));
    set_text(object, "detail", finding->detail);
    set_number(object, "count", finding->count);
    if (finding->bytes)
        set_number(object, "bytes", finding->bytes);
    if (finding->count2) {
        json_t *held = json_object();
        set_number(held, "blocks", finding->count2);
        set_number(held, "bytes", finding->bytes2);
        json_object_set_new(object, "indirect", held);
    }
    json_object_set_new(object, "fingerprint", text(finding->fingerprint));
    set_number(object, "fingerprint_version", FINGERPRINT_VERSION);
    json_object_set_new(object, "pid", json_integer(finding->process->recording->header.pid));
    set_text(object, "program", finding->process->program_path);
    set_time(object, "first_time", finding->process, finding->first_time);
    set_time(object, "last_time", finding->process, finding->last_time);
    json_object_set_new(object, "live", json_boolean(finding->live));
    set_evidence(output, object, finding);
    json_object_set_new(object, "advice", text(finding->kind->advice));
    return object;
}

/* ---- run ---- */

static const char *const fate_words[] = {[FATE_ENDED] = "ended",
                                         [FATE_CRASHED] = "crashed",
                                         [FATE_VANISHED] = "killed",
                                         [FATE_LIVE] = "running",
                                         [FATE_EXECED] = "replaced"};

static json_t *memory_json(const struct process *process)
{
    const struct recording_header *header = &process->recording->header;
    json_t *memory = json_object();
    json_object_set_new(memory, "scanned", json_boolean(header->scanned));
    if (header->scanned) {
        set_number(memory, "reachable_blocks", header->reachable_blocks);
        set_number(memory, "reachable_bytes", header->reachable_bytes);
        set_number(memory, "direct_blocks", header->direct_blocks);
        set_number(memory, "direct_bytes", header->direct_bytes);
        set_number(memory, "indirect_blocks", header->indirect_blocks);
        set_number(memory, "indirect_bytes", header->indirect_bytes);
        set_number(memory, "scan_nanoseconds", header->scan_time);
    }
    if (process->fate == FATE_ENDED || process->fate == FATE_EXECED)
        return memory;
    set_number(memory, "live_blocks", process->live_blocks);
    set_number(memory, "live_bytes", process->live_bytes);
    json_t *live = json_array();
    for (size_t i = 0; i < process->live_memory_count; i++) {
        json_t *row = json_object();
        set_number(row, "blocks", process->live_memory[i].blocks);
        set_number(row, "bytes", process->live_memory[i].bytes);
        json_object_set_new(row, "frames", frames_json(process->live_memory[i].trace));
        json_array_append_new(live, row);
    }
    json_object_set_new(memory, "live", live);
    return memory;
}

static json_t *process_json(const struct process *process)
{
    const struct recording_header *header = &process->recording->header;
    json_t *object = json_object(), *unobserved = json_array();
    json_object_set_new(object, "pid", json_integer(header->pid));
    json_object_set_new(object, "parent_pid", json_integer(header->parent_pid));
    json_object_set_new(object, "program", text(process->program_path));
    json_object_set_new(object, "command_line", text(process->command_line));
    set_text(object, "directory", process->directory);
    json_object_set_new(object, "state", text(fate_words[process->fate]));
    json_object_set_new(object, "ending", text(process->ending));
    bool signaled = header->ending == ENDING_SIGNAL || header->ending == ENDING_CRASH;
    bool exited = header->ending == ENDING_EXIT || header->ending == ENDING_FAST_EXIT ||
                  header->ending == ENDING_LAST_THREAD;
    if (signaled || exited)
        json_object_set_new(object, signaled ? "signal" : "status", json_integer(header->status));
    set_time(object, "start_time", process, header->start_time);
    set_time(object, "end_time", process, header->end_time);
    for (unsigned bit = 0; bit < 32; bit++)
        if (header->unobserved >> bit & 1 && words_unobserved(bit))
            json_array_append_new(unobserved, text(words_unobserved(bit)));
    json_object_set_new(object, "unobserved", unobserved);
    json_object_set_new(object, "memory", memory_json(process));
    if (process->crash_trace) {
        json_object_set_new(object, "crash",
                            stack_json("crashed", header->crash_thread, process->crash_trace));
        json_object_set_new(object, "crash_address",
                            json_integer((json_int_t)header->crash_address));
    }
    set_text(object, "recording", process->recording->path);
    return object;
}

static json_t *run_json(const struct run *run)
{
    json_t *object = json_object(), *processes = json_array();
    char id[20];
    snprintf(id, sizeof id, "%016llx",
             (unsigned long long)run->processes[0].recording->header.run_id);
    json_object_set_new(object, "id", json_string(id));
    json_object_set_new(object, "holdfast", json_string(HOLDFAST_VERSION));
    set_text(object, "path", run->path);
    set_number(object, "errors", run->errors);
    set_number(object, "warnings", run->warnings);
    set_number(object, "notes", run->notes);
    set_number(object, "possible", run->possible);
    set_number(object, "suppressed", run->suppressed);
    for (size_t i = 0; i < run->process_count; i++)
        json_array_append_new(processes, process_json(&run->processes[i]));
    json_object_set_new(object, "processes", processes);
    json_t *unreadable = json_array();
    for (size_t i = 0; i < run->unreadable_count; i++)
        json_array_append_new(unreadable, text(run->unreadable[i].problem.text));
    json_object_set_new(object, "unreadable", unreadable);
    return object;
}

static void dump(struct output *output, json_t *object, size_t flags)
{
    json_dumpf(object, output->out, flags);
    json_decref(object);
    arena_finish(&output->arena);
}

/* ---- the two formats ---- */

/* state: not NULL once a finding was written */
static void json_begin(struct output *output)
{
    fputs("{\n\"version\": 1,\n\"run\": ", output->out);
    dump(output, run_json(output->run), JSON_INDENT(2));
    fputs(",\n\"findings\": [", output->out);
}

static void json_finding(struct output *output, const struct finding *finding)
{
    fputs(output->state ? ",\n" : "\n", output->out);
    output->state = output;
    dump(output, finding_json(output, finding), JSON_COMPACT);
}

static void json_end(struct output *output)
{
    fputs("\n]\n}\n", output->out);
}

static void jsonl_begin(struct output *output)
{
}

static void jsonl_finding(struct output *output, const struct finding *finding)
{
    dump(output, finding_json(output, finding), JSON_COMPACT);
    fputc('\n', output->out);
}

const struct renderer render_json = {json_begin, NULL, json_finding, json_end, false};
const struct renderer render_jsonl = {jsonl_begin, NULL, jsonl_finding, jsonl_begin, false};
