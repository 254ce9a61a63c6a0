/* Every place from which a program can still get at a block, each holding the only pointer to one:
nothing is a leak.
// expect: none
*/
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

struct list {
    struct list *next;
    char rest[40];
};

static void *volatile in_data[2] = {"data", NULL};
static void *volatile in_bss;
static __thread void *volatile in_tls;
static struct list *volatile in_list;
static char *volatile in_inner, *volatile in_end;
static pthread_key_t early_key, late_key;
static void *volatile *in_pool, *volatile *in_shared, *volatile *in_large, *volatile *in_read_only;
static ucontext_t in_context, in_main;
static char coroutine_stack[64 << 10];

static void *block(void)
{
    void *made = malloc(100);
    memset(made, 7, 100);
    return made;
}

static void *volatile pools[16];
static int pool_count;

static void *volatile *pool(size_t size, int flags)
{
    void *made = mmap(NULL, size, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    return pools[pool_count++ % 16] = made;
}

__attribute__((noinline)) static void fill(void)
{
    in_data[1] = block();
    in_bss = block();
    in_tls = block();
    in_inner = (char *)block() + 50;
    in_end = (char *)block() + 99;
    for (int i = 0; i < 1000000; i++) {
        struct list *node = malloc(sizeof *node);
        memset(node, 0, sizeof *node);
        node->next = in_list;
        in_list = node;
    }
    in_pool = pool(4096, MAP_PRIVATE);
    in_pool[300] = block();
    in_shared = pool(1 << 20, MAP_SHARED);
    in_shared[100000] = block();
    in_large = pool(1ul << 40, MAP_PRIVATE | MAP_NORESERVE);
    in_large[1ul << 33] = block();
    in_read_only = pool(4096, MAP_PRIVATE);
    in_read_only[0] = block();
    mprotect((void *)in_read_only, 4096, PROT_READ);
    in_list->next->rest[0] = 1;
    setenv("HOLDFAST_TEST_VARIABLE", "a value that is copied", 1);
    /* glibc keeps the first 32 keys in the thread's descriptor, later ones in a table of its own.
     */
    pthread_key_create(&early_key, NULL);
    for (int i = 0; i < 100; i++)
        pthread_key_create(&late_key, NULL);
    pthread_setspecific(early_key, block());
    pthread_setspecific(late_key, block());
}

/* Holds a block on a stack that is no thread's at the moment. */
static void coroutine(void)
{
    void *volatile held = block();
    swapcontext(&in_context, &in_main);
    free(held);
}

/* A block that is known to the frame below exit only. */
__attribute__((noinline)) static void end(void)
{
    void *volatile held = block();
    exit(held ? 0 : 1);
}

int main(void)
{
    fill();
    getcontext(&in_context);
    in_context.uc_stack.ss_sp = coroutine_stack;
    in_context.uc_stack.ss_size = sizeof coroutine_stack;
    makecontext(&in_context, coroutine, 0);
    swapcontext(&in_main, &in_context);
    fflush(stdout);
    /* A child has the parent's blocks, which it never saw allocated, and they hold its own. */
    pid_t child = fork();
    if (child == 0) {
        in_list->next->next = block();
        end();
    }
    waitpid(child, NULL, 0);
    end();
}
