#include "urgent.h"
#include "flags.h"
#include "folder.h"
#include "peek.h"
#include <sys/stat.h>

#define DONE ((void *)UINTPTR_MAX)

/* A run may have thousands of recordings: the folder is read again only when it has changed. */
static void list(struct urgent *urgent)
{
    struct stat folder;
    if (stat(urgent->folder, &folder))
        return;
    uint64_t changed =
        (uint64_t)folder.st_mtim.tv_sec * 1000000000 + (uint64_t)folder.st_mtim.tv_nsec;
    if (changed == urgent->listed)
        return;
    arena_finish(&urgent->arena);
    urgent->listed = changed;
    urgent->count = folder_recordings(&urgent->arena, urgent->folder, &urgent->paths);
}

static void say_new(const char *path, uint32_t from, uint32_t to)
{
    struct problem problem;
    struct recording *recording = recording_open(path, &problem);
    if (!recording)
        return;
    for (uint32_t i = to - from > URGENT_MOST ? to - URGENT_MOST : from; i < to; i++)
        say_error("%s",
                  recording_string(recording, recording->header.urgent_text[i % URGENT_MOST]));
    recording_close(recording);
}

void urgent_look(struct urgent *urgent)
{
    list(urgent);
    for (size_t i = 0; i < urgent->count; i++) {
        const char *path = urgent->paths[i];
        uint64_t key = hash_text(HASH_START, path);
        void *known = map_get(&urgent->said, key);
        struct recording_header header;
        if (known == DONE || peek_header(path, &header))
            continue;
        if (header.run_id != urgent->run_id) {
            /* Of a recording that is only being made the id may not be there yet. */
            if (header.run_id)
                map_put(&urgent->said, key, DONE);
            continue;
        }
        uint32_t said = known ? (uint32_t)(uintptr_t)known - 1 : 0;
        if (header.urgent != said)
            say_new(path, said, header.urgent);
        bool done = header.state == PROCESS_ENDED || header.state == PROCESS_EXECED;
        map_put(&urgent->said, key, done ? DONE : (void *)((uintptr_t)header.urgent + 1));
    }
}

void urgent_finish(struct urgent *urgent)
{
    arena_finish(&urgent->arena);
    map_finish(&urgent->said);
}
