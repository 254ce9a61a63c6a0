/* "did you mean …?" */
#include "flags.h"
#include <string.h>

/* Levenshtein distance; words longer than the table are told apart by their first 63 letters. */
static unsigned edit_distance(const char *a, const char *b)
{
    unsigned row[64], length = strnlen(b, 63);
    for (unsigned j = 0; j <= length; j++)
        row[j] = j;
    for (unsigned i = 1; a[i - 1]; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= length; j++) {
            unsigned above = row[j], best = diagonal + (a[i - 1] != b[j - 1]);
            if (above + 1 < best)
                best = above + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = above;
            row[j] = best;
        }
    }
    return row[length];
}

const char *nearest_word(const char *word, const char *(*next)(unsigned i))
{
    const char *best = NULL, *text;
    unsigned best_distance = 2 + strlen(word) / 4;
    for (unsigned i = 0; (text = next(i)); i++) {
        unsigned distance = edit_distance(word, text);
        if (strstr(text, word) && *word && distance > 1)
            distance = 1;
        if (distance < best_distance) {
            best = text;
            best_distance = distance;
        }
    }
    return best;
}
