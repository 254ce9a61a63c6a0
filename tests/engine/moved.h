/*
 * Accesses as moved code makes them, for threads that are only structs (world.h): the inline check
 * that holdfast-rewrite emits, in C, and the thunks themselves. Used by tests/engine and unit
 * tests.
 */
#ifndef HOLDFAST_TESTS_MOVED_H
#define HOLDFAST_TESTS_MOVED_H

#include "rewrite/check.h"
#include "world.h"

/* After world_begin(). False: the system gives no address space. */
bool moved_begin(enum rewrite_form form);

/* The thread at index runs from now on: it has slots of its own. By itself in the functions below;
   to be called before anything else that a thread does. */
void moved_switch(unsigned self);
/* Its struct is a new thread's. */
void moved_created(unsigned self);

/* A plain access, by an instruction with these flags of enum rewrite_site_flag. Returns true when
   the filter hit. stack: its stack id. */
bool moved_access(unsigned self, uintptr_t address, size_t size, unsigned flags, uint32_t stack);

/* The word of a site with this size and these flags. */
uint32_t moved_site(size_t size, unsigned flags);

/* A locked instruction: before it, and after. */
void moved_before(unsigned self, uintptr_t address, size_t size, uint32_t stack);
void moved_after(unsigned self);

/* A string instruction. registers: rcx, rsi, rdi; down: DF. */
void moved_string(unsigned self, size_t size, unsigned flags, const uint64_t registers[3],
                  uint32_t stack);

/* Is the context of an access known without a walk? Else the slow part finds it. */
extern bool moved_knows;

/* Calls a thunk as moved code does, 128 bytes below the stack. In assembly. */
void moved_call(const void *thunk);
/* The same with all registers as in the array (rax rcx rdx rbx rbp rsi rdi r8 … r15, flags), and
   what they are then. */
void moved_call_registers(const void *thunk, uint64_t registers[16]);
extern const char moved_code_start[], moved_code_end[];

#endif
