/* A module for test_stack.c to load and unload. */
#include <stdint.h>

uint32_t holdfast_test_call_back(uint32_t (*function)(void));

uint32_t holdfast_test_call_back(uint32_t (*function)(void))
{
    uint32_t result = function();
    __asm__ volatile("" ::: "memory"); /* no tail call */
    return result;
}
