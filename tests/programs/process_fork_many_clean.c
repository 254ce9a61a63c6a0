/* Children by hundreds, three generations deep, with and without work of their own.
// expect: none
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int generation(int depth)
{
    char *text = strdup("inherited");
    int failed = 0, status;
    for (int i = 0; i < (depth ? 3 : 60); i++) {
        pid_t child = fork();
        if (child == 0) {
            char *own = malloc(1000);
            int result = depth < 2 ? generation(depth + 1) : 0;
            free(own);
            free(text);
            if (i % 2)
                _exit(result);
            exit(result);
        }
        waitpid(child, &status, 0);
        failed |= status;
    }
    free(text);
    return failed;
}

int main(void)
{
    int failed = generation(0);
    printf("%d\n", failed);
    return 0;
}
