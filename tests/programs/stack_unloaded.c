/* Stacks through modules that are unloaded before the report, at addresses that another one has
had: each names its own module's functions.
// build: -ldl
// library: unloaded_a
// library: unloaded_b
// expect: fd-leak count=20 function=inner_of_a file=unloaded_a.c role=opened
// expect: fd-leak count=20 function=inner_of_b file=unloaded_b.c role=opened
// expect-stdout: the same place
*/
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>

static __attribute__((noinline)) uintptr_t load_and_leak(const char *path, const char *function)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return 0;
    int (*leak)(void) = (int (*)(void))dlsym(library, function);
    leak();
    dlclose(library);
    return (uintptr_t)leak;
}

int main(void)
{
    uintptr_t a = 0, b = 0;
    for (int i = 0; i < 20; i++) {
        a = load_and_leak("./libunloaded_a.so", "leak_in_a");
        b = load_and_leak("./libunloaded_b.so", "leak_in_b");
    }
    if (!a || !b)
        return 1;
    puts(a >> 12 == b >> 12 ? "the same place" : "another place");
    return 0;
}
