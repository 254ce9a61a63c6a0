#include "report/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/recording.h"
#include "base/syscall.h"
#include "base/text.h"
#include "state/clock.h"
#include "state/environment.h"
#include "state/options.h"

static void add_padded(struct text *text, unsigned value, unsigned digits)
{
    for (unsigned unit = digits == 4 ? 1000 : 10; unit; unit /= 10)
        text_add_char(text, (char)('0' + value / unit % 10));
}

/* Days since 1970 to year, month, day (proleptic Gregorian; the civil_from_days algorithm). */
static void add_date(struct text *text, uint64_t seconds)
{
    uint64_t days = seconds / 86400 + 719468, of_day = seconds % 86400;
    uint64_t era = days / 146097, doe = days % 146097;
    uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    unsigned month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
    add_padded(text, (unsigned)(yoe + era * 400 + (month <= 2)), 4);
    add_padded(text, month, 2);
    add_padded(text, (unsigned)(doy - (153 * mp + 2) / 5 + 1), 2);
    text_add_char(text, '-');
    add_padded(text, (unsigned)(of_day / 3600), 2);
    add_padded(text, (unsigned)(of_day / 60 % 60), 2);
    add_padded(text, (unsigned)(of_day % 60), 2);
}

/* Makes path if it is missing; true when it is a directory of ours that nobody else may write to.
 */
static bool own_folder(const char *path)
{
    struct stat status;
    raw_syscall(SYS_mkdir, path, 0700);
    return !raw_failed(raw_syscall(SYS_lstat, path, &status)) && S_ISDIR(status.st_mode) &&
           status.st_uid == (uid_t)raw_syscall(SYS_geteuid) && !(status.st_mode & 022);
}

static bool is_folder(const char *path)
{
    struct stat status;
    return !raw_failed(raw_syscall(SYS_stat, path, &status)) && S_ISDIR(status.st_mode);
}

static bool new_run_folder(struct text *path, const char *state_home)
{
    if (state_home && state_home[0] == '/') {
        text_add(path, state_home);
        raw_syscall(SYS_mkdir, path->start, 0700);
        text_add(path, "/holdfast");
    } else {
        text_add(path, "/tmp/holdfast-");
        text_add_number(path, (uint64_t)raw_syscall(SYS_geteuid));
    }
    if (!own_folder(path->start))
        return false;
    text_add_char(path, '/');
    add_date(path, clock_read(CLOCK_REALTIME) / 1000000000u);
    text_add_char(path, '-');
    text_add_number(path, (uint64_t)raw_syscall(SYS_getpid));
    return own_folder(path->start);
}

static uint64_t random_id(void)
{
    uint64_t id = 0;
    if (raw_syscall(SYS_getrandom, &id, sizeof id, GRND_NONBLOCK) != sizeof id || !id)
        id = clock_now() * 0x9e3779b97f4a7c15ull ^ (uint64_t)raw_syscall(SYS_getpid);
    return id;
}

/* The recording_size option, bounded by what the process may map and write. */
static uint64_t size_limit(void)
{
    uint64_t size = options.number[OPTION_RECORDING_SIZE];
    struct rlimit limit;
    if (!raw_failed(raw_syscall(SYS_prlimit64, 0, RLIMIT_AS, NULL, &limit)) &&
        limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur / 8 < size)
        size = limit.rlim_cur / 8;
    if (!raw_failed(raw_syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit)) &&
        limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur / 2 < size)
        size = limit.rlim_cur / 2;
    return size;
}

/* PROGRAM.PID[.IMAGE].holdfast in the folder: the first that is not there yet. */
static int create_in(const char *folder, const char *program, char *path, size_t room)
{
    int result = -EEXIST;
    for (unsigned image = 0; image < 10000 && result == -EEXIST; image++) {
        struct text text = text_in(path, room);
        text_add(&text, folder);
        text_add_char(&text, '/');
        text_add_bytes(&text, program, text_length(program) > 64 ? 64 : text_length(program));
        text_add_char(&text, '.');
        text_add_number(&text, (uint64_t)raw_syscall(SYS_getpid));
        if (image) {
            text_add_char(&text, '.');
            text_add_number(&text, image);
        }
        text_add(&text, RECORDING_SUFFIX);
        result = recording_create(path, size_limit());
        if (result == 0)
            recording->image = image;
    }
    return result;
}

/* recording=PATH: a file, with %p for the pid; one that exists already gets the pid added. */
static int create_named(const char *wanted, char *path, size_t room)
{
    for (int again = 0; again < 2; again++) {
        struct text text = text_in(path, room);
        for (const char *at = wanted; *at; at++) {
            if (at[0] == '%' && at[1] == 'p') {
                text_add_number(&text, (uint64_t)raw_syscall(SYS_getpid));
                at++;
            } else
                text_add_char(&text, *at);
        }
        if (again) {
            text_add_char(&text, '.');
            text_add_number(&text, (uint64_t)raw_syscall(SYS_getpid));
        }
        int result = recording_create(path, size_limit());
        if (result != -EEXIST)
            return result;
    }
    return -EEXIST;
}

int folder_create_recording(const char *program, const char *state_home, char *path, size_t room)
{
    const char *wanted = options.text[OPTION_RECORDING];
    char folder[1024];
    struct text text = text_in(folder, sizeof folder);
    uint64_t id = environment.run_id ? environment.run_id : random_id();
    if (*wanted && !is_folder(wanted)) {
        int result = create_named(wanted, path, room);
        environment_run(environment.run_folder ? environment.run_folder : "/", id);
        return result;
    }
    int result = -ENOENT;
    if (*wanted)
        text_add(&text, wanted);
    else if (environment.run_folder)
        text_add(&text, environment.run_folder);
    if (text.length)
        result = create_in(folder, program, path, room);
    if (result < 0) {
        /* None given, or one that this user may not write to (the process changed its uid): a
           folder of its own, under the same run id. */
        text = text_in(folder, sizeof folder);
        if (!new_run_folder(&text, state_home)) {
            text = text_in(folder, sizeof folder);
            if (!state_home || !new_run_folder(&text, NULL))
                return -EACCES;
        }
        result = create_in(folder, program, path, room);
    }
    environment_run(folder, id);
    return result;
}
