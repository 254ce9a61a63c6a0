/* Functions for test_tools_type_word.c: each touches one kind of memory but its own frame, and its
   name begins with what that memory is declared as. */
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

struct inner {
    int plain;
    volatile int wanted;
    _Atomic int exact;
};
struct outer {
    struct outer *next;
    char name[8];
    struct inner in;
    struct inner row[4];
    union {
        long plain_word;
        double plain_number;
    };
    atomic_long count;
    volatile struct {
        short a, b;
    } pair;
};

int plain_one, plain_table[16];
struct outer plain_whole, *plain_root;
volatile int wanted_one;
volatile sig_atomic_t wanted_flag;
_Atomic int exact_one;
struct inner *plain_inner;

#define VISIBLE __attribute__((visibility("default"), noinline))

VISIBLE void plain_global(int value)
{
    plain_one = value;
}
VISIBLE int plain_element(size_t i)
{
    return plain_table[i];
}
VISIBLE int plain_member(const struct outer *p)
{
    return p->in.plain;
}
VISIBLE void plain_member_of_element(struct outer *p, size_t i)
{
    p->row[i].plain = 1;
}
VISIBLE int plain_through_global(void)
{
    return plain_root->in.plain;
}
VISIBLE int plain_chain(const struct outer *p)
{
    return p->next->next->in.plain;
}
VISIBLE long plain_loop(const struct outer *p)
{
    long sum = 0;
    for (; p; p = p->next)
        sum += p->plain_word;
    return sum;
}
VISIBLE int plain_array_loop(const int *values, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum;
}
VISIBLE char plain_letter(const struct outer *p, size_t i)
{
    return p->name[i];
}
VISIBLE void plain_out(int *ret)
{
    *ret = 3;
}
VISIBLE int wanted_global(void)
{
    return wanted_one;
}
VISIBLE void wanted_signal(void)
{
    wanted_flag = 1;
}
VISIBLE int wanted_member(const struct outer *p)
{
    return p->in.wanted;
}
VISIBLE int wanted_element(const struct outer *p, size_t i)
{
    return p->row[i].wanted;
}
VISIBLE int wanted_pointed(const volatile int *p)
{
    return *p;
}
VISIBLE short wanted_pair(const struct outer *p)
{
    return p->pair.b;
}
VISIBLE int exact_global(void)
{
    return atomic_load_explicit(&exact_one, memory_order_relaxed);
}
VISIBLE int exact_member(struct outer *p)
{
    return atomic_load_explicit(&p->in.exact, memory_order_acquire);
}
VISIBLE void exact_store(struct outer *p, size_t i)
{
    atomic_store_explicit(&p->row[i].exact, 1, memory_order_release);
}
VISIBLE long exact_count(struct outer *p)
{
    return atomic_load(&p->count);
}
VISIBLE int exact_pointed(_Atomic int *p)
{
    return atomic_load_explicit(p, memory_order_relaxed);
}
