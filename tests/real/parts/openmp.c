/* OpenMP: loops, reductions, critical sections, single, tasks; memory is touched through libc. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 1000
static char (*rows)[64];

static long sum_rows(void)
{
    long sum = 0;
#pragma omp parallel for reduction(+ : sum) num_threads(3) schedule(dynamic, 10)
    for (int i = 0; i < ROWS; i++) {
        char copy[64];
        memcpy(copy, rows[ROWS - 1 - i], sizeof copy);
        sum += copy[3];
    }
    return sum;
}

static void meet(void)
{
#pragma omp parallel num_threads(3)
    {
#pragma omp critical
        memmove(rows[1], rows[0], 64);
#pragma omp barrier
#pragma omp single
        memset(rows[5], 1, 64);
#pragma omp task
        {
            char copy[64];
            memcpy(copy, rows[7], sizeof copy);
        }
#pragma omp taskwait
    }
}

int main(void)
{
    long sum = 0;
    rows = calloc(ROWS, sizeof *rows);
    for (int round = 0; round < 20; round++) {
#pragma omp parallel for num_threads(3)
        for (int i = 0; i < ROWS; i++)
            memset(rows[i], i + round, 64);
        sum += sum_rows();
        meet();
    }
    printf("%ld\n", sum);
    free(rows);
    return 0;
}
