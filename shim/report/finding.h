/*
 * Findings: what a detector has to say, written into the recording. A draft on the caller's stack
 * is filled and told; the same place (kind + stacks by role) told again only counts.
 *
 * Any thread, guard entered.
 */
#ifndef HOLDFAST_REPORT_FINDING_H
#define HOLDFAST_REPORT_FINDING_H

#include "format/recording.h"
#include "format/tables.h"
#include "state/thread.h"

#define FINDING_EVIDENCE_MAX 40u

struct finding {
    enum kind kind;
    uint8_t severity;   /* 0 = the kind's own */
    uint8_t confidence; /* finding_begin says CONFIDENCE_CERTAIN */
    uint32_t thread;
    uint32_t count; /* how many at once; finding_begin says 1 */
    uint64_t amount, amount2;
    uint32_t count2;
    uint32_t detail; /* strings */
    uint32_t evidence_count, evidence_room;
    struct evidence_row *evidence; /* its own, unless finding_room() said otherwise */
    struct evidence_row own[FINDING_EVIDENCE_MAX];
};

void finding_begin(struct finding *finding, enum kind kind, const struct thread *self);

/* The pieces go into this memory, which has room for more than its own. Before the first piece. */
void finding_room(struct finding *finding, struct evidence_row *evidence, uint32_t room);

/* One more piece of evidence, zeroed but for type and role; never NULL (the last one is reused when
   there are too many). */
struct evidence_row *finding_evidence(struct finding *finding, enum evidence type, enum role role);

/* A stack in its role; a stack id of 0 adds nothing. */
void finding_stack(struct finding *finding, enum role role, uint32_t stack, uint32_t thread);

/* The finding says that nothing orders two things, and was judged by calls alone: code with atomics
   of its own may have ordered them. It is likely at most; the command looks whether the program has
   such code, and then says "possible". */
void finding_unordered(struct finding *finding);

/* Writes it, or counts it when it is known. Returns its row, NULL when there is no room. */
struct finding_row *finding_tell(const struct finding *finding);

/* The same for who knows himself what is one finding: *told is its row once it was told by anybody,
   whatever other evidence that had; NULL before. Threads that tell it at once make one row. */
struct finding_row *finding_tell_once(const struct finding *finding, struct finding_row **told);

/* What this row says happened so many times more. */
void finding_again(struct finding_row *row, uint32_t times);

/* What was told of kind at the stack here (role HERE) turned out to be none: readers no longer see
   it. Told again it counts from one. */
void finding_take_back(enum kind kind, uint32_t here);

/* What this row says was so, and then ended well: one less of it, and when it was the only one, a
   note with this detail (strings). */
void finding_resolved(struct finding_row *row, uint32_t detail);

/* Rows by number, for who has to remember one. */
uint32_t finding_number(const struct finding_row *row);
struct finding_row *finding_row(uint32_t number);

/* In a fork's child: nothing is known yet. */
void finding_after_fork(void);

#endif
