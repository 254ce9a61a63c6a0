/*
 * Runs a program step by step and spoils, before each instruction of its own and of its libraries
 * but libc, every register and flag that liveness says nobody reads any more. Its output must be
 * what it is without (tests/rewrite/spoiled compares).
 *
 *   rewrite_clobber STEPS PROGRAM ARGS…
 *
 * After STEPS steps the program goes on alone. Says on stderr how many words it spoiled; status 1
 * when that were none.
 */
#include "maps.h"
#include "tools/rewrite/insn.h"
#include <elf.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define MODULES    64
#define ARITHMETIC 0x8d5u

struct scanned {
    char path[200];
    struct module module;
    bool usable;
};

static struct scanned scanned[MODULES];
static unsigned scanned_count;
static unsigned long spoiled, spoiled_flags;

static const size_t places[16] = {
    offsetof(struct user_regs_struct, rax), offsetof(struct user_regs_struct, rcx),
    offsetof(struct user_regs_struct, rdx), offsetof(struct user_regs_struct, rbx),
    offsetof(struct user_regs_struct, rsp), offsetof(struct user_regs_struct, rbp),
    offsetof(struct user_regs_struct, rsi), offsetof(struct user_regs_struct, rdi),
    offsetof(struct user_regs_struct, r8),  offsetof(struct user_regs_struct, r9),
    offsetof(struct user_regs_struct, r10), offsetof(struct user_regs_struct, r11),
    offsetof(struct user_regs_struct, r12), offsetof(struct user_regs_struct, r13),
    offsetof(struct user_regs_struct, r14), offsetof(struct user_regs_struct, r15)};

/* What the product leaves alone, too. */
static bool is_system(const char *path)
{
    const char *name = strrchr(path, '/');
    return !name || !strncmp(name, "/libc.so", 8) || !strncmp(name, "/ld-linux", 9) ||
           !strncmp(name, "/libgcc_s", 9);
}

static const struct scanned *scan(const char *path)
{
    for (unsigned i = 0; i < scanned_count; i++)
        if (!strcmp(scanned[i].path, path))
            return &scanned[i];
    if (scanned_count == MODULES)
        return NULL;
    struct scanned *new = &scanned[scanned_count++];
    strcpy(new->path, path);
    new->usable = !is_system(path) && module_open(&new->module, new->path) &&
                  module_decode(&new->module) && module_leaders(&new->module) &&
                  module_liveness(&new->module);
    return new;
}

static const struct insn *insn_of(pid_t child, uint64_t pc)
{
    const struct map *map = maps_find(pc);
    if (!map) {
        maps_read(child);
        map = maps_find(pc);
    }
    const struct scanned *of = map ? scan(map->path) : NULL;
    if (!of || !of->usable)
        return NULL;
    uint64_t offset = pc - map->bias - of->module.text_start;
    return offset < UINT32_MAX ? insn_at(&of->module, (uint32_t)offset) : NULL;
}

static void spoil(pid_t child, struct user_regs_struct *registers, uint64_t number)
{
    const struct insn *insn = insn_of(child, registers->rip);
    if (!insn || insn->kind == INSN_STOP)
        return;
    uint32_t live = (uint32_t)(insn->uses | (insn->live & ~(uint64_t)insn->defines));
    if (insn->kind != INSN_PLAIN && insn->kind != INSN_BRANCH && insn->kind != INSN_JUMP)
        return; /* live says what is read behind a call, not in it */
    bool any = false;
    for (unsigned i = 0; i < 16; i++)
        if (!(live & 1u << i) && i != 4) {
            uint64_t garbage = number * 0x9e3779b97f4a7c15ull + i;
            memcpy((char *)registers + places[i], &garbage, sizeof garbage);
            spoiled++;
            any = true;
        }
    if (!(live & INSN_FLAGS)) {
        registers->eflags ^= ARITHMETIC;
        spoiled_flags++;
        any = true;
    }
    if (any)
        ptrace(PTRACE_SETREGS, child, NULL, registers);
}

/* On to the program's entry: the loader is not ours, and long. */
static void skip_loader(pid_t child)
{
    char name[64];
    uint64_t pair[2] = {0}, entry = 0;
    snprintf(name, sizeof name, "/proc/%d/auxv", child);
    FILE *file = fopen(name, "re");
    while (file && fread(pair, sizeof pair, 1, file) == 1)
        if (pair[0] == AT_ENTRY)
            entry = pair[1];
    if (file)
        fclose(file);
    long word = ptrace(PTRACE_PEEKTEXT, child, (void *)entry, NULL);
    struct user_regs_struct registers;
    int status;
    ptrace(PTRACE_POKETEXT, child, (void *)entry, (void *)((word & ~0xffl) | 0xcc));
    ptrace(PTRACE_CONT, child, NULL, NULL);
    waitpid(child, &status, 0);
    ptrace(PTRACE_POKETEXT, child, (void *)entry, (void *)word);
    ptrace(PTRACE_GETREGS, child, NULL, &registers);
    registers.rip = entry;
    ptrace(PTRACE_SETREGS, child, NULL, &registers);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    unsigned long steps = strtoul(argv[1], NULL, 10);
    pid_t child = fork();
    if (!child) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    int status;
    waitpid(child, &status, 0);
    ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)PTRACE_O_EXITKILL);
    skip_loader(child);
    for (unsigned long i = 0; WIFSTOPPED(status); i++) {
        struct user_regs_struct registers;
        long pass = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
        if (i < steps && !pass) {
            ptrace(PTRACE_GETREGS, child, NULL, &registers);
            spoil(child, &registers, i);
        }
        if (ptrace(i < steps ? PTRACE_SINGLESTEP : PTRACE_CONT, child, NULL, (void *)pass) ||
            waitpid(child, &status, 0) < 0)
            break;
    }
    fprintf(stderr, "spoiled: %lu registers, flags %lu times\n", spoiled, spoiled_flags);
    if (WIFSIGNALED(status))
        return 128 + WTERMSIG(status);
    return WEXITSTATUS(status);
}
