#include "ledger.h"

#include <stdlib.h>

/* Makes room for one more row of `size` bytes. */
static bool grow(void **rows, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return true;
    size_t more = *room ? *room * 2 : 1024;
    void *bigger = realloc(*rows, more * size);
    if (!bigger)
        return false;
    *rows = bigger;
    *room = more;
    return true;
}

void ledger_slot(struct ledger *ledger, uint32_t code_offset)
{
    if (!grow((void **)&ledger->slots, ledger->slot_count, &ledger->slot_room,
              sizeof *ledger->slots)) {
        ledger->failed = true;
        return;
    }
    ledger->slots[ledger->slot_count++] = code_offset;
}

void ledger_end(struct ledger *ledger, uint32_t code_offset)
{
    if (!ledger->moved_count)
        return;
    struct rewrite_moved *last = &ledger->moved[ledger->moved_count - 1];
    if (last->size)
        return; /* ended before */
    last->size = (uint16_t)(code_offset - last->code);
    if (!last->size)
        ledger->moved_count--;
}

void ledger_row(struct ledger *ledger, uint32_t code_offset, const struct insn *insn, uint8_t state,
                int scratch)
{
    ledger_end(ledger, code_offset);
    struct rewrite_moved row = {.code = code_offset,
                                .text = insn->offset,
                                .length = insn->length & 15,
                                .state = state,
                                .scratch = state & MOVED_BORROWED ? scratch & 15 : 0};
    if (ledger->moved_count) {
        struct rewrite_moved *last = &ledger->moved[ledger->moved_count - 1];
        if (last->code + last->size == code_offset && last->text == row.text &&
            last->state == row.state && last->scratch == row.scratch) {
            last->size = 0; /* goes on */
            return;
        }
    }
    if (!grow((void **)&ledger->moved, ledger->moved_count, &ledger->moved_room,
              sizeof *ledger->moved)) {
        ledger->failed = true;
        return;
    }
    ledger->moved[ledger->moved_count++] = row;
}

void ledger_finish(struct ledger *ledger)
{
    free(ledger->slots);
    free(ledger->moved);
    *ledger = (struct ledger){0};
}
