#include "state/build_id.h"

#include <elf.h>
#include <link.h>

#include "base/memory.h"

uint32_t build_id_find(uintptr_t at, uintptr_t end, uint8_t *ret_id, uint32_t most)
{
    while (at < end && end - at >= sizeof(ElfW(Nhdr))) {
        const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)at;
        uintptr_t name = at + sizeof *note;
        uintptr_t bytes = name + ((note->n_namesz + 3ull) & ~3ull);
        if (bytes > end || note->n_descsz > end - bytes)
            return 0;
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
            mem_equal((const void *)name, "GNU", 4)) {
            uint32_t size = note->n_descsz < most ? note->n_descsz : most;
            mem_copy(ret_id, (const void *)bytes, size);
            return size;
        }
        at = bytes + ((note->n_descsz + 3ull) & ~3ull);
    }
    return 0;
}
