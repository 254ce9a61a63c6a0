#include "state/constant.h"

#include <link.h>

struct constant_range constant_ranges[CONSTANT_RANGES];
uint32_t constant_count;

#define PAGE 4096ull

/* Keeps them sorted; there are a few dozen. What lies between two on neighbouring pages is the rest
   of such a page. */
static void add(uintptr_t low, uintptr_t high)
{
    uint32_t at = constant_count;
    while (at > 0 && constant_ranges[at - 1].low > low)
        at--;
    if (at > 0 && ((constant_ranges[at - 1].high + PAGE - 1) & -PAGE) == (low & -PAGE)) {
        constant_ranges[at - 1].high = high;
        return;
    }
    if (constant_count == CONSTANT_RANGES)
        return;
    for (uint32_t i = constant_count; i > at; i--)
        constant_ranges[i] = constant_ranges[i - 1];
    constant_ranges[at] = (struct constant_range){low, high};
    constant_count++;
}

static int visit(struct dl_phdr_info *module, size_t size, void *with)
{
    for (unsigned i = 0; i < module->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &module->dlpi_phdr[i];
        uintptr_t low = module->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && !(segment->p_flags & PF_W) && segment->p_filesz)
            add(low, low + segment->p_filesz);
    }
    return 0;
}

void constant_start_up(void)
{
    dl_iterate_phdr(visit, NULL);
}

void constant_changes(uintptr_t start, uintptr_t end)
{
    for (uint32_t i = 0; i < constant_count; i++)
        if (start < constant_ranges[i].high && end > constant_ranges[i].low)
            __atomic_store_n(&constant_ranges[i].high, constant_ranges[i].low, __ATOMIC_RELAXED);
}
