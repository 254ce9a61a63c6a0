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
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAPS 256
#define SEEN (1u << 20)

struct map {
    uint64_t start, end, bias;
    char path[200];
};

static struct map maps[MAPS];
static unsigned map_count;
static uint64_t seen[SEEN];

/* ELF address = address - bias, by the segment that the mapped offset lies in. */
static uint64_t bias_of(const char *path, uint64_t start, uint64_t offset)
{
    Elf64_Ehdr elf;
    Elf64_Phdr header;
    uint64_t bias = 0;
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        return 0;
    if (pread(fd, &elf, sizeof elf, 0) == sizeof elf && !memcmp(elf.e_ident, ELFMAG, SELFMAG))
        for (unsigned i = 0; i < elf.e_phnum; i++)
            if (pread(fd, &header, sizeof header, (off_t)(elf.e_phoff + i * sizeof header)) ==
                    sizeof header &&
                header.p_type == PT_LOAD && header.p_flags & PF_X &&
                offset == (header.p_offset & ~4095ull))
                bias = start - (header.p_vaddr & ~4095ull);
    close(fd);
    return bias;
}

static void read_maps(pid_t child)
{
    char name[64], line[512], access[8];
    snprintf(name, sizeof name, "/proc/%d/maps", child);
    FILE *file = fopen(name, "r");
    map_count = 0;
    while (file && fgets(line, sizeof line, file) && map_count < MAPS) {
        unsigned long start, end, offset;
        char path[200] = "";
        if (sscanf(line, "%lx-%lx %7s %lx %*s %*s %199s", &start, &end, access, &offset, path) <
                5 ||
            access[2] != 'x' || path[0] != '/')
            continue;
        struct map *map = &maps[map_count++];
        map->start = start;
        map->end = end;
        map->bias = bias_of(path, start, offset);
        strcpy(map->path, path);
    }
    if (file)
        fclose(file);
}

static const struct map *map_of(uint64_t address)
{
    for (unsigned i = 0; i < map_count; i++)
        if (address - maps[i].start < maps[i].end - maps[i].start)
            return &maps[i];
    return NULL;
}

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
    const struct map *map = map_of(to);
    if (map)
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
            if (!map_of(pc))
                read_maps(child);
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
