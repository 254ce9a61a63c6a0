/* A pointer to an indirect function of another library: the loader runs its resolver to fill it. */
int early_calls(void);

__attribute__((visibility("default"))) int (*const early_pointer)(void) = early_calls;
