#include "detect/heap_misuse.h"

#include "base/recording.h"
#include "base/text.h"
#include "report/finding.h"
#include "state/place.h"
#include "state/stack.h"

static const char *const family_words[] = {
    [FAMILY_MALLOC] = "malloc", [FAMILY_NEW] = "new", [FAMILY_NEW_ARRAY] = "new[]"};

static void add_block(struct finding *finding, const struct block_row *row, uint64_t offset)
{
    struct evidence_row *block = finding_evidence(finding, EVIDENCE_BLOCK, ROLE_ALLOCATED);
    block->a = block_address(row);
    block->b = block_size(row);
    block->c = offset;
    block->string = string_keep(family_words[block_family_of(row)]);
    finding_stack(finding, ROLE_ALLOCATED, row->stack, row->thread);
}

static void add_call(struct finding *finding, const char *called)
{
    finding_evidence(finding, EVIDENCE_CALL, ROLE_HERE)->string = string_keep(called);
}

static void tell_double_free(struct thread *self, const struct block_row *row, uint32_t here,
                             const char *called)
{
    struct finding finding;
    finding_begin(&finding, KIND_DOUBLE_FREE, self);
    finding_stack(&finding, ROLE_HERE, here, self->number);
    finding_stack(&finding, ROLE_FREED, row->freed_stack, 0);
    add_block(&finding, row, 0);
    add_call(&finding, called);
    finding_tell(&finding);
}

static void tell_mismatch(struct thread *self, const struct block_row *row, uint32_t here,
                          const char *called)
{
    struct finding finding;
    finding_begin(&finding, KIND_ALLOC_MISMATCH, self);
    finding_stack(&finding, ROLE_HERE, here, self->number);
    add_block(&finding, row, 0);
    add_call(&finding, called);
    finding_tell(&finding);
}

/* The live block that address lies in. A fork's child frees many blocks that its parent made and
   that have no rows: no long search for each, though one in a block of the child's own is found. */
static const struct block_row *around_of(uintptr_t address)
{
    if (!recording->forked)
        return block_around(address);
    const struct block_row *row = block_holding(address);
    return row && block_state_of(row) == BLOCK_LIVE ? row : NULL;
}

/* An address that no allocation returned, as far as we saw. Only what is certain is told; a pointer
   into memory of unknown origin is another allocator's and is adopted silently. */
static void tell_bad_free(struct thread *self, uintptr_t address, const void *frame,
                          const char *called)
{
    struct finding finding;
    const struct block_row *around = around_of(address);
    finding_begin(&finding, KIND_BAD_FREE, self);
    if (around) {
        finding_stack(&finding, ROLE_HERE, stack_here(self, frame), self->number);
        add_block(&finding, around, address - block_address(around));
    } else {
        const char *module = NULL;
        enum place place = place_of(self, address, &module);
        if (place == PLACE_UNKNOWN || place == PLACE_MAPPING)
            return;
        finding_stack(&finding, ROLE_HERE, stack_here(self, frame), self->number);
        struct evidence_row *where = finding_evidence(&finding, EVIDENCE_ADDRESS, ROLE_HERE);
        where->a = address;
        where->b = place;
        where->string = string_keep(module);
    }
    add_call(&finding, called);
    finding_tell(&finding);
}

void heap_release_odd(struct thread *self, struct block_row *row, uintptr_t address,
                      enum block_family family, const void *frame, const char *called)
{
    if (!row) {
        tell_bad_free(self, address, frame, called);
        return;
    }
    switch (block_state_of(row)) {
    case BLOCK_FREED:
        tell_double_free(self, row, stack_here(self, frame), called);
        break;
    case BLOCK_LIVE:
        if (block_family_of(row) != family)
            tell_mismatch(self, row, stack_here(self, frame), called);
        block_dying(row, stack_here(self, frame));
        break;
    default: /* MOVING: two threads release it at once; whose realloc it is will see */
        break;
    }
}

/* Only a warning: the usual allocators look at no size. Those that do (sized free lists) put the
   block where others of the wrong size are taken from. */
void heap_size_odd(struct thread *self, const struct block_row *row, uint64_t told,
                   const void *frame, const char *called)
{
    struct finding finding;
    char words[96];
    struct text text = text_in(words, sizeof words);
    text_add(&text, "It was released as a block of ");
    text_add_number(&text, told);
    text_add(&text, told == 1 ? " byte: by" : " bytes: by");
    text_add(&text, " a pointer of another type?");
    finding_begin(&finding, KIND_ALLOC_MISMATCH, self);
    finding.severity = SEVERITY_WARNING;
    finding_stack(&finding, ROLE_HERE, stack_here(self, frame), self->number);
    add_block(&finding, row, 0);
    add_call(&finding, called);
    finding.detail = string_keep(words);
    finding_tell(&finding);
}
