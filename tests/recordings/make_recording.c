/* make_recording SAMPLE FILE: writes one of the samples, for looking at the command by hand. */
#include "maker.h"
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct maker maker;
    if (argc != 3 || !maker_sample(&maker, argv[1])) {
        fputs("usage: make_recording SAMPLE FILE; samples:", stderr);
        for (unsigned i = 0; maker_sample_name(i); i++)
            fprintf(stderr, " %s", maker_sample_name(i));
        fputc('\n', stderr);
        return 2;
    }
    int result = maker_write(&maker, argv[2]);
    if (result)
        fprintf(stderr, "make_recording: cannot write %s: %s\n", argv[2], strerror(-result));
    return result ? 1 : 0;
}
