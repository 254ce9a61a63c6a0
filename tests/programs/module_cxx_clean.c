/* A program of C whose module has a C++ runtime of its own: what we stand in front of goes to that.
// build: -ldl
// library: own_runtime
// expect: none
// expect-stdout: 3
*/
#include <dlfcn.h>
#include <stdio.h>

int main(void)
{
    void *library = dlopen("./libown_runtime.so", RTLD_NOW | RTLD_LOCAL);
    int (*call)(int) = library ? (int (*)(int))dlsym(library, "own_runtime") : NULL;
    if (!call)
        return 1;
    call(1);
    printf("%d\n", call(2));
    return dlclose(library);
}
