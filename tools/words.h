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

#endif
