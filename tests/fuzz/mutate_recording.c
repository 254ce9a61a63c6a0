/*
 * mutate_recording COUNT [SEED]: changes bytes of the sample recordings at random, COUNT times, and
 * reports each in every format. Nothing may crash, hang, or read what is not there (built with the
 * sanitizers).
 *
 * Mutations aim: half of them hit the header and the directory, the others the rows; a word is set
 * to a telling value (0, all ones, a size, an id off by one) or to a random one; some cut the file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "maker.h"
#include "report.h"

static uint64_t random_state;
static uint64_t next_random(void) /* xorshift64* */
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545f4914f6cdd1dull;
}

static uint64_t telling_value(void)
{
    static const uint64_t values[] = {
        0,         1,        7,      64,         4096, UINT32_MAX,       UINT64_MAX,
        INT64_MAX, 1u << 31, 0xffff, 1ull << 40, 8192, UINT64_MAX - 4095};
    return next_random() % 3 ? values[next_random() % (sizeof values / sizeof values[0])]
                             : next_random();
}

static void mutate(unsigned char *bytes, size_t size)
{
    size_t header = offsetof(struct recording_header, sections) + 12 * sizeof(struct section);
    for (unsigned hits = 1 + next_random() % 8; hits; hits--) {
        size_t range = next_random() % 2 ? header : size, width = 1u << next_random() % 4;
        size_t at = next_random() % (range - 8) / width * width;
        uint64_t value = telling_value(), old = 0;
        memcpy(&old, bytes + at, width);
        if (next_random() % 4 == 0)
            value = old + next_random() % 17 - 8;
        memcpy(bytes + at, &value, width);
    }
    if (next_random() % 4) /* most of the time let the file pass the first look */
        memcpy(bytes, RECORDING_MAGIC, 8);
}

static void report_all(const char *path)
{
    static const char *const formats[] = {
#define FORMAT(name, help) #name,
#include "formats.def"
#undef FORMAT
    };
    for (unsigned i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct report_options options = {.format = formats[i],
                                         .output = "/dev/null",
                                         .all = next_random() % 2,
                                         .fail_on = "warning,fd-leak>=3"};
        struct report_result result;
        report_path(path, &options, &result);
    }
}

static bool write_bytes(const char *path, const unsigned char *bytes, size_t size)
{
    FILE *file = fopen(path, "w");
    bool good = file && fwrite(bytes, size, 1, file) == 1;
    return file && !fclose(file) && good;
}

static unsigned char *read_bytes(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "r");
    unsigned char *bytes = malloc(1 << 20);
    if (!file || !bytes)
        abort();
    *ret_size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

int main(int argc, char **argv)
{
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    char folder[] = "/tmp/test-fuzz-XXXXXX";
    if (!mkdtemp(folder) || chdir(folder) || !freopen("/dev/null", "w", stdout))
        return 2;
    for (unsigned s = 0; maker_sample_name(s); s++) {
        struct maker maker;
        size_t size;
        if (!maker_sample(&maker, maker_sample_name(s)) || maker_write(&maker, "good"))
            return 2;
        unsigned char *good = read_bytes("good", &size), *bytes = malloc(size);
        for (unsigned long i = 0; i < count; i++) {
            random_state = (seed << 32) + (i + 1) * 0x9e3779b97f4a7c15ull + s;
            memcpy(bytes, good, size);
            mutate(bytes, size);
            size_t kept = next_random() % 16 ? size : next_random() % size + 1;
            if (!write_bytes("bad.holdfast", bytes, kept))
                return 2;
            report_all("bad.holdfast");
        }
        free(good);
        free(bytes);
    }
    unlink("good");
    unlink("bad.holdfast");
    return chdir("/") || rmdir(folder);
}
