/*
 * rewrite_signals_clean with code that is moved without checks.
 *
 * // options: --races=full --rewrite-form=move
 * // build: -fno-omit-frame-pointer
 * // expect: none
 */
#include "rewrite_signals_clean.c"
