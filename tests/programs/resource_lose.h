/* Functions that make something and lose it: nothing in registers or on the stack leads to it when
   the program ends. */
#ifndef HOLDFAST_TESTS_RESOURCE_LOSE_H
#define HOLDFAST_TESTS_RESOURCE_LOSE_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "line %d\n", __LINE__);                                                \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define LOSE(name, ...)                                                                            \
    __attribute__((noinline)) static void name(void)                                               \
    {                                                                                              \
        __VA_ARGS__;                                                                               \
        __asm__ volatile("");                                                                      \
    }

/* Callee-saved registers, and the stack below the caller. */
__attribute__((noinline)) static inline void forget(void)
{
    volatile char below[16384];
    for (unsigned i = 0; i < sizeof below; i++)
        below[i] = 0;
    __asm__ volatile("xor %%ebx, %%ebx\n xor %%r12d, %%r12d\n xor %%r13d, %%r13d\n"
                     "xor %%r14d, %%r14d\n xor %%r15d, %%r15d"
                     :
                     :
                     : "rbx", "r12", "r13", "r14", "r15");
}

#endif
