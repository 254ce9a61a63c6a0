#include "words.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *const severity_words[] = {"note", "note", "warning", "error"};
const char *const confidence_words[] = {"possible", "possible", "likely", "certain"};

const char *words_number(struct arena *arena, uint64_t number)
{
    char plain[24];
    int length = snprintf(plain, sizeof plain, "%" PRIu64, number);
    char *text = arena_take(arena, 32), *out = text;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            *out++ = ',';
        *out++ = plain[i];
    }
    return text;
}

const char *words_count(struct arena *arena, uint64_t count, const char *one)
{
    return arena_print(arena, "%s %s%s", words_number(arena, count), one, count == 1 ? "" : "s");
}

const char *words_bytes(struct arena *arena, uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 10000)
        return words_count(arena, bytes, "byte");
    double amount = (double)bytes / 1024;
    unsigned unit = 0;
    for (; amount >= 1000 && unit < 5; unit++)
        amount /= 1024;
    return arena_print(arena, amount < 100 ? "%.1f %s" : "%.0f %s", amount, units[unit]);
}

const char *words_duration(struct arena *arena, uint64_t ns)
{
    if (ns < 1000000)
        return arena_print(arena, "%" PRIu64 " µs", ns / 1000);
    if (ns < 1000000000)
        return arena_print(arena, "%" PRIu64 " ms", ns / 1000000);
    uint64_t seconds = ns / 1000000000;
    if (seconds < 60)
        return arena_print(arena, "%.1f s", (double)ns / 1e9);
    if (seconds < 3600)
        return arena_print(arena, "%" PRIu64 " min %" PRIu64 " s", seconds / 60, seconds % 60);
    return arena_print(arena, "%" PRIu64 " h %" PRIu64 " min", seconds / 3600, seconds / 60 % 60);
}

const char *words_signal(struct arena *arena, int number)
{
    const char *name = sigabbrev_np(number);
    return name ? arena_print(arena, "SIG%s", name) : arena_print(arena, "signal %d", number);
}

const char *words_thread(struct arena *arena, const struct process *process, uint32_t number)
{
    struct thread_row row;
    if (!number)
        return "";
    if (!process_thread(process, number, &row))
        return arena_print(arena, "thread %" PRIu32, number);
    if (row.flags & THREAD_MAIN)
        return "the main thread";
    char name[sizeof row.name + 1] = "";
    memcpy(name, row.name, sizeof row.name);
    for (char *c = name; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    /* Threads that were never named carry the program's name (cut to 15): that says nothing. */
    bool named = *name && strncmp(name, process->program, strlen(name));
    return named ? arena_print(arena, "thread %" PRIu32 " (%s)", number, name)
                 : arena_print(arena, "thread %" PRIu32, number);
}

/* ---- evidence ---- */

static const char *handle_words(struct arena *arena, const struct piece *piece)
{
    const struct handle_info *info = handle_info((unsigned)piece->b);
    const char *what = info ? info->phrase : "handle";
    bool descriptor = !info || info->leak == KIND_FD_LEAK;
    if (descriptor) {
        /* Signed: a number that never was a descriptor is often -1. */
        const char *number = arena_print(arena, "descriptor %" PRId64, (int64_t)piece->a);
        if (*piece->string)
            return arena_print(arena, "%s, %s %s", number, what, piece->string);
        return piece->b == HANDLE_KIND_FD_OTHER ? number
                                                : arena_print(arena, "%s, %s", number, what);
    }
    return *piece->string ? arena_print(arena, "%s %s", what, piece->string)
                          : arena_print(arena, "%s at 0x%" PRIx64, what, piece->a);
}

static const char *block_words(struct arena *arena, const struct piece *piece)
{
    const char *block =
        arena_print(arena, "block of %s at 0x%" PRIx64, words_bytes(arena, piece->b), piece->a);
    if (piece->c)
        block = arena_print(arena, "0x%" PRIx64 ", %" PRIu64 " bytes %s a %s", piece->a + piece->c,
                            piece->c < piece->b ? piece->c : piece->c - piece->b,
                            piece->c < piece->b ? "into" : "past the end of", block);
    return *piece->string ? arena_print(arena, "%s, from %s", block, piece->string) : block;
}

static const char *leak_words(struct arena *arena, const struct finding *finding,
                              const struct piece *piece)
{
    const char *text = arena_print(arena, "%s, %s", words_bytes(arena, piece->b),
                                   words_count(arena, piece->a, "block"));
    if (piece->c == SCAN_INDIRECT)
        text = arena_print(arena, "%s, held only by other leaked blocks", text);
    else if (finding->count2)
        text = arena_print(arena, "%s, and through it %s in %s", text,
                           words_bytes(arena, finding->bytes2),
                           words_count(arena, finding->count2, "more block"));
    return text;
}

static const char *thread_words(struct arena *arena, const struct finding *finding,
                                const struct piece *piece)
{
    static const char *const states[] = {
        [THREAD_STARTING] = "not started yet",
        [THREAD_RUNNING] = "still running",
        [THREAD_ENDED] = "ended",
    };
    const char *who = words_thread(arena, finding->process, piece->thread);
    if (!*who)
        who = "a thread";
    const char *state =
        piece->a && piece->a < sizeof states / sizeof states[0] ? states[piece->a] : "";
    if (piece->role == ROLE_ACQUIRED)
        who = arena_print(arena, "held by %s", who);
    return *state ? arena_print(arena, "%s, %s", who, state) : who;
}

static const char *wait_words(struct arena *arena, const struct finding *finding,
                              const struct piece *piece)
{
    const struct wait_info *info = wait_info((unsigned)piece->b);
    const char *who = words_thread(arena, finding->process, piece->thread);
    const char *what = info ? info->phrase : "something";
    const char *spot = words_spot(arena, finding->process, &piece->spot);
    const struct piece *lock = info && info->object == OBJECT_ADDRESS && !*piece->string
                                   ? finding_lock(finding, piece->a)
                                   : NULL;
    if (lock)
        what = arena_print(arena, "%s (%s)", what, words_lock_name(arena, finding, lock));
    else if (info && info->object == OBJECT_ADDRESS && !*piece->string && piece->spot.name)
        what = arena_print(arena, "%s (%s)", what, piece->spot.name);
    else if (info && info->object == OBJECT_ADDRESS && !*piece->string && spot)
        what = arena_print(arena, "%s at 0x%" PRIx64 " on %s", what, piece->a, spot);
    else if (info && info->object == OBJECT_ADDRESS)
        what = *piece->string ? arena_print(arena, "%s (%s)", what, piece->string)
                              : arena_print(arena, "%s at 0x%" PRIx64, what, piece->a);
    else if (info && info->object == OBJECT_FD)
        what = *piece->string
                   ? arena_print(arena, "%s %" PRIu64 " (%s)", what, piece->a, piece->string)
                   : arena_print(arena, "%s %" PRIu64, what, piece->a);
    else if (info && info->object == OBJECT_THREAD)
        what = arena_print(arena, "%s %" PRIu64, what, piece->a);
    const struct recording_header *header = &finding->process->recording->header;
    uint64_t now = header->end_time ? header->end_time : finding->last_time;
    if (!*who)
        who = "a thread";
    if (piece->c && now > piece->c)
        return arena_print(arena, "%s has waited %s for %s", who,
                           words_duration(arena, now - piece->c), what);
    return arena_print(arena, "%s waits for %s", who, what);
}

static const char *address_words(struct arena *arena, const struct finding *finding,
                                 const struct piece *piece)
{
    const struct word_info *place = place_info((unsigned)piece->b);
    const char *spot = words_spot(arena, finding->process, &piece->spot);
    if (spot && (piece->spot.name || piece->b == PLACE_STACK || piece->b == PLACE_UNKNOWN))
        return arena_print(arena, "0x%" PRIx64 " in %s", piece->a, spot);
    const char *text = arena_print(arena, "0x%" PRIx64 " in %s", piece->a,
                                   place ? place->phrase : "memory of unknown origin");
    return *piece->string ? arena_print(arena, "%s (%s)", text, piece->string) : text;
}

static const char *call_words(struct arena *arena, const struct piece *piece)
{
    const char *name = *piece->string ? piece->string : "the call";
    const char *error = piece->a && piece->a < 4096 ? strerrorname_np((int)piece->a) : NULL;
    return arena_print(arena, error ? "%s returned %s" : "in a call of %s", name, error);
}

const char *words_piece(struct arena *arena, const struct finding *finding,
                        const struct piece *piece)
{
    switch (piece->type) {
    case EVIDENCE_BLOCK:
        return block_words(arena, piece);
    case EVIDENCE_HANDLE:
        return handle_words(arena, piece);
    case EVIDENCE_THREAD:
        return thread_words(arena, finding, piece);
    case EVIDENCE_WAIT:
        return wait_words(arena, finding, piece);
    case EVIDENCE_LEAK:
        return leak_words(arena, finding, piece);
    case EVIDENCE_ADDRESS:
        return address_words(arena, finding, piece);
    case EVIDENCE_CALL:
        return call_words(arena, piece);
    case EVIDENCE_ACCESS:
        return words_access_what(arena, finding, piece);
    case EVIDENCE_LOCK:
        return words_lock(arena, finding, piece);
    default:
        return NULL;
    }
}

/* More than there are types of evidence. */
#define TYPES_MAX 32

static const struct piece *best_piece(const struct finding *finding, const unsigned char *rank)
{
    const struct piece *best = NULL;
    unsigned best_rank = 0;
    for (unsigned i = 0; i < finding->piece_count; i++) {
        const struct piece *piece = &finding->pieces[i];
        bool lock = piece->type == EVIDENCE_LOCK && piece->role != ROLE_HERE;
        if (piece->type < TYPES_MAX && !lock && rank[piece->type] > best_rank) {
            best = piece;
            best_rank = rank[piece->type];
        }
    }
    return best;
}

/* By type: what it is about comes before who did it. Of locks only the one that it is about. */
const struct piece *finding_main_piece(const struct finding *finding)
{
    static const unsigned char rank[TYPES_MAX] = {
        [EVIDENCE_LEAK] = 9,    [EVIDENCE_WAIT] = 8,   [EVIDENCE_HANDLE] = 7,
        [EVIDENCE_ACCESS] = 6,  [EVIDENCE_LOCK] = 5,   [EVIDENCE_BLOCK] = 4,
        [EVIDENCE_ADDRESS] = 3, [EVIDENCE_THREAD] = 2, [EVIDENCE_CALL] = 1};
    return best_piece(finding, rank);
}

const struct piece *finding_object(const struct finding *finding)
{
    static const unsigned char rank[TYPES_MAX] = {
        [EVIDENCE_LEAK] = 9,   [EVIDENCE_WAIT] = 8,   [EVIDENCE_HANDLE] = 7,
        [EVIDENCE_LOCK] = 6,   [EVIDENCE_BLOCK] = 5,  [EVIDENCE_ADDRESS] = 4,
        [EVIDENCE_ACCESS] = 3, [EVIDENCE_THREAD] = 2, [EVIDENCE_CALL] = 1};
    return best_piece(finding, rank);
}

const char *words_what(struct arena *arena, const struct finding *finding)
{
    const struct piece *piece = finding_main_piece(finding);
    const char *what = piece ? words_piece(arena, finding, piece) : words_locks(arena, finding);
    /* A leak's own evidence counts its blocks; the others say one and how often. */
    if (finding->count > 1 && (!piece || piece->type != EVIDENCE_LEAK))
        what = arena_print(arena, "%s%s%s times%s", what, *what ? " (" : "",
                           words_number(arena, finding->count), *what ? ")" : "");
    return what;
}

const char *words_title(struct arena *arena, const struct finding *finding)
{
    const char *what = words_what(arena, finding);
    if (!*what)
        return finding->kind->title;
    /* The kind's title speaks of the end; what is merely held so far is named as it is. */
    return finding->live ? what : arena_print(arena, "%s: %s", finding->kind->title, what);
}

/* ---- processes ---- */

const char *words_ending(struct arena *arena, const struct process *process)
{
    const struct recording_header *header = &process->recording->header;
    switch (process->fate) {
    case FATE_LIVE:
        return "running";
    case FATE_VANISHED:
        if (header->state == PROCESS_ENDING)
            return "killed in the middle of its last look";
        return "killed without warning (SIGKILL, or a crash that left no time)";
    case FATE_EXECED:
        return "replaced by another program (exec)";
    case FATE_CRASHED:
    case FATE_ENDED:
        break;
    }
    switch (header->ending) {
    case ENDING_EXIT:
        return arena_print(arena, "exit status %d", header->status);
    case ENDING_FAST_EXIT:
        return arena_print(arena, "_exit status %d", header->status);
    case ENDING_SIGNAL:
        return arena_print(arena, "ended by %s", words_signal(arena, header->status));
    case ENDING_CRASH:
        return arena_print(arena, "crashed with %s", words_signal(arena, header->status));
    case ENDING_LAST_THREAD:
        return "ended with its last thread";
    default:
        return "ended";
    }
}

const char *words_unobserved(unsigned bit)
{
    static const char *const words[] = {
        "Memory was not watched: the program brings its own malloc.",
        "Not all memory was watched: the recording had no room for more blocks "
        "(--recording-size raises the limit).",
        "The recording is not complete: the file system was full.",
        "Some stacks are missing: the recording had no room for more "
        "(--recording-size raises the limit).",
        "The search for leaks is not complete: a thread could not be stopped or memory not be "
        "read.",
        "Not all threads were watched: the recording had no room for more.",
        "Not all descriptors and streams were watched: the recording had no room for more.",
        "Not all findings were kept: the recording had no room for more.",
        "Leaks of memory were not looked for: this way of ending (or an option) leaves no time for "
        "it.",
        "Some data races may be missing: the history of accesses reached its limit and the oldest "
        "reads were forgotten (--shadow-size raises it).",
        "Data races were not looked for all the time: memory was short, or too many threads ran at "
        "once.",
        "Some lock orders may be missing: there were more than are kept.",
        "Some data races may be missing: so many threads ended without being joined that what the "
        "first of "
        "them did was taken for known.",
    };
    return bit < sizeof words / sizeof words[0] ? words[bit] : NULL;
}
