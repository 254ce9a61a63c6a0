/* Makes more blocks than a small disk has room to record, and forgets one of the first and a stream
   at the end. */
#include <stdio.h>
#include <stdlib.h>

struct node {
    struct node *next;
    char bytes[24];
};

static struct node *list;

__attribute__((noinline)) static void forgets(void)
{
    *(void *volatile *)malloc(111) = NULL;
}

__attribute__((noinline)) static void opens(void)
{
    FILE *volatile stream = fopen("/dev/null", "r");
    stream = NULL;
}

int main(void)
{
    forgets();
    for (int i = 0; i < 100000; i++) {
        struct node *node = malloc(sizeof *node);
        if (!node)
            return 1;
        node->next = list;
        list = node;
    }
    opens();
    puts("done");
    return 0;
}
