#include "state/vector.h"

#include <cpuid.h>

bool vector_state_wanted;

/* State components (Intel SDM 1, 13.1): x87, SSE, AVX, opmask, ZMM_Hi256, Hi16_ZMM. */
#define COMPONENTS 0xe7u

static unsigned char *aligned(struct vector_state *state)
{
    return (unsigned char *)(((uintptr_t)state->room + 63) & ~(uintptr_t)63);
}

/* What the system has switched on of them; 0: no xsave. */
static uint32_t components(void)
{
    static uint32_t known; /* ~0: none */
    uint32_t a, b, c, d, have = known;
    if (have)
        return have == ~0u ? 0 : have;
    __cpuid(1, a, b, c, d);
    have = 0;
    if (c & bit_OSXSAVE) {
        __asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
        have = a & COMPONENTS;
    }
    __atomic_store_n(&known, have ? have : ~0u, __ATOMIC_RELAXED);
    return have;
}

void vector_state_keep(struct vector_state *state)
{
    state->kept = vector_state_wanted;
    if (!state->kept)
        return;
    uint32_t have = components();
    unsigned char *at = aligned(state);
    if (!have) {
        __asm__ volatile("fxsave64 %0" : "=m"(*(unsigned char(*)[512])at));
        return;
    }
    /* The header must not say anything yet (13.4.2). */
    for (unsigned i = 512; i < 576; i += 8)
        *(uint64_t *)(at + i) = 0;
    __asm__ volatile("xsave64 %0"
                     : "=m"(*(unsigned char(*)[VECTOR_STATE_ROOM])at)
                     : "a"(have), "d"(0));
}

void vector_state_put_back(struct vector_state *state)
{
    if (!state->kept)
        return;
    uint32_t have = components();
    const unsigned char *at = aligned(state);
    if (!have)
        __asm__ volatile("fxrstor64 %0" : : "m"(*(const unsigned char(*)[512])at));
    else
        __asm__ volatile("xrstor64 %0"
                         :
                         : "m"(*(const unsigned char(*)[VECTOR_STATE_ROOM])at), "a"(have), "d"(0));
}
