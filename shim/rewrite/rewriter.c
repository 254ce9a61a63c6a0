#include "rewrite/rewriter.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/syscall.h"
#include "base/text.h"
#include "rewrite/cache.h"
#include "state/helper.h"
#include "state/moved.h"
#include "state/options.h"

/* Built, installed. */
static const char *const places[] = {"/../tools/rewrite/holdfast-rewrite",
                                     "/holdfast/holdfast-rewrite", "/../holdfast/holdfast-rewrite",
                                     NULL};

#define TEXT_ROOM  (4u << 20)
#define FLAGS_MOST 8u
/* Seconds after which it is taken to hang: on an idle machine a megabyte of text takes 0.15. */
#define LIMIT          120u
#define LIMIT_MEGABYTE 5u

struct rewriter {
    const char *argv[FLAGS_MOST + 2 * MOVED_MODULES_MAX + 1];
    unsigned count;
    uint32_t variant; /* said last */
    uint64_t text_size;
    struct text text;
    char path[CACHE_PATH_MAX + 64];
    char room[TEXT_ROOM];
};

/* The next argument begins here. */
static void begin_argument(struct rewriter *rewriter, const char *word)
{
    rewriter->argv[rewriter->count++] = rewriter->text.start + rewriter->text.length;
    text_add(&rewriter->text, word);
}

/* Ends it; the text keeps a NUL of its own. */
static void end_argument(struct rewriter *rewriter)
{
    text_add_char(&rewriter->text, '\0');
}

static void add_patterns(struct rewriter *rewriter, const char *flag, const char *patterns)
{
    if (!text_find(patterns, '!'))
        return;
    begin_argument(rewriter, flag);
    text_add(&rewriter->text, patterns);
    end_argument(rewriter);
}

uint64_t rewriter_identity(void)
{
    char path[CACHE_PATH_MAX + 64];
    struct stat status;
    if (!helper_find(places, path, sizeof path) ||
        raw_failed(raw_syscall(SYS_newfstatat, AT_FDCWD, path, &status, 0)))
        return 0;
    uint64_t words[] = {(uint64_t)status.st_size, (uint64_t)status.st_mtim.tv_sec,
                        (uint64_t)status.st_mtim.tv_nsec};
    return rewrite_hash(0, words, sizeof words);
}

struct rewriter *rewriter_prepare(enum rewrite_form form)
{
    static const char *const forms[FORM_COUNT] = {"--form=move", "--form=gs", "--form=flip"};
    struct rewriter *rewriter = pages_map(sizeof *rewriter);
    if (!rewriter)
        return NULL;
    rewriter->text = text_in(rewriter->room, sizeof rewriter->room);
    rewriter->argv[rewriter->count++] = "holdfast-rewrite";
    rewriter->argv[rewriter->count++] = forms[form];
    rewriter->variant = REWRITE_VARIANTS;
    add_patterns(rewriter, "--watch=", options.text[OPTION_WATCH]);
    add_patterns(rewriter, "--skip=", options.text[OPTION_SKIP]);
    return rewriter;
}

static void say_variant(struct rewriter *rewriter, uint32_t variant)
{
    begin_argument(rewriter, "--variant=");
    text_add_number(&rewriter->text, variant);
    end_argument(rewriter);
    rewriter->variant = variant;
}

void rewriter_add(struct rewriter *rewriter, const char *file, uint64_t text_size, uint32_t variant,
                  const char *image)
{
    size_t need = text_length(file) + text_length(cache_path()) + text_length(image) + 32;
    if (rewriter->count + 2 >= sizeof rewriter->argv / sizeof rewriter->argv[0] ||
        rewriter->text.length + need >= rewriter->text.room)
        return;
    if (variant != rewriter->variant)
        say_variant(rewriter, variant);
    rewriter->text_size += text_size;
    begin_argument(rewriter, file);
    text_add_char(&rewriter->text, '=');
    text_add(&rewriter->text, cache_path());
    text_add_char(&rewriter->text, '/');
    text_add(&rewriter->text, image);
    end_argument(rewriter);
}

int rewriter_run(struct rewriter *rewriter)
{
    static char *const no_environment[] = {NULL};
    struct helper helper = {.path = rewriter->path,
                            .argv = rewriter->argv,
                            .envp = no_environment,
                            .out = 2,
                            .limit =
                                LIMIT + (unsigned)(rewriter->text_size >> 20) * LIMIT_MEGABYTE};
    int status = -1;
    if (helper_find(places, rewriter->path, sizeof rewriter->path)) {
        long null = options.number[OPTION_VERBOSE]
                        ? 2
                        : raw_syscall(SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY | O_CLOEXEC);
        helper.out = raw_failed(null) ? 2 : (int)null;
        status = helper_run(&helper);
        if (helper.out != 2)
            raw_syscall(SYS_close, helper.out);
    }
    pages_unmap(rewriter, sizeof *rewriter);
    return status;
}
