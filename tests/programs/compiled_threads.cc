/* Races in C++: a virtual call while the object is still being made, an exception on the way. */
// build: -fsanitize=thread
// expect: data-race role=here function=call_it
// expect: data-race role=earlier function=make_it
// expect: data-race role=here function=after_throw line=54
// expect: data-race role=here function=catch_it
// expect: data-race role=earlier function=write_it
#include <new>

#include "in_turn.h"

struct Base {
    virtual int value() { return 1; }
    virtual ~Base() {}
};
struct Derived : Base {
    int value() override { return 2; }
};

alignas(Derived) static char storage[sizeof(Derived)];
static Base *volatile object = reinterpret_cast<Base *>(storage);
static volatile int sink;
int value;

static void make_it()
{
    new (storage) Derived;
}

static void call_it()
{
    sink = object->value();
}

static void write_it()
{
    value = 1;
}

[[gnu::noinline]] static void throw_it(int depth)
{
    if (depth == 0)
        throw 1;
    throw_it(depth - 1);
    sink = 1;
}

[[gnu::noinline]] static void after_throw()
{
    try {
        throw_it(5);
    } catch (int) {
    }
    value = 2; /* line 54 */
    sink = 1;
}

static void catch_it()
{
    after_throw();
    sink = 1;
}

int main()
{
    in_turn(make_it, call_it);
    in_turn(write_it, catch_it);
}
