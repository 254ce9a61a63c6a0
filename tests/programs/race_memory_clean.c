/* Memory that changes hands through the allocator, the kernel or a thread's end starts clean:
   blocks, resized blocks, mappings, stacks and thread-local variables that the next thread gets at
   the same address. */
// build: -fsanitize=thread
// expect: none
#include <malloc.h>
#include <sys/mman.h>

#include "in_turn.h"

static char text[256];
static char *at;
static _Thread_local char local[256];

static void use_block(void)
{
    char *block = malloc(200);
    memcpy(block, text, 200);
    block[3] = 1;
    free(block);
}

static void use_small(void)
{
    char *block = malloc(20);
    memset(block, 1, malloc_usable_size(block));
    free(block);
}

static void use_resized(void)
{
    char *block = malloc(50);
    memset(block, 1, 50);
    block = realloc(block, 3000);
    memset(block, 2, 3000);
    block = realloc(block, 30);
    block[29] = 3;
    free(block);
}

static void use_mapping(void)
{
    char *pages = mmap(at, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    at = at ? at : pages;
    memset(pages, 1, 8192);
    pages[5] = 2;
    munmap(pages, 8192);
}

static void use_stack(void)
{
    volatile char frame[2000];
    for (int i = 0; i < 2000; i++)
        frame[i] = 1;
    memcpy(local, text, sizeof local);
    local[7] = 2;
}

static void *one(void *act)
{
    ((void (*)(void))act)();
    return NULL;
}

/* Each ends before the next begins, and nothing orders them: nobody joins. */
static gate done;
static void *detached(void *act)
{
    ((void (*)(void))act)();
    gate_open(&done);
    return NULL;
}

int main(void)
{
    void (*const acts[])(void) = {use_block, use_small, use_resized, use_stack};
    at = NULL;
    in_turn(use_block, use_block);
    in_turn(use_small, use_block);
    in_turn(use_block, use_resized);
    in_turn(use_resized, use_small);
    in_turn(use_stack, use_stack);
    pthread_t thread;
    pthread_create(&thread, NULL, one, (void *)use_mapping);
    pthread_join(thread, NULL);
    for (int i = 0; i < 40; i++) {
        pthread_create(&thread, NULL, detached, (void *)acts[i % 4]);
        pthread_detach(thread);
        gate_wait_count(&done, i + 1);
    }
    return 0;
}
