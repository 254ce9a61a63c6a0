#include "detect/handle_growth.h"

#include "base/recording.h"
#include "base/text.h"
#include "report/finding.h"

#define GROWTH_LEAST 32

unsigned handle_growth_of(const struct creation *creation)
{
    const struct handle_info *info = handle_info(creation->kind);
    if (!info || creation->peak < GROWTH_LEAST || (uint32_t)creation->peak * 2 < creation->made)
        return GROWTH_NONE;
    /* Most of them are there still. */
    if (creation->live > creation->peak / 2 || creation->fall_time < creation->peak_time)
        return GROWTH_NONE;
    if (creation->fall_time - creation->peak_time > creation->peak_time - creation->first_time)
        return GROWTH_NONE;
    return info->growth;
}

static void add_time(struct text *text, uint64_t ns)
{
    text_add_number(text, ns >= 10000000 ? ns / 1000000 : ns / 1000);
    text_add(text, ns >= 10000000 ? " ms" : " µs");
}

/* "64 of the 70 that were opened here were open at once, after 12 ms (5,333 a second)." */
static uint32_t detail_of(const struct creation *creation)
{
    char line[160];
    struct text text = text_in(line, sizeof line);
    uint64_t time = creation->peak_time - creation->first_time;
    uint64_t rate = time ? (uint64_t)creation->peak * 1000000000u / time : 0;
    text_add_number(&text, (uint64_t)creation->peak);
    text_add(&text, " of the ");
    text_add_number(&text, creation->made);
    text_add(&text, " that were opened here were open at once, after ");
    add_time(&text, time);
    if (rate) {
        text_add(&text, ": ");
        text_add_number(&text, rate);
        text_add(&text, " a second");
    }
    text_add(&text, ". The first was released ");
    add_time(&text, creation->fall_time - creation->peak_time);
    text_add(&text, " later.");
    return string_keep(line);
}

static void look_at(const struct creation *creation, void *with)
{
    unsigned growth = handle_growth_of(creation);
    if (growth == GROWTH_NONE)
        return;
    struct finding finding;
    finding_begin(&finding, KIND_HANDLE_GROWTH, with);
    finding.severity = growth == GROWTH_NOTE ? SEVERITY_NOTE : SEVERITY_WARNING;
    finding.count = (uint32_t)creation->peak;
    finding.thread = creation->thread;
    finding.detail = detail_of(creation);
    finding_stack(&finding, ROLE_OPENED, creation->stack, creation->thread);
    finding_stack(&finding, ROLE_RELEASED, creation->released, creation->released_thread);
    struct evidence_row *handle = finding_evidence(&finding, EVIDENCE_HANDLE, ROLE_OPENED);
    handle->a = creation->value;
    handle->b = creation->kind;
    finding_tell(&finding);
}

void handle_growth_look(struct thread *self)
{
    creation_each(look_at, self);
}
