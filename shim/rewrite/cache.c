#include "rewrite/cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/syscall.h"
#include "base/text.h"

static char path[CACHE_PATH_MAX];

/* A folder of the present user's, where the one of the environment cannot be. */
static void use_temporary(void)
{
    struct text text = text_in(path, sizeof path);
    text_add(&text, "/tmp/holdfast-");
    text_add_number(&text, (uint64_t)raw_syscall(SYS_geteuid));
    text_add(&text, "/images");
}

void cache_start_up(const char *cache_home, const char *home)
{
    struct text text = text_in(path, sizeof path);
    bool has_cache = cache_home && cache_home[0] == '/';
    bool has_home = !has_cache && home && home[0] == '/' && home[1];
    if (has_cache) {
        text_add(&text, cache_home);
        text_add(&text, "/holdfast");
    } else if (has_home) {
        text_add(&text, home);
        text_add(&text, "/.cache/holdfast");
    }
    /* Cut short, or nowhere to go. */
    if (!text.length || text.length + CACHE_NAME_MAX >= sizeof path)
        use_temporary();
}

const char *cache_path(void)
{
    return path;
}

static int open_own(const char *at)
{
    struct stat status;
    raw_syscall(SYS_mkdir, at, 0700);
    long fd =
        raw_syscall(SYS_openat, AT_FDCWD, at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (raw_failed(fd))
        return (int)fd;
    long writable = raw_syscall(SYS_faccessat2, fd, ".", W_OK | X_OK, AT_EACCESS);
    if (raw_failed(raw_syscall(SYS_fstat, fd, &status)) ||
        status.st_uid != (uid_t)raw_syscall(SYS_geteuid) || status.st_mode & 022 ||
        (raw_failed(writable) && writable != -38 /* ENOSYS: before Linux 5.8 */)) {
        raw_syscall(SYS_close, fd);
        return -1; /* EPERM */
    }
    return (int)fd;
}

/* The folder above is the user's too, or (as /tmp/holdfast-UID) must be. */
static int open_path(void)
{
    size_t slash = (size_t)(text_base(path) - path);
    char above[CACHE_PATH_MAX];
    if (!slash)
        return -2; /* ENOENT */
    mem_copy(above, path, slash - 1);
    above[slash - 1] = '\0';
    if (text_starts(above, "/tmp/holdfast-")) {
        int fd = open_own(above);
        if (fd < 0)
            return fd;
        raw_syscall(SYS_close, fd);
    } else {
        raw_syscall(SYS_mkdir, above, 0700);
    }
    return open_own(path);
}

int cache_open(void)
{
    int fd = open_path();
    if (fd >= 0)
        return fd;
    use_temporary();
    return open_path();
}

static void add_bytes(struct text *text, const uint8_t *bytes, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        text_add_char(text, "0123456789abcdef"[bytes[i] >> 4]);
        text_add_char(text, "0123456789abcdef"[bytes[i] & 15]);
    }
}

void cache_name(const struct cache_key *key, char *name)
{
    static const char *const forms[FORM_COUNT] = {"move", "gs", "flip"};
    struct text text = text_in(name, CACHE_NAME_MAX);
    if (key->build_id_size) {
        add_bytes(&text, key->build_id, key->build_id_size);
    } else {
        uint64_t words[] = {key->path_hash, key->file_size, key->file_mtime};
        text_add_char(&text, 'f');
        text_add_hex(&text, rewrite_hash(0, words, sizeof words));
    }
    text_add_char(&text, '-');
    text_add(&text, forms[key->form]);
    text_add_number(&text, key->variant);
    text_add(&text, "-v");
    text_add_number(&text, REWRITE_VERSION);
    if (key->options) {
        text_add_char(&text, '-');
        text_add_hex(&text, key->options);
    }
    if (key->rewriter) {
        text_add(&text, "-r");
        text_add_hex(&text, key->rewriter);
    }
    text_add(&text, ".image");
}
