#include "state/place.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>

/* The module's program headers, NULL when they cannot be found. A module with gaps between its
   segments (large executables that are not position-independent) has one entry for each segment, so
   what an entry starts with need not be the file's header. */
static const ElfW(Phdr) * headers_of(const struct dl_find_object *object, unsigned *ret_count)
{
    if (!*object->dlfo_link_map->l_name) { /* the executable */
        *ret_count = (unsigned)getauxval(AT_PHNUM);
        return (const ElfW(Phdr) *)getauxval(AT_PHDR);
    }
    const ElfW(Ehdr) *ehdr = object->dlfo_map_start;
    if (!mem_equal(ehdr->e_ident, ELFMAG, SELFMAG))
        return NULL;
    *ret_count = ehdr->e_phnum;
    return (const void *)((const char *)ehdr + ehdr->e_phoff);
}

/* Writable or not: by the module's program headers. */
static enum place place_in_module(const struct dl_find_object *object, uintptr_t address)
{
    unsigned count = 0;
    const ElfW(Phdr) *phdr = headers_of(object, &count);
    uintptr_t base = object->dlfo_link_map->l_addr;
    for (unsigned i = 0; phdr && i < count; i++)
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
