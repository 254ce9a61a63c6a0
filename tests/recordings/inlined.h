/* A variable whose members test_tools_symbol.c asks for. */
#ifndef HOLDFAST_TESTS_INLINED_H
#define HOLDFAST_TESTS_INLINED_H

#include <pthread.h>

struct named_state {
    int version;
    pthread_mutex_t lock;
    struct {
        char tag;
        long count;
    } rows[2][3];
    union {
        int number;
        float real;
    };
};

#endif
