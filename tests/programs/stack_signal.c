/* Stacks through a signal frame, from a handler on a stack of its own, and inside qsort's callback:
the functions on both sides are named, the interrupted one at the instruction itself.
// expect: fd-leak count=3 function=in_handler role=opened
// expect: fd-leak count=3 function=interrupted role=opened
// expect: fd-leak count=3 function=before role=opened
// expect: fd-leak count=1 function=compare role=opened
// expect: fd-leak count=1 function=sort role=opened
*/
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>

static char room[64 * 1024];

static __attribute__((noinline)) void in_handler(int number)
{
    open("/dev/null", O_RDONLY);
    __asm__ volatile("");
}

/* Faults, so that the handler interrupts this very function; the handler's return goes past it. */
static __attribute__((noinline)) void interrupted(void)
{
    __asm__ volatile("ud2");
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    in_handler(number);
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2; /* ud2 is two bytes */
}

static __attribute__((noinline)) void before(void)
{
    interrupted();
    __asm__ volatile("");
}

static int compare(const void *a, const void *b)
{
    static int calls;
    if (calls++ == 0) {
        open("/dev/null", O_RDONLY);
        __asm__ volatile("");
    }
    return *(const char *)a - *(const char *)b;
}

static __attribute__((noinline)) void sort(void)
{
    char text[] = "sorted";
    qsort(text, 6, 1, compare);
    __asm__ volatile("" : : "r"(text) : "memory");
}

int main(void)
{
    stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigaction(SIGILL, &action, NULL);
    for (volatile int i = 0; i < 3; i++)
        before();
    sort();
    return 0;
}
