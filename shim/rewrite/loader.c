#include "rewrite/loader.h"

#include <link.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/memory.h"
#include "base/syscall.h"

#define PAGE      4096ul
#define JUMP_SIZE 5u

static void on_change(void)
{
    if (_r_debug.r_state == RT_CONSISTENT)
        loader_changed();
}

/* ret, behind endbr64 perhaps, in a function of its own that fills 16 bytes: Returns where the jump
   may go, NULL when it is another. */
static unsigned char *find_place(uintptr_t function)
{
    static const unsigned char endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
    unsigned char *at = (unsigned char *)function;
    if (function % 16)
        return NULL;
    if (mem_equal(at, endbr64, sizeof endbr64))
        at += sizeof endbr64;
    /* What follows the ret must be padding: forms of nop, or int3. */
    return at[0] == 0xc3 && (at[1] == 0x66 || at[1] == 0x0f || at[1] == 0x90 || at[1] == 0x2e ||
                             at[1] == 0xcc)
               ? at
               : NULL;
}

bool loader_hook(void)
{
    static bool hooked;
    unsigned char *at = hooked || !_r_debug.r_brk ? NULL : find_place(_r_debug.r_brk);
    int64_t distance = (int64_t)((uintptr_t)on_change - (uintptr_t)at - JUMP_SIZE);
    if (!at || distance != (int32_t)distance)
        return hooked;
    uintptr_t page = (uintptr_t)at & -PAGE;
    if (raw_failed(raw_syscall(SYS_mprotect, page, PAGE, PROT_READ | PROT_WRITE)))
        return false;
    unsigned char jump[JUMP_SIZE] = {0xe9};
    int32_t rel32 = (int32_t)distance;
    mem_copy(jump + 1, &rel32, sizeof rel32);
    mem_copy(at, jump, sizeof jump);
    hooked = true;
    return !raw_failed(raw_syscall(SYS_mprotect, page, PAGE, PROT_READ | PROT_EXEC));
}
