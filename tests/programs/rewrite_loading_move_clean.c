/*
 * rewrite_loading_clean with code that is moved without checks.
 *
 * // options: --races=full --rewrite-form=move
 * // library: rewrite_plugin
 * // environment: LD_LIBRARY_PATH=.
 * // expect: none
 */
#include "rewrite_loading_clean.c"
