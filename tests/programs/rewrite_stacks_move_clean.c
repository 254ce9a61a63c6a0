/*
 * rewrite_stacks_clean with code that is moved without checks.
 *
 * // options: --races=full --rewrite-form=move
 * // expect: none
 */
#include "rewrite_stacks_clean.c"
