/*
 * holdfast-rewrite: from an executable or a library to an image of its code with checks.
 *
 *   holdfast-rewrite --show FILE           what it knows of the file: figures
 *   holdfast-rewrite --dump-leaders FILE   where jumps can land
 *   holdfast-rewrite --dump FILE           instructions
 */
#include "show.h"
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static bool scan(struct module *module, const char *path)
{
    if (!module_open(module, path) || !module_decode(module))
        return false;
    return true;
}

static bool show(const char *path, void (*how)(const struct module *module))
{
    struct module module;
    bool scanned = scan(&module, path);
    if (scanned)
        how(&module);
    module_close(&module);
    return scanned;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"show", no_argument, NULL, 's'},
                                            {"dump-leaders", no_argument, NULL, 'l'},
                                            {"dump", no_argument, NULL, 'd'},
                                            {0}};
    void (*how)(const struct module *module) = NULL;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
        if (option == 's')
            how = show_statistics;
        else if (option == 'l')
            how = show_leaders;
        else if (option == 'd')
            how = show_instructions;
        else
            return 2;
    }
    if (!how || optind == argc) {
        fputs("usage: holdfast-rewrite --show|--dump-leaders|--dump FILE…\n", stderr);
        return 2;
    }
    bool all = true;
    for (int i = optind; i < argc; i++)
        all = show(argv[i], how) && all;
    return all ? 0 : 1;
}
