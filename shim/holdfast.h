/*
 * holdfast.h: for programs that want to know whether holdfast watches them.
 *
 * Nothing needs to be linked: without the library the functions here say "no" and cost one look-up
 * in the life of the process. C and C++, any thread. (On glibc before 2.34 dlsym needs -ldl.)
 */
#ifndef HOLDFAST_H
#define HOLDFAST_H

#include <dlfcn.h>

#define HOLDFAST_API_VERSION 1

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the library, "0.1.0". Exported by libholdfast.so: found by holdfast_active, not to
   be called directly by programs that may run without it. */
const char *holdfast_version(void);

/* Is this process under libholdfast.so? 1 or 0. */
static inline int holdfast_active(void)
{
    /* A weak reference would do in a shared library, but is bound to nothing in programs linked
       with -no-pie or -static. */
    static int known; /* 0 not looked yet, 1 no, 2 yes; a race of two first calls stores the same */
    int answer = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (!answer) {
        answer = dlsym((void *)0 /* RTLD_DEFAULT, also without _GNU_SOURCE */, "holdfast_version")
                     ? 2
                     : 1;
        __atomic_store_n(&known, answer, __ATOMIC_RELAXED);
    }
    return answer == 2;
}

#ifdef __cplusplus
}
#endif

#endif
