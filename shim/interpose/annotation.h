/*
 * What annotations come to, whatever their name. Called by the exported functions with their own
 * frame; the guard is entered here.
 */
#ifndef HOLDFAST_INTERPOSE_ANNOTATION_H
#define HOLDFAST_INTERPOSE_ANNOTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "interpose/lock.h"

/* The symbol is the annotation's name, not the C name: a program's header may say otherwise of its
   types. */
struct holdfast_calls;
#define SYMBOL(name, type)                                                                         \
    extern __typeof__(type) annotate_##name __asm__(#name) __attribute__((visibility("default")));
#include "interpose/annotations.def"
#undef SYMBOL

/* An edge through an address. */
void annotation_release(const volatile void *address);
void annotation_acquire(const volatile void *address);

/* A lock of the program's own. */
void annotation_lock_made(const volatile void *lock, const void *frame);
void annotation_lock_gone(const volatile void *lock);
void annotation_lock_taken(const volatile void *lock, bool reads, bool tried, uint32_t times,
                           const void *frame);
/* One level of recursion, or all; how many that were. */
uint32_t annotation_lock_giving(const volatile void *lock, bool all, const void *frame);

/* What the calling thread is not to be watched for, from now on (by 1) or no more (by -1). */
enum annotation_ignore { IGNORE_READS = 1, IGNORE_WRITES = 2, IGNORE_SYNC = 4 };
void annotation_ignore(unsigned what, int by);

void annotation_benign(const volatile void *address, size_t size);
void annotation_new_memory(const volatile void *address, size_t size);
void annotation_thread_name(const char *name);

#endif
