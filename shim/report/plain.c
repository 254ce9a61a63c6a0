#include "report/plain.h"

#include "base/memory.h"
#include "base/recording.h"
#include "base/say.h"
#include "base/syscall.h"
#include "base/text.h"
#include "format/tables.h"

#define MOST 20u /* findings shown */

static uint64_t finding_count(void)
{
    return recording->sections[SECTION_FINDINGS - 1].used / sizeof(struct finding_row);
}

static const struct finding_row *finding_at(uint64_t index)
{
    return ROW(SECTION_FINDINGS, struct finding_row, index);
}

bool plain_has(enum severity least)
{
    for (uint64_t i = 0; i < finding_count(); i++)
        if (finding_at(i)->count && finding_at(i)->severity >= least)
            return true;
    return false;
}

static void write_line(struct text *line, int out)
{
    text_add_char(line, '\n');
    say_write(out, line->start, line->length);
    *line = text_in(line->start, line->room);
}

static const struct module_row *module_of(uint64_t pc)
{
    uint64_t count = recording->sections[SECTION_MODULES - 1].used / sizeof(struct module_row);
    for (uint64_t i = 0; i < count; i++) {
        const struct module_row *row = ROW(SECTION_MODULES, struct module_row, i);
        if (row->generation && !row->unloaded_epoch && pc >= row->start && pc < row->end)
            return row;
    }
    return NULL;
}

static const char *string_at(uint32_t offset)
{
    return (const char *)section_start[SECTION_STRINGS] + offset;
}

static void write_stack(struct text *line, uint32_t stack, int out)
{
    const struct stack_row *row =
        (const struct stack_row *)(section_start[SECTION_STACKS] + (uint64_t)stack * 8);
    for (unsigned i = 0; i < row->frame_count; i++) {
        const struct module_row *module = module_of(row->frames[i] - 1);
        text_add(line, "    ");
        if (module) {
            text_add(line, string_at(module->path));
            text_add(line, "+0x");
            text_add_hex(line, row->frames[i] - module->base);
        } else {
            text_add(line, "0x");
            text_add_hex(line, row->frames[i]);
        }
        write_line(line, out);
    }
}

static void write_finding(struct text *line, const struct finding_row *finding, int out)
{
    const struct kind_info *kind = kind_info(finding->kind);
    text_add(line, kind->slug);
    text_add(line, ": ");
    text_add(line, kind->title);
    if (finding->count > 1) {
        text_add(line, ", times: ");
        text_add_number(line, finding->count);
    }
    if (finding->amount) {
        text_add(line, ", bytes: ");
        text_add_number(line, finding->amount);
    }
    write_line(line, out);
    for (uint32_t i = 0; i < finding->evidence_count; i++) {
        const struct evidence_row *row =
            ROW(SECTION_EVIDENCE, struct evidence_row, finding->evidence + i);
        if (row->type != EVIDENCE_STACK || !row->stack)
            continue;
        text_add(line, "  ");
        text_add(line, role_info(row->role)->phrase);
        text_add_char(line, ':');
        write_line(line, out);
        write_stack(line, row->stack, out);
    }
}

void plain_report(const char *recording_path, int out)
{
    static char buffer[1400];
    struct text line = text_in(buffer, sizeof buffer);
    unsigned shown = 0;
    for (uint64_t i = 0; i < finding_count() && shown < MOST; i++)
        if (finding_at(i)->count && finding_at(i)->severity >= SEVERITY_WARNING) {
            write_finding(&line, finding_at(i), out);
            shown++;
        }
    text_add(&line, shown ? "holdfast: the whole report: holdfast report "
                          : "holdfast: nothing found; the recording: ");
    text_add(&line, recording_path);
    write_line(&line, out);
}
