/* Words for what has an address: accesses, locks, and what lies there. */
#include "words.h"
#include <inttypes.h>
#include <string.h>

const char *words_path(const char *file, const char *directory)
{
    size_t length = strlen(directory);
    if (length > 1 && !strncmp(file, directory, length) && file[length] == '/')
        return file + length + 1;
    /* Rust's library: "/rustc/HASH/library/…" */
    const char *rust = strncmp(file, "/rustc/", 7) ? NULL : strchr(file + 7, '/');
    return rust ? rust + 1 : file;
}

/* ---- what lies there ---- */

/* "global variable, app.c:12" */
static const char *spot_kind(struct arena *arena, const struct process *process,
                             const struct spot *spot)
{
    const char *what = "global";
    if (spot->where == SPOT_THREAD_LOCAL)
        what = arena_print(arena, "thread-local of %s", words_thread(arena, process, spot->thread));
    if (!spot->file)
        return what;
    return arena_print(arena, "%s, %s:%u", what, words_path(spot->file, process->directory),
                       spot->line);
}

const char *words_spot(struct arena *arena, const struct process *process, const struct spot *spot)
{
    switch (spot->where) {
    case SPOT_GLOBAL:
    case SPOT_THREAD_LOCAL:
        return arena_print(arena, "%s (%s)", spot->name, spot_kind(arena, process, spot));
    case SPOT_STACK:
        return arena_print(arena, "the stack of %s", words_thread(arena, process, spot->thread));
    case SPOT_UNKNOWN:
        break;
    }
    return NULL;
}

/* The heap block of the finding that holds address. */
static const struct piece *block_around(const struct finding *finding, uint64_t address)
{
    for (unsigned i = 0; i < finding->piece_count; i++) {
        const struct piece *piece = &finding->pieces[i];
        if (piece->type == EVIDENCE_BLOCK && address - piece->a < (piece->b ? piece->b : 1))
            return piece;
    }
    return NULL;
}

const char *words_at(struct arena *arena, const struct finding *finding, const struct piece *piece)
{
    const struct piece *block = block_around(finding, piece->a);
    const char *known = words_spot(arena, finding->process, &piece->spot);
    if (block && block->a == piece->a)
        return arena_print(arena, "the start of a block of %s (0x%" PRIx64 ")",
                           words_bytes(arena, block->b), block->a);
    if (block)
        return arena_print(arena, "0x%" PRIx64 ", %" PRIu64 " bytes into a block of %s", piece->a,
                           piece->a - block->a, words_bytes(arena, block->b));
    if (piece->spot.where == SPOT_STACK)
        return arena_print(arena, "0x%" PRIx64 " on %s", piece->a, known);
    return known ? known : arena_print(arena, "0x%" PRIx64, piece->a);
}

/* ---- accesses ---- */

const char *words_access(struct arena *arena, const struct piece *piece)
{
    const char *atomic = piece->c & ACCESS_ATOMIC ? "atomic " : "";
    const char *what = piece->c & ACCESS_WRITE ? "write" : "read";
    if (piece->c & ACCESS_FREE)
        what = "release";
    else if (piece->b)
        what = arena_print(arena, "%s%s of %s", atomic, what, words_bytes(arena, piece->b));
    else
        what = arena_print(arena, "%s%s", atomic, what);
    return *piece->string ? arena_print(arena, "%s by %s", what, piece->string) : what;
}

static const struct piece *earlier_access(const struct finding *finding)
{
    for (unsigned i = 0; i < finding->piece_count; i++)
        if (finding->pieces[i].type == EVIDENCE_ACCESS && finding->pieces[i].role == ROLE_EARLIER)
            return &finding->pieces[i];
    return NULL;
}

static const char *by_thread(struct arena *arena, const struct finding *finding, uint32_t thread)
{
    const char *who = words_thread(arena, finding->process, thread);
    return *who ? arena_print(arena, " in %s", who) : "";
}

const char *words_access_what(struct arena *arena, const struct finding *finding,
                              const struct piece *piece)
{
    const struct piece *earlier = earlier_access(finding);
    const char *what = arena_print(
        arena, "%s%s %s %s", words_access(arena, piece), by_thread(arena, finding, piece->thread),
        piece->c & ACCESS_FREE ? "of" : "at", words_at(arena, finding, piece));
    if (!earlier || earlier == piece)
        return what;
    return arena_print(arena, "%s, earlier %s%s", what, words_access(arena, earlier),
                       by_thread(arena, finding, earlier->thread));
}

/* ---- locks ---- */

/* Locks without a name are numbered within their finding, so that the same one is seen to be. */
static unsigned lock_number(const struct finding *finding, const struct piece *lock)
{
    unsigned number = 1;
    for (unsigned i = 0; i < finding->piece_count; i++) {
        const struct piece *piece = &finding->pieces[i];
        bool first = piece->type == EVIDENCE_LOCK;
        if (first && piece->a == lock->a)
            break;
        for (unsigned k = 0; first && k < i; k++)
            first = finding->pieces[k].type != EVIDENCE_LOCK || finding->pieces[k].a != piece->a;
        number += first;
    }
    return number;
}

const char *words_lock_name(struct arena *arena, const struct finding *finding,
                            const struct piece *lock)
{
    if (*lock->string)
        return lock->string;
    if (lock->spot.name)
        return lock->spot.name;
    return arena_print(arena, "M%u", lock_number(finding, lock));
}

const char *words_lock(struct arena *arena, const struct finding *finding, const struct piece *lock)
{
    const struct word_info *kind = sync_info(lock->b & 0xffff);
    const char *mode = (lock->b >> 16 & 0xffff) == 2 ? " (for reading)" : "";
    return arena_print(arena, "%s %s%s", kind ? kind->phrase : "lock",
                       words_lock_name(arena, finding, lock), mode);
}

const char *words_lock_place(struct arena *arena, const struct finding *finding,
                             const struct piece *lock)
{
    if (*lock->string)
        return NULL;
    if (lock->spot.name)
        return spot_kind(arena, finding->process, &lock->spot);
    return words_at(arena, finding, lock);
}

const struct piece *finding_lock(const struct finding *finding, uint64_t address)
{
    for (unsigned i = 0; i < finding->piece_count; i++)
        if (finding->pieces[i].type == EVIDENCE_LOCK && finding->pieces[i].a == address)
            return &finding->pieces[i];
    return NULL;
}

const char *words_locks(struct arena *arena, const struct finding *finding)
{
    const char *list = "";
    unsigned count = 0;
    for (unsigned i = 0; i < finding->piece_count; i++) {
        const struct piece *lock = &finding->pieces[i];
        bool first = lock->type == EVIDENCE_LOCK;
        for (unsigned k = 0; first && k < i; k++)
            first = finding->pieces[k].type != EVIDENCE_LOCK || finding->pieces[k].a != lock->a;
        if (!first)
            continue;
        const struct word_info *kind = sync_info(lock->b & 0xffff);
        list = arena_print(arena, "%s%s%s %s", list, count++ ? ", " : "",
                           kind ? kind->phrase : "lock", words_lock_name(arena, finding, lock));
    }
    return list;
}
