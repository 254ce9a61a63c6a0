/* Counts of tests/unwind/check.c, in a file that all processes of a run map; read by
   tests/unwind/run as eight native longs in this order. */
struct totals {
    unsigned long processes;
    unsigned long calls;       /* captures at allocations */
    unsigned long contexts;    /* signals: two captures each */
    unsigned long frames;      /* frames compared */
    unsigned long differences; /* captures that differ */
    unsigned long broken;      /* captures that the shim marked as broken (and libunwind agrees) */
    unsigned long unchecked;   /* captures that libunwind could not begin */
    unsigned long guesses;     /* captures that differ only past code without unwind information */
};
