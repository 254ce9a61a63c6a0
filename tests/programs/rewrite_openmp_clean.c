/*
 * OpenMP: an atomic that its pragma alone names, what it orders, and tasks, whose end libgomp knows
 * by a count that it reads without its lock.
 *
 * // build: -fopenmp
 * // options: --races=full
 * // expect: possible
 */
#include <omp.h>
#include <stdio.h>

#define TASKS 64

static int ready, sent, squares[TASKS];

static __attribute__((noinline)) void send(int value)
{
    sent = value;
#pragma omp atomic write
    ready = 1;
}

static __attribute__((noinline)) int receive(void)
{
    int now = 0;
    while (!now) {
#pragma omp atomic read
        now = ready;
    }
    return sent;
}

int main(void)
{
    int got = 0, sum = 0;
#pragma omp parallel num_threads(2)
    if (omp_get_thread_num())
        send(7);
    else
        got = receive();
    for (int round = 0; round < 20; round++) {
#pragma omp parallel num_threads(4)
#pragma omp single
        for (int i = 0; i < TASKS; i++)
#pragma omp task firstprivate(i)
            squares[i] = i * i;
        for (int i = 0; i < TASKS; i++)
            sum += squares[i];
    }
    printf("%d %d\n", got, sum);
    return 0;
}
