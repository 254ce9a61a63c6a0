/*
 * Single-steps a program and tells every place in an executable file that it jumped to: what
 * tests/rewrite/steps compares with the leaders.
 *
 *   rewrite_steps STEPS OUT PROGRAM ARGS…
 *
 * Writes "FILE ADDRESS" (ELF address) to OUT once for each instruction of a mapped file that was
 * come to from elsewhere than the 15 bytes before it: jumps, calls, returns, what the kernel does.
 * Stops after STEPS steps.
 */
#include "maps.h"
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEEN (1u << 20)

static uint64_t seen[SEEN];

static bool is_new(uint64_t address)
{
    uint64_t at = address * 0x9e3779b97f4a7c15ull >> 44;
    for (unsigned i = 0; i < 64; i++, at = (at + 1) % SEEN) {
        if (seen[at] == address)
            return false;
        if (!seen[at]) {
            seen[at] = address;
            return true;
        }
    }
    return true;
}

static void note(FILE *out, uint64_t to)
{
    const struct map *map = maps_find(to);
    if (map && map->path[0] == '/')
        fprintf(out, "%s %lx\n", map->path, (unsigned long)(to - map->bias));
}

int main(int argc, char **argv)
{
    FILE *out = argc < 4 ? NULL : fopen(argv[2], "we");
    if (!out)
        return 2;
    unsigned long steps = strtoul(argv[1], NULL, 10);
    pid_t child = fork();
    if (!child) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execvp(argv[3], argv + 3);
        _exit(127);
    }
    int status;
    uint64_t last = 0;
    waitpid(child, &status, 0);
    ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)PTRACE_O_EXITKILL);
    for (unsigned long i = 0; i < steps && WIFSTOPPED(status); i++) {
        struct user_regs_struct registers;
        ptrace(PTRACE_GETREGS, child, NULL, &registers);
        uint64_t pc = registers.rip;
        if (last && pc - last > 15 && is_new(pc)) {
            if (!maps_find(pc))
                maps_read(child);
            note(out, pc);
        }
        last = pc;
        long pass = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
        if (ptrace(PTRACE_SINGLESTEP, child, NULL, (void *)pass) || waitpid(child, &status, 0) < 0)
            break;
    }
    kill(child, SIGKILL);
    return fclose(out) ? 1 : 0;
}
