#include "state/moved.h"

#include <stddef.h>

__thread struct rewrite_slots rewrite_slots;
struct moved_module moved_modules[MOVED_MODULES_MAX];
uint32_t moved_modules_used;

/* Registers of x86-64 by number, as gregs has them. */
static const int8_t slot_of[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                   REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                   REG_R12, REG_R13, REG_R14, REG_R15};

#define CALL_LIFT   128    /* format/rewrite.h: THUNK_CHECK and others are called so far below */
#define FLAGS_LAHF  0xd5ul /* SF ZF AF PF CF, as lahf has them in ah and eflags in its low byte */
#define FLAGS_OF    0x800ul
#define LAHF_ALWAYS 0x02ul /* bit 1 of ah */

struct moved_module *moved_add(const struct moved_module *module)
{
    uint32_t i = 0;
    while (i < moved_modules_used && moved_modules[i].code_start)
        i++;
    if (i == MOVED_MODULES_MAX)
        return NULL;
    struct moved_module *entry = &moved_modules[i];
    entry->code_end = module->code_end;
    entry->text_start = module->text_start;
    entry->text_end = module->text_end;
    entry->rows = module->rows;
    entry->by_text = module->by_text;
    entry->count = module->count;
    entry->by_text_count = module->by_text_count;
    entry->sites = module->sites;
    entry->site_count = module->site_count;
    entry->owner = module->owner;
    /* Publishes the entry. Pairs with the acquires in find(). */
    __atomic_store_n(&entry->code_start, module->code_start, __ATOMIC_RELEASE);
    if (i == moved_modules_used)
        __atomic_store_n(&moved_modules_used, i + 1, __ATOMIC_RELEASE);
    return entry;
}

void moved_remove(struct moved_module *module)
{
    __atomic_store_n(&module->code_start, 0, __ATOMIC_RELEASE);
}

const struct moved_module *moved_by_code(uintptr_t pc)
{
    uint32_t used = __atomic_load_n(&moved_modules_used, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < used; i++) {
        uintptr_t start = __atomic_load_n(&moved_modules[i].code_start, __ATOMIC_ACQUIRE);
        if (start && pc >= start && pc < moved_modules[i].code_end)
            return &moved_modules[i];
    }
    return NULL;
}

const struct moved_module *moved_by_text(uintptr_t pc)
{
    uint32_t used = __atomic_load_n(&moved_modules_used, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < used; i++)
        if (__atomic_load_n(&moved_modules[i].code_start, __ATOMIC_ACQUIRE) &&
            pc >= moved_modules[i].text_start && pc < moved_modules[i].text_end)
            return &moved_modules[i];
    return NULL;
}

const struct rewrite_moved *moved_row(const struct moved_module *module, uintptr_t pc)
{
    uint32_t offset = (uint32_t)(pc - module->code_start), low = 0, high = module->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (module->rows[middle].code <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    const struct rewrite_moved *row = low ? &module->rows[low - 1] : NULL;
    return row && offset - row->code < row->size ? row : NULL;
}

const struct rewrite_moved *moved_entry(const struct moved_module *module, uintptr_t pc,
                                        bool checked)
{
    uint32_t offset = (uint32_t)(pc - module->text_start), low = 0, high = module->by_text_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (module->rows[module->by_text[middle]].text < offset)
            low = middle + 1;
        else
            high = middle;
    }
    const struct rewrite_moved *first = NULL;
    for (; low < module->by_text_count; low++) {
        const struct rewrite_moved *row = &module->rows[module->by_text[low]];
        if (row->text != offset)
            break;
        uint8_t not = MOVED_COLD | MOVED_DONE | (checked ? MOVED_CHECKING : 0);
        if (!(row->state & not ) && (!first || row->code < first->code))
            first = row;
    }
    return first;
}

uintptr_t moved_translate(uintptr_t pc, uintptr_t *ret_lift)
{
    *ret_lift = 0;
    const struct moved_module *module = moved_any() ? moved_by_code(pc) : NULL;
    const struct rewrite_moved *row = module ? moved_row(module, pc) : NULL;
    if (!row)
        return pc;
    *ret_lift = row->state & MOVED_CALL ? CALL_LIFT : 0;
    return moved_program_pc(module, row);
}

static uint64_t flags_of_slots(uint64_t eflags, const struct rewrite_slots *slots)
{
    eflags &= ~(FLAGS_LAHF | FLAGS_OF);
    eflags |= slots->flags >> 8 & FLAGS_LAHF;
    return slots->flags & 0xff ? eflags | FLAGS_OF : eflags;
}

static uint64_t flags_for_slots(uint64_t eflags)
{
    return (eflags & FLAGS_LAHF) << 8 | LAHF_ALWAYS << 8 | (eflags & FLAGS_OF ? 1 : 0);
}

static void to_program(const struct moved_module *module, const struct rewrite_moved *row,
                       greg_t *registers, const struct rewrite_slots *slots)
{
    registers[REG_RIP] = (greg_t)moved_program_pc(module, row);
    if (row->state & MOVED_CALL)
        registers[REG_RSP] += CALL_LIFT;
    if (row->state & MOVED_FLAGS)
        registers[REG_EFL] = (greg_t)flags_of_slots((uint64_t)registers[REG_EFL], slots);
    if (row->state & MOVED_RAX)
        registers[REG_RAX] = (greg_t)slots->rax;
    if (row->state & MOVED_BORROWED)
        registers[slot_of[row->scratch & 15]] = (greg_t)slots->scratch;
}

static const struct rewrite_moved *find(uintptr_t pc, const struct moved_module **ret_module)
{
    *ret_module = moved_any() ? moved_by_code(pc) : NULL;
    return *ret_module ? moved_row(*ret_module, pc) : NULL;
}

bool moved_to_program(greg_t *registers, const struct rewrite_slots *slots)
{
    const struct moved_module *module;
    const struct rewrite_moved *row = find((uintptr_t)registers[REG_RIP], &module);
    if (!row)
        return false;
    to_program(module, row, registers, slots);
    return true;
}

void moved_enter(const struct moved_module *module, const struct rewrite_moved *row,
                 greg_t *registers, struct rewrite_slots *slots)
{
    registers[REG_RIP] = (greg_t)(module->code_start + row->code);
    if (row->state & MOVED_BORROWED)
        slots->scratch = (uint64_t)registers[slot_of[row->scratch & 15]];
    if (row->state & MOVED_RAX)
        slots->rax = (uint64_t)registers[REG_RAX];
    if (row->state & MOVED_FLAGS)
        slots->flags = flags_for_slots((uint64_t)registers[REG_EFL]);
    if (row->state & MOVED_CALL)
        registers[REG_RSP] -= CALL_LIFT;
}

void moved_show(struct moved_shown *shown, ucontext_t *context)
{
    greg_t *registers = context->uc_mcontext.gregs;
    shown->slots = rewrite_slots;
    for (int i = 0; i < MOVED_REGISTERS; i++)
        shown->was[i] = registers[i];
    shown->moved = moved_to_program(registers, &shown->slots);
    if (shown->moved)
        for (int i = 0; i < MOVED_REGISTERS; i++)
            shown->shown[i] = registers[i];
}

/* What borrowed registers held; the rest are tags, which the handler's own steps may have moved
   on. */
static void slots_back(const struct rewrite_slots *was)
{
    rewrite_slots.scratch = was->scratch;
    rewrite_slots.rax = was->rax;
    rewrite_slots.flags = was->flags;
    rewrite_slots.address = was->address;
    rewrite_slots.site = was->site;
    rewrite_slots.after = was->after;
}

/* The handler changed a register: the new value goes to where moved code keeps the program's. */
static void changed(const struct rewrite_moved *row, const struct moved_shown *shown, int index,
                    greg_t *registers)
{
    greg_t value = registers[index];
    registers[index] = shown->was[index];
    if (row->state & MOVED_BORROWED && index == slot_of[row->scratch & 15])
        rewrite_slots.scratch = (uint64_t)value;
    else if (row->state & MOVED_RAX && index == REG_RAX)
        rewrite_slots.rax = (uint64_t)value;
    else if (row->state & MOVED_CALL && index == REG_RSP)
        registers[index] = value - CALL_LIFT;
    else
        registers[index] = value;
    if (row->state & MOVED_FLAGS && index == REG_EFL)
        rewrite_slots.flags = flags_for_slots((uint64_t)value);
}

void moved_hide(struct moved_shown *shown, ucontext_t *context)
{
    greg_t *registers = context->uc_mcontext.gregs;
    slots_back(&shown->slots);
    const struct moved_module *module;
    uintptr_t pc = (uintptr_t)registers[REG_RIP];
    const greg_t *seen = shown->moved ? shown->shown : shown->was;
    if (pc != (uintptr_t)seen[REG_RIP]) {
        /* It goes on elsewhere, with the program's registers. Where that was moved, there: the net
           would bring it there too. */
        module = moved_by_text(pc);
        const struct rewrite_moved *row = module ? moved_entry(module, pc, false) : NULL;
        if (row)
            moved_enter(module, row, registers, &rewrite_slots);
        return;
    }
    const struct rewrite_moved *row =
        shown->moved ? find((uintptr_t)shown->was[REG_RIP], &module) : NULL;
    if (!row)
        return;
    for (int i = 0; i < MOVED_REGISTERS; i++)
        if (registers[i] == shown->shown[i])
            registers[i] = shown->was[i];
        else if (i != REG_RIP)
            changed(row, shown, i, registers);
}
