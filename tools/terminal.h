/*
 * What a person's terminal can do: width, colours, wrapped text. Used by help, explain, list and
 * the text report. No state.
 */
#ifndef HOLDFAST_TOOLS_TERMINAL_H
#define HOLDFAST_TOOLS_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* Columns of the terminal behind out; 80 for files and pipes; at least 40. */
unsigned terminal_width(FILE *out);

/* when: "auto", "always", "never" or NULL (auto). False when it is none of them. */
bool terminal_color(const char *when, FILE *out, bool *ret_color);

/* text in lines of at most width columns, each indented; words longer than a line stand alone.
   \n\n in text starts a new paragraph. */
void print_wrapped(FILE *out, const char *text, unsigned width, unsigned indent);

#endif
