/*
 * OpenMP: iterations that wait for others, and tasks that wait for tasks. libgomp's loops for them
 * are not understood; what they order must not be told for sure.
 *
 * // build: -fopenmp
 * // options: --races=full
 * // expect: possible
 */
#include <stdio.h>

#define STEPS 24

static int sum_to(int number)
{
    int left, right;
    if (number < 2)
        return number;
#pragma omp task shared(left)
    left = sum_to(number - 1);
#pragma omp task shared(right)
    right = sum_to(number - 2);
#pragma omp taskwait
    return left + right;
}

int main(void)
{
    int steps[STEPS + 1] = {0}, sum = 0;
    for (int round = 0; round < 4; round++) {
#pragma omp parallel for ordered(1) schedule(static, 1) num_threads(3)
        for (int i = 1; i <= STEPS; i++) {
#pragma omp ordered depend(sink : i - 1)
            steps[i] = steps[i - 1] + 1;
#pragma omp ordered depend(source)
        }
#pragma omp parallel num_threads(3)
#pragma omp single
        sum += sum_to(9);
    }
    printf("%d %d\n", steps[STEPS], sum);
    return 0;
}
