/* The clean twin of lock_held_long.c: a thread sleeps with a lock that another one waits for, but
not for as long as is asked for.
// options: --hold-threshold=1000000
// expect: lock-contention count=1 severity=note function=wants role=waiting
*/
#include "lock_held_over.h"
