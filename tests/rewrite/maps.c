#include "maps.h"
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAPS 256

static struct map maps[MAPS];
static unsigned map_count;

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

void maps_read(pid_t child)
{
    char name[64], line[512], access[8];
    snprintf(name, sizeof name, "/proc/%d/maps", child);
    FILE *file = fopen(name, "r");
    map_count = 0;
    while (file && fgets(line, sizeof line, file) && map_count < MAPS) {
        unsigned long start, end, offset;
        char path[200] = "";
        if (sscanf(line, "%lx-%lx %7s %lx %*s %*s %199s", &start, &end, access, &offset, path) <
                4 ||
            access[2] != 'x')
            continue;
        struct map *map = &maps[map_count++];
        map->start = start;
        map->end = end;
        map->bias = path[0] == '/' ? bias_of(path, start, offset) : 0;
        strcpy(map->path, path);
    }
    if (file)
        fclose(file);
}

const struct map *maps_find(uint64_t address)
{
    for (unsigned i = 0; i < map_count; i++)
        if (address - maps[i].start < maps[i].end - maps[i].start)
            return &maps[i];
    return NULL;
}
