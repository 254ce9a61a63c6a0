#include "state/place.h"

#include <dlfcn.h>
#include <link.h>

/* Writable or not: by the module's program headers. */
static enum place place_in_module(const struct dl_find_object *object, uintptr_t address)
{
    const ElfW(Ehdr) *ehdr = object->dlfo_map_start;
    const ElfW(Phdr) *phdr = (const void *)((const char *)ehdr + ehdr->e_phoff);
    uintptr_t base = object->dlfo_link_map->l_addr;
    for (int i = 0; i < ehdr->e_phnum; i++)
        if (phdr[i].p_type == PT_LOAD && address - base - phdr[i].p_vaddr < phdr[i].p_memsz)
            return phdr[i].p_flags & PF_W ? PLACE_GLOBAL : PLACE_CODE;
    return PLACE_UNKNOWN;
}

enum place place_of(const struct thread *self, uintptr_t address, const char **ret_module)
{
    struct dl_find_object object;
    if (_dl_find_object((void *)address, &object) == 0) {
        *ret_module = object.dlfo_link_map->l_name;
        return place_in_module(&object, address);
    }
    if (address >= self->stack_low && address < self->stack_high)
        return PLACE_STACK;
    for (const struct thread *t = thread_list; t; t = t->next)
        if (!t->ended && address >= t->stack_low && address < t->stack_high)
            return PLACE_STACK;
    if (address < 4096)
        return PLACE_UNMAPPED;
    return PLACE_UNKNOWN;
}
