/*
 * The enums of the .def tables and the rows behind them. Used by the shim and the command alike;
 * all of it is constant data, so including it costs a translation unit only what it looks at.
 */
#ifndef HOLDFAST_FORMAT_TABLES_H
#define HOLDFAST_FORMAT_TABLES_H

#include <stdbool.h>

#include "recording.h"

enum kind {
#define KIND(id, number, slug, severity, class, title, advice, text) KIND_##id = number,
#include "kinds.def"
#undef KIND
    KIND_END = 100
};

enum role {
#define ROLE(id, number, word, heading) ROLE_##id = number,
#include "roles.def"
#undef ROLE
};

enum evidence {
#define EVIDENCE(id, number, word) EVIDENCE_##id = number,
#include "evidence.def"
#undef EVIDENCE
};

enum place {
#define PLACE(id, number, word, phrase) PLACE_##id = number,
#include "places.def"
#undef PLACE
};

enum handle_kind {
#define HANDLE(id, number, word, phrase, opener, closer, leak, growth, held)                       \
    HANDLE_KIND_##id = number,
#include "handles.def"
#undef HANDLE
};

enum sync_kind {
#define SYNC(id, number, word, phrase) SYNC_##id = number,
#include "syncs.def"
#undef SYNC
};

enum wait_kind {
#define WAIT(id, number, word, phrase, object) WAIT_##id = number,
#include "waits.def"
#undef WAIT
};

enum event {
#define EVENT(id, number, word) EVENT_##id = number,
#include "events.def"
#undef EVENT
};

enum option {
#define OPTION(id, name, type, initial, least, most, help) OPTION_##id,
#include "options.def"
#undef OPTION
    OPTION_COUNT
};

enum kind_class { CLASS_WRONG = 66, CLASS_LEFT = 23 }; /* the exit status of `holdfast run` */
enum wait_object { OBJECT_NOTHING, OBJECT_ADDRESS, OBJECT_FD, OBJECT_THREAD };
enum option_type { OPTION_TYPE_BOOL, OPTION_TYPE_NUMBER, OPTION_TYPE_TEXT, OPTION_TYPE_WORD };

struct kind_info {
    uint16_t number;
    uint8_t severity, class;
    const char *slug, *title, *advice, *text;
};
struct word_info { /* roles, evidence, places, events */
    uint16_t number;
    const char *word, *phrase;
};
enum handle_growth { GROWTH_NONE, GROWTH_NOTE, GROWTH_WARNING };
enum handle_held { HELD_TOLD, HELD_NOTE, HELD_SILENT, HELD_SUMMED, HELD_MANY, HELD_NAME };
struct handle_info {
    uint16_t number, leak;
    uint8_t growth; /* enum handle_growth */
    uint8_t held;   /* enum handle_held */
    const char *word, *phrase, *opener, *closer;
};
struct wait_info {
    uint16_t number, object;
    const char *word, *phrase;
};
struct option_info {
    uint16_t id, type;
    const char *name, *initial;
    uint64_t least, most;
    const char *help;
};

/* Rows by number; NULL for a number that this build does not know. */
const struct kind_info *kind_info(unsigned number);
const struct word_info *role_info(unsigned number);
const struct word_info *evidence_info(unsigned number);
const struct word_info *place_info(unsigned number);
const struct word_info *event_info(unsigned number);
const struct word_info *sync_info(unsigned number);
const struct handle_info *handle_info(unsigned number);
const struct wait_info *wait_info(unsigned number);

/* Rows by word; NULL for none. */
const struct kind_info *kind_by_slug(const char *slug);
const struct option_info *option_by_name(const char *name);

/* Of an option of type WORD: the words, separated by |; "" for others. */
const char *option_words(unsigned id);
/* Is word one of them? */
bool option_word_fits(unsigned id, const char *word);

/* Whole tables, for loops. */
extern const struct kind_info kind_table[];
extern const unsigned kind_table_count;
extern const struct option_info option_table[OPTION_COUNT];

#endif
