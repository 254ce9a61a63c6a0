// For test_rewrite_atomics.c: what each function touches is an atomic, or is not, as its name says.
#include <atomic>

#define VISIBLE extern "C" __attribute__((visibility("default"), noinline))

struct pair {
    std::atomic<int> ready;
    int plain;
};

VISIBLE int exact_load(const pair *p)
{
    return p->ready.load(std::memory_order_acquire);
}
VISIBLE int plain_load(const pair *p)
{
    return p->plain;
}
VISIBLE void exact_swap(pair *p)
{
    int seen = 1;
    p->ready.compare_exchange_strong(seen, 2);
}
VISIBLE void plain_store_then_exact(pair *p)
{
    p->plain = 1;
    p->ready.store(1, std::memory_order_release);
}
