#include "maker.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/test-recordings-XXXXXX";

void maker_enter_folder(void)
{
    if (!mkdtemp(folder) || chdir(folder)) {
        perror(folder);
        abort();
    }
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status, (void)type, (void)where;
    return remove(path);
}

void maker_leave_folder(void)
{
    if (chdir("/") || nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS))
        perror(folder);
}
