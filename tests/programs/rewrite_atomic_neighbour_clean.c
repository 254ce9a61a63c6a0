/*
 * rewrite_atomic_neighbour with a reader that loads what the writer stored.
 *
 * // options: --races=full
 * // expect: none
 */
#define LOADED given
#include "rewrite_atomic_neighbour.c"
