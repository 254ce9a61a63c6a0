/*
 * Words for people: amounts, durations, and the one-line titles of findings. Titles are made from
 * the kind's row and the evidence; nothing here asks which kind it is.
 */
#ifndef HOLDFAST_TOOLS_WORDS_H
#define HOLDFAST_TOOLS_WORDS_H

#include "model.h"

/* "1,234 bytes", "12.3 KiB"; in the arena. */
const char *words_bytes(struct arena *arena, uint64_t bytes);
/* "1,234" */
const char *words_number(struct arena *arena, uint64_t number);
/* "3 blocks", "1 block" */
const char *words_count(struct arena *arena, uint64_t count, const char *one);
/* "1.5 s", "20 ms", "3 min 20 s" from ns */
const char *words_duration(struct arena *arena, uint64_t ns);
/* "SIGSEGV" for 11, "signal 99" for others */
const char *words_signal(struct arena *arena, int number);
/* "thread 3 (worker)", "the main thread", "" for 0 */
const char *words_thread(struct arena *arena, const struct process *process, uint32_t number);
/* What one piece of evidence says; NULL when it is only a stack. */
const char *words_piece(struct arena *arena, const struct finding *finding,
                        const struct piece *piece);
/* The piece that says most; NULL when there are only stacks. */
const struct piece *finding_main_piece(const struct finding *finding);
/* What it is about, as a thing: the block or variable of an access. NULL: there is none. */
const struct piece *finding_object(const struct finding *finding);
/* What exactly, without the kind's title: "descriptor 5, file /tmp/x (3 times)"; "" when the
   evidence says nothing. */
const char *words_what(struct arena *arena, const struct finding *finding);
/* The finding in one line: kind's title and what exactly. */
const char *words_title(struct arena *arena, const struct finding *finding);
/* How a process came to its end. */
const char *words_ending(struct arena *arena, const struct process *process);
/* What unobserved bit i (of enum unobserved) means, NULL when it has no words. */
const char *words_unobserved(unsigned bit);

extern const char *const severity_words[], *const confidence_words[]; /* by number */

/* ---- words_address.c ---- */

/* A source file's path as people know it: relative to directory where it lies in it. */
const char *words_path(const char *file, const char *directory);
/* "table.count (global, app.c:12)", "the stack of thread 2"; NULL when nothing is known. */
const char *words_spot(struct arena *arena, const struct process *process, const struct spot *spot);
/* What lies at a piece's address, in whatever words there are. */
const char *words_at(struct arena *arena, const struct finding *finding, const struct piece *piece);
/* "write of 4 bytes", "atomic read of 8 bytes by memcpy" */
const char *words_access(struct arena *arena, const struct piece *piece);
/* The same with where and who, and what came earlier. */
const char *words_access_what(struct arena *arena, const struct finding *finding,
                              const struct piece *piece);
/* The first piece about the lock at address; NULL: none is. */
const struct piece *finding_lock(const struct finding *finding, uint64_t address);
/* "table.lock", "M1" */
const char *words_lock_name(struct arena *arena, const struct finding *finding,
                            const struct piece *lock);
/* "mutex table.lock", "read-write lock M2 (for reading)" */
const char *words_lock(struct arena *arena, const struct finding *finding,
                       const struct piece *lock);
/* What is known of a lock besides its name: "global, app.c:12", "0x5000"; NULL nothing. */
const char *words_lock_place(struct arena *arena, const struct finding *finding,
                             const struct piece *lock);
/* All locks of a finding: "mutex A, mutex B"; "" for none. */
const char *words_locks(struct arena *arena, const struct finding *finding);

#endif
