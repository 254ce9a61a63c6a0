/* Nothing is lost: what the parent prints after the fork, what is flushed, closed, only read, goes
   to memory or nowhere, and what exit writes.
// expect: none
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    char memory[64], line[8], *text = NULL;
    size_t size;
    printf("before the fork\n");
    FILE *written = fopen("written", "w"), *kept = fopen("kept", "w+");
    fputs("in the parent's buffer\n", kept);
    if (fork() == 0)
        _exit(0);
    if (fork() == 0) {
        printf("flushed by the child\n");
        fflush(stdout);
        FILE *nowhere = fopen("/dev/null", "w"), *here = fmemopen(memory, sizeof memory, "w");
        FILE *grows = open_memstream(&text, &size);
        fputs("nobody reads it", nowhere);
        fputs("in memory", here);
        fputs("in memory", grows);
        fflush(grows);
        fputs("too", grows);
        FILE *read = fopen("/etc/passwd", "r");
        if (!fgets(line, sizeof line, read))
            abort();
        fclose(read);
        fclose(here);
        fclose(nowhere);
        fclose(grows);
        free(text);
        _exit(0);
    }
    while (wait(NULL) > 0)
        ;
    fputs("written by exit", written);
    fclose(written);
    fclose(kept);
    return 0;
}
