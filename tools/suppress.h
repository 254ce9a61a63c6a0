/*
 * Rules for findings that are to be hidden (REPORTS §4): lines of KIND:PATTERN [count<=N], the
 * files of TSan and LSan, and Valgrind's { … } blocks, all in one file if need be.
 *
 * Model: a rule names kinds and patterns; a finding is hidden by the first rule that fits one of
 * its stacks. Each rule counts what it hid, so that rules without use can be listed. One thread.
 */
#ifndef HOLDFAST_TOOLS_SUPPRESS_H
#define HOLDFAST_TOOLS_SUPPRESS_H

#include "model.h"

struct rules;

/* paths: files, separated by commas. NULL and a sentence (file, line, what is wrong) when a file
   cannot be read or a rule is bad. "" gives an empty set. */
struct rules *rules_load(const char *paths, struct problem *ret_problem);
void rules_destroy(struct rules *rules);

/* The rule that hides finding, NULL for none. Counts. */
const struct rule *rules_match(struct rules *rules, const struct finding *finding);

/* Rules in the order of the files. NULL past the end. */
const struct rule *rules_at(const struct rules *rules, size_t i);

struct rule_view {
    const char *file, *text; /* text: the line, or the name of a { … } block */
    unsigned line;
    uint64_t hits;
};
struct rule_view rule_view(const struct rule *rule);

#endif
