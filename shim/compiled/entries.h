/*
 * Prototypes of all entry points (compiled/functions.def), and the types of their arguments as both
 * compilers pass them.
 */
#ifndef HOLDFAST_COMPILED_ENTRIES_H
#define HOLDFAST_COMPILED_ENTRIES_H

#include <stdint.h>

typedef uint8_t a8;
typedef uint16_t a16;
typedef uint32_t a32;
typedef uint64_t a64;
__extension__ typedef unsigned __int128 a128;

/* Bound inside the library: calls among them must not leave through the PLT. */
#define SYMBOL(name, type) __attribute__((visibility("default"))) __typeof__(type) name;
#include "compiled/functions.def"
#undef SYMBOL

#endif
