/*
 * Where code of the program was moved to (shim/rewrite), and how the program sees a thread that
 * runs there: at its own instruction, with its own registers.
 *
 * One entry per rewritten module, with the rows of its image (format/rewrite.h). Code that runs
 * moved borrows registers and keeps what was in them in rewrite_slots; from the row of an address
 * follows what has to be put right. Used where contexts of signals are shown to the program, by
 * walks and the leak scan, and by the handler of traps (rewrite/net).
 *
 * Entries are written by one thread at a time (LOCK_REWRITE) and read by any thread at any time, in
 * signal handlers too. The memory of their rows stays until the module is gone.
 */
#ifndef HOLDFAST_STATE_MOVED_H
#define HOLDFAST_STATE_MOVED_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#include "base/memory.h"
#include "format/rewrite.h"

/* What moved code keeps of the program's registers, and what it checks accesses with
   (state/slots.h). */
extern __thread struct rewrite_slots rewrite_slots
    __attribute__((visibility("hidden"), aligned(64)));

struct moved_module {
    uintptr_t code_start, code_end; /* code_start 0: no entry. Written last, atomic */
    uintptr_t text_start, text_end;
    const struct rewrite_moved *rows; /* by code offset */
    const uint32_t *by_text;          /* indices of rows, by text offset */
    uint32_t count, by_text_count;
    const struct rewrite_site *sites; /* by number (SITE_WORD_ROW) */
    uint32_t site_count;
    void *owner; /* of rewrite/ */
};

#define MOVED_MODULES_MAX 1024u
extern struct moved_module moved_modules[MOVED_MODULES_MAX] __attribute__((visibility("hidden")));
/* How many entries were ever used; 0: nothing was moved in this process. Atomic. */
extern uint32_t moved_modules_used __attribute__((visibility("hidden")));

static inline bool moved_any(void)
{
    return unlikely(__atomic_load_n(&moved_modules_used, __ATOMIC_ACQUIRE) != 0);
}

/* Adds an entry; NULL when there is no room. */
struct moved_module *moved_add(const struct moved_module *module);
void moved_remove(struct moved_module *module);

/* The entry whose moved code, or whose text, holds an address; NULL: none. */
const struct moved_module *moved_by_code(uintptr_t pc);
const struct moved_module *moved_by_text(uintptr_t pc);

/* The row of an address in moved code; NULL: between rows. */
const struct rewrite_moved *moved_row(const struct moved_module *module, uintptr_t pc);

/* The row at whose start code goes on that comes to the instruction at pc in the text; behind its
   check when checked. NULL: that instruction was not moved. */
const struct rewrite_moved *moved_entry(const struct moved_module *module, uintptr_t pc,
                                        bool checked);

/* Where the program is that has row's code at its program counter. */
static inline uintptr_t moved_program_pc(const struct moved_module *module,
                                         const struct rewrite_moved *row)
{
    return module->text_start + row->text + (row->state & MOVED_DONE ? row->length : 0);
}

/* pc, or the program's when pc lies in moved code; *ret_lift: by how much its stack pointer is too
   low. */
uintptr_t moved_translate(uintptr_t pc, uintptr_t *ret_lift);

/* The same for a word of slots: registers of an interrupted thread that moved code has borrowed. */
#define MOVED_REGISTERS 23 /* of gregs in a ucontext_t */

/* Puts registers right, as the program would have them; slots of the same thread. False, and
   nothing done, when it does not run moved code. */
bool moved_to_program(greg_t *registers, const struct rewrite_slots *slots);

/* The program's registers, with pc at row's instruction, go on at the row's start. */
void moved_enter(const struct moved_module *module, const struct rewrite_moved *row,
                 greg_t *registers, struct rewrite_slots *slots);

/* For the time in which a handler of the program runs on this thread. */
struct moved_shown {
    struct rewrite_slots slots; /* as they were */
    bool moved;                 /* the context was in moved code; the rest is valid */
    greg_t was[MOVED_REGISTERS], shown[MOVED_REGISTERS];
};
void moved_show(struct moved_shown *shown, ucontext_t *context);
/* The handler has returned: goes on where it was, with what the handler changed. */
void moved_hide(struct moved_shown *shown, ucontext_t *context);

#endif
