/* C++ operators: what start.c must ask for once, when real_find() has run. */
#ifndef HOLDFAST_INTERPOSE_CXX_MEMORY_H
#define HOLDFAST_INTERPOSE_CXX_MEMORY_H

/* Finds out whose operators new and delete stand behind ours. */
void cxx_memory_find(void);

#endif
