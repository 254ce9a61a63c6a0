/*
 * holdfast-rewrite: from an executable or a library to an image of its code with checks.
 *
 *   holdfast-rewrite --show FILE           what it knows of the file: figures
 *   holdfast-rewrite --dump-leaders FILE   where jumps can land
 *   holdfast-rewrite --dump FILE           instructions
 *   holdfast-rewrite --form=move|gs|flip [--variant=N] FILE=IMAGE… [--variant=N FILE=IMAGE…]…
 *                                          writes images; a line on stderr for each that is not
 *   --watch=PATTERNS, --skip=PATTERNS      with these: which functions (choose.h)
 */
#include "choose.h"
#include "image.h"
#include "show.h"
#include "tidy.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *watch, *skip;
static const char *written; /* an image */
static bool not_kept;       /* there was one that could not be written */

static bool scan(struct module *module, const char *path)
{
    if (!module_open(module, path) || !module_decode(module) || !module_leaders(module) ||
        !module_liveness(module))
        return false;
    module_escape(module);
    module_choose(module, watch, skip);
    module_atomics(module);
    module_waits(module);
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

/* What --form calls them. */
static bool form_of(const char *name, enum rewrite_form *ret)
{
    static const char *const names[FORM_COUNT] = {"move", "gs", "flip"};
    for (int i = 0; i < FORM_COUNT; i++)
        if (strcmp(name, names[i]) == 0) {
            *ret = (enum rewrite_form)i;
            return true;
        }
    return false;
}

/* pair: FILE=IMAGE. */
static bool write_image(char *pair, const struct image_request *request)
{
    char *image = strrchr(pair, '=');
    if (!image)
        return false;
    *image++ = 0;
    written = image;
    struct module module;
    int error = -1;
    if (scan(&module, pair)) {
        error = image_write(&module, request, image, NULL);
        if (error)
            fprintf(stderr, "holdfast-rewrite: %s: %s\n", pair, strerror(-error));
        not_kept = not_kept || error == -ENOSPC || error == -EDQUOT || error == -EFBIG ||
                   error == -EROFS || error == -EACCES || error == -EIO;
    }
    module_close(&module);
    return !error;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"form", required_argument, NULL, 'f'}, {"variant", required_argument, NULL, 'v'},
        {"show", no_argument, NULL, 's'},       {"dump-leaders", no_argument, NULL, 'l'},
        {"dump", no_argument, NULL, 'd'},       {"watch", required_argument, NULL, 'w'},
        {"skip", required_argument, NULL, 'k'}, {0}};
    void (*how)(const struct module *module) = NULL;
    struct image_request request = {.form = FORM_COUNT};
    /* Files in their order, each with the variant that was said last before it. */
    struct {
        char *name;
        uint32_t variant;
    } *files = calloc((size_t)argc, sizeof *files);
    int count = 0;
    if (!files)
        return 1;
    for (int option; (option = getopt_long(argc, argv, "-", options, NULL)) >= 0;) {
        if (option == 1) {
            files[count].name = optarg;
            files[count++].variant = request.variant;
        } else if (option == 's')
            how = show_statistics;
        else if (option == 'l')
            how = show_leaders;
        else if (option == 'd')
            how = show_instructions;
        else if (option == 'w')
            watch = optarg;
        else if (option == 'k')
            skip = optarg;
        else if (option == 'v')
            request.variant = (uint32_t)strtoul(optarg, NULL, 10);
        else if (option != 'f' || !form_of(optarg, &request.form))
            return 2;
    }
    request.options = choose_hash(watch, skip);
    bool writes = request.form != FORM_COUNT;
    for (; optind < argc; optind++) { /* behind -- */
        files[count].name = argv[optind];
        files[count++].variant = request.variant;
    }
    for (int i = 0; i < count; i++)
        writes = writes && files[i].variant < REWRITE_VARIANTS;
    if ((!how && !writes) || !count) {
        fputs("usage: holdfast-rewrite --show|--dump-leaders|--dump FILE…\n"
              "       holdfast-rewrite --form=move|gs|flip [--variant=N] FILE=IMAGE…"
              " [--variant=N FILE=IMAGE…]…\n",
              stderr);
        return 2;
    }
    bool all = true;
    for (int i = 0; i < count; i++) {
        request.variant = files[i].variant;
        all = (how ? show(files[i].name, how) : write_image(files[i].name, &request)) && all;
    }
    free(files);
    if (written)
        tidy_folder(written, TIDY_MOST);
    return all ? 0 : not_kept ? REWRITER_NOT_KEPT : 1;
}
