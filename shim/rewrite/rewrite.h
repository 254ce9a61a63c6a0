/*
 * Watching every load and store of unmodified code (races=full): which modules, when, and what came
 * of it.
 *
 * Nothing happens before the program creates its first thread: what one thread alone does cannot
 * race. Then, before the new thread runs, every module that is loaded gets its image from the
 * cache; those that have none are made by one run of holdfast-rewrite (decoding and emitting take
 * no memory of the program's); and each is patched (rewrite/commit). Modules that are loaded later
 * are patched before their constructors run: the loader calls a function of its own, for debuggers,
 * when it has mapped a module and not yet relocated it, and that function is made to call us.
 *
 * What is not watched, and why, is in the recording (SECTION_WATCHED).
 */
#ifndef HOLDFAST_REWRITE_REWRITE_H
#define HOLDFAST_REWRITE_REWRITE_H

/* At birth, with what the environment says of the folder for images. */
void rewrite_start_up(const char *cache_home, const char *home);

/* In a fork's child, when it has its recording. */
void rewrite_after_fork(void);

/* At the end: how much code was made at run time. Guard entered. */
void rewrite_last_look(void);

#endif
