/*
 * Learning of modules that are loaded or unloaded later.
 *
 * dlopen has no wrapper, because it looks at who calls it. But the loader calls a function of its
 * own, empty, for debuggers to stop at (r_brk in link.h), under its lock: after it has mapped
 * modules and before it relocates them, so before any of their code runs; and after it has unmapped
 * some. A jump to us is put at its start. Where that cannot be (a debugger's breakpoint is there
 * already, another loader), modules that are loaded later are not watched.
 */
#ifndef HOLDFAST_REWRITE_LOADER_H
#define HOLDFAST_REWRITE_LOADER_H

#include <stdbool.h>

/* Once; no other thread runs. */
bool loader_hook(void);

/* rewrite.c: called when modules have come or gone, by any thread, the loader's lock taken. */
void loader_changed(void);

#endif
