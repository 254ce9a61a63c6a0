/* Loaded by rewrite_unaligned: a variable of a library that came by dlopen. */
int loaded_shared[4];
