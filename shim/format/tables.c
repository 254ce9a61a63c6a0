#include "tables.h"

/* No libc: this file is part of the shim too. */
static int same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const struct kind_info kind_table[] = {
#define KIND(id, number, slug, severity, class, title, advice, text)                               \
    {number, SEVERITY_##severity, CLASS_##class, slug, title, advice, text},
#include "kinds.def"
#undef KIND
};
const unsigned kind_table_count = COUNT(kind_table);

static const struct word_info role_table[] = {
#define ROLE(id, number, word, heading) {number, word, heading},
#include "roles.def"
#undef ROLE
};

static const struct word_info evidence_table[] = {
#define EVIDENCE(id, number, word) {number, word, word},
#include "evidence.def"
#undef EVIDENCE
};

static const struct word_info place_table[] = {
#define PLACE(id, number, word, phrase) {number, word, phrase},
#include "places.def"
#undef PLACE
};

static const struct word_info event_table[] = {
#define EVENT(id, number, word) {number, word, word},
#include "events.def"
#undef EVENT
};

static const struct handle_info handle_table[] = {
#define HANDLE(id, number, word, phrase, opener, closer, leak, growth, held)                       \
    {number, KIND_##leak, GROWTH_##growth, HELD_##held, word, phrase, opener, closer},
#include "handles.def"
#undef HANDLE
};

static const struct word_info sync_table[] = {
#define SYNC(id, number, word, phrase) {number, word, phrase},
#include "syncs.def"
#undef SYNC
};

static const struct wait_info wait_table[] = {
#define WAIT(id, number, word, phrase, object) {number, OBJECT_##object, word, phrase},
#include "waits.def"
#undef WAIT
};

const struct option_info option_table[OPTION_COUNT] = {
#define OPTION(id, name, type, initial, least, most, help)                                         \
    {OPTION_##id, OPTION_TYPE_##type, #name, initial, least, most, help},
#include "options.def"
#undef OPTION
};

#define BY_NUMBER(function, row, table)                                                            \
    const struct row *function(unsigned number)                                                    \
    {                                                                                              \
        for (unsigned i = 0; i < COUNT(table); i++)                                                \
            if ((table)[i].number == number)                                                       \
                return &(table)[i];                                                                \
        return 0;                                                                                  \
    }
BY_NUMBER(kind_info, kind_info, kind_table)
BY_NUMBER(role_info, word_info, role_table)
BY_NUMBER(evidence_info, word_info, evidence_table)
BY_NUMBER(place_info, word_info, place_table)
BY_NUMBER(event_info, word_info, event_table)
BY_NUMBER(sync_info, word_info, sync_table)
BY_NUMBER(handle_info, handle_info, handle_table)
BY_NUMBER(wait_info, wait_info, wait_table)

const struct kind_info *kind_by_slug(const char *slug)
{
    for (unsigned i = 0; i < COUNT(kind_table); i++)
        if (same(kind_table[i].slug, slug))
            return &kind_table[i];
    return 0;
}

const struct option_info *option_by_name(const char *name)
{
    for (unsigned i = 0; i < COUNT(option_table); i++)
        if (same(option_table[i].name, name))
            return &option_table[i];
    return 0;
}

const char *option_words(unsigned id)
{
    switch (id) {
#define OPTION_WORDS(id, words)                                                                    \
    case OPTION_##id:                                                                              \
        return words;
#include "option_words.def"
#undef OPTION_WORDS
    }
    return "";
}

bool option_word_fits(unsigned id, const char *word)
{
    const char *at = option_words(id);
    while (*at) {
        unsigned same_letters = 0;
        while (at[same_letters] && at[same_letters] != '|' &&
               at[same_letters] == word[same_letters])
            same_letters++;
        if (same_letters && !word[same_letters] && (!at[same_letters] || at[same_letters] == '|'))
            return true;
        while (*at && *at++ != '|')
            ;
    }
    return false;
}
