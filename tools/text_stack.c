#include "text_stack.h"
#include "words.h"
#include <inttypes.h>
#include <string.h>

#define FRAMES_SHOWN   14  /* without --all */
#define NAME_COLUMN    44  /* names longer than that push their place to the right */
#define NAME_LONG      72  /* names longer than that are shortened without --all */
#define SOURCE_COLUMNS 110 /* lines of source are cut at the terminal's width, but not before */
#define STARTUP_SHOWN  4
#define FRAMES_BETWEEN 3 /* as many of libraries between two of the program's own are left out */

const char *style(const struct output *output, enum style which)
{
    static const char *const codes[] = {
        [STYLE_PLAIN] = "\033[0m",    [STYLE_BOLD] = "\033[1m",       [STYLE_DIM] = "\033[2m",
        [STYLE_ERROR] = "\033[1;31m", [STYLE_WARNING] = "\033[1;33m", [STYLE_NOTE] = "\033[1;36m",
        [STYLE_GOOD] = "\033[1;32m"};
    return output->color ? codes[which] : "";
}

static unsigned columns(const char *text)
{
    unsigned count = 0;
    for (; *text; text++)
        count += (*text & 0xc0) != 0x80;
    return count;
}

/* How many bytes of text fit into that many columns. */
static size_t bytes_of_columns(const char *text, unsigned room)
{
    size_t bytes = 0;
    for (unsigned used = 0; text[bytes]; bytes++) {
        used += (text[bytes] & 0xc0) != 0x80;
        if (used > room)
            break;
    }
    return bytes;
}

/* "std::map<int, foo<int>>::find(int const&)" → "std::map<…>::find(…)": what stands in brackets
   says little to people and fills lines. operator<, operator-> and the like keep theirs. */
static const char *shorten(struct arena *arena, const char *name)
{
    char *out = arena_take(arena, strlen(name) + 8), *at = out;
    unsigned depth = 0;
    for (const char *c = name; *c; c++) {
        bool operator_sign =
            c - name >= 8 && (!strncmp(c - 8, "operator", 8) || !strncmp(c - 8, "perator", 7));
        bool opens = (*c == '<' || *c == '(') && !operator_sign;
        bool closes = (*c == '>' || *c == ')') && depth && c[-1] != '-';
        if (opens && depth++ == 0) {
            *at++ = *c;
            bool empty = c[1] == ')' || c[1] == '>';
            /* "(anonymous namespace)" is short enough and not an argument list */
            if (!strncmp(c, "(anonymous namespace)", 21)) {
                at = mempcpy(at, c + 1, 20);
                c += 20;
                depth--;
            } else if (!empty) {
                at = stpcpy(at, "…");
            }
            continue;
        }
        if (closes && --depth == 0)
            *at++ = *c;
        else if (!depth)
            *at++ = *c;
    }
    *at = 0;
    return depth ? name : out;
}

static const char *frame_name(struct output *output, const struct frame *frame)
{
    if (!frame->function)
        return frame->module ? arena_print(&output->arena, "%s+0x%" PRIx64, frame_module(frame),
                                           frame->offset)
                             : arena_print(&output->arena, "0x%" PRIx64, frame->offset);
    if (output->all || columns(frame->function) <= NAME_LONG)
        return frame->function;
    return shorten(&output->arena, frame->function);
}

/* file:line:column, the file relative to directory where it lies in it; the module where the file
   is unknown. */
static const char *frame_place(struct output *output, const struct frame *frame,
                               const char *directory)
{
    if (!frame->function)
        return "";
    if (!frame->file)
        return arena_print(&output->arena, "(%s+0x%" PRIx64 ")", frame_module(frame),
                           frame->offset);
    const char *file = words_path(frame->file, directory);
    if (!frame->line)
        return file;
    if (!frame->column)
        return arena_print(&output->arena, "%s:%u", file, frame->line);
    return arena_print(&output->arena, "%s:%u:%u", file, frame->line, frame->column);
}

/* Files of the system and of other people's builds may be at hand, too, but their lines tell nobody
   where his mistake is. */
static bool is_own_source(const struct frame *frame)
{
    static const char *const others[] = {"/usr/", "/build/", "/rustc/", "./", "../"};
    for (unsigned i = 0; frame->file && i < sizeof others / sizeof others[0]; i++)
        if (!strncmp(frame->file, others[i], strlen(others[i])))
            return false;
    return frame->file;
}

static bool print_source(struct output *output, struct sources *sources, const struct frame *frame,
                         unsigned indent)
{
    if (!is_own_source(frame))
        return false;
    const char *text = source_text(sources, frame->file, frame->line, frame_module_mtime(frame));
    if (!text)
        return false;
    unsigned room = output->width > SOURCE_COLUMNS ? output->width : SOURCE_COLUMNS;
    size_t shown = bytes_of_columns(text, room - indent - 9);
    fprintf(output->out, "%*s%s%6u │%s %.*s%s\n", (int)indent, "", style(output, STYLE_DIM),
            frame->line, style(output, STYLE_PLAIN), (int)shown, text, text[shown] ? "…" : "");
    return true;
}

static void print_frame(struct output *output, const struct frame *frame, unsigned number,
                        const char *directory, unsigned indent, unsigned width)
{
    const char *name = frame_name(output, frame), *place = frame_place(output, frame, directory);
    unsigned name_columns = columns(name);
    int gap = name_columns < width ? (int)(width - name_columns) : 0;
    fprintf(output->out, "%*s%s#%-2u%s %s%s%s", (int)indent, "", style(output, STYLE_DIM), number,
            style(output, STYLE_PLAIN), is_own_source(frame) ? style(output, STYLE_BOLD) : "", name,
            style(output, STYLE_PLAIN));
    if (*place)
        fprintf(output->out, "%*s  %s", gap, "", place);
    if (frame->inlined)
        fprintf(output->out, "  %s(inlined)%s", style(output, STYLE_DIM),
                style(output, STYLE_PLAIN));
    fputc('\n', output->out);
}

/* What runs before main, on one line: the plain names. */
static void print_startup(struct output *output, const struct trace *trace, unsigned indent)
{
    unsigned printed = 0;
    fprintf(output->out, "%*s%s    ", (int)indent, "", style(output, STYLE_DIM));
    for (unsigned i = trace->count - trace->startup; i < trace->count; i++) {
        const struct frame *frame = &trace->frames[i];
        const char *name = frame->function ? frame->function : frame_module(frame);
        if (strstr(name, "::") || printed == STARTUP_SHOWN)
            continue;
        fprintf(output->out, "%s%s", printed++ ? ", " : "", name);
    }
    fprintf(output->out, "%s%s\n", printed ? "" : "…", style(output, STYLE_PLAIN));
}

/* Frames from first on that are nobody's own source, up to one that is; 0 where none follows. */
static unsigned between_own(const struct trace *trace, unsigned first, unsigned count)
{
    unsigned next = first;
    while (next < count && !is_own_source(&trace->frames[next]))
        next++;
    return next < count ? next - first : 0;
}

/* Which frames to show. What a library does between two functions of the program's own source (a
   call through std::function, an iterator) is left out where it takes many frames. Of the rest all
   when they are few, else the first three, the last, those of the program's own source, and as many
   of the first others as there is room for. */
static void choose_frames(struct output *output, const struct trace *trace, unsigned count,
                          bool *ret_shown)
{
    unsigned room = FRAMES_SHOWN, kept = 0;
    bool *within = arena_take(&output->arena, count * sizeof *within);
    for (unsigned i = 0; i < count; i++) {
        unsigned between =
            i && is_own_source(&trace->frames[i - 1]) ? between_own(trace, i, count) : 0;
        for (unsigned k = 0; k < between && between >= FRAMES_BETWEEN; k++)
            within[i + k] = true;
        kept += !within[i];
    }
    bool all = output->all || kept <= FRAMES_SHOWN;
    for (unsigned i = 0; i < count; i++) {
        ret_shown[i] = output->all || (!within[i] && (all || i < 3 || i == count - 1));
        room -= !all && ret_shown[i];
    }
    for (int own = 1; !all && own >= 0; own--)
        for (unsigned i = 0; i < count && room; i++)
            if (!ret_shown[i] && !within[i] && (!own || is_own_source(&trace->frames[i]))) {
                ret_shown[i] = true;
                room--;
            }
}

static unsigned name_width(struct output *output, const struct trace *trace, unsigned count,
                           const bool *shown)
{
    unsigned width = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned name = shown[i] ? columns(frame_name(output, &trace->frames[i])) : 0;
        if (name <= NAME_COLUMN && name > width)
            width = name;
    }
    return width;
}

static void print_gap(struct output *output, unsigned count, unsigned indent)
{
    fprintf(output->out, "%*s%s    … %u more frame%s …%s\n", (int)indent, "",
            style(output, STYLE_DIM), count, count == 1 ? "" : "s", style(output, STYLE_PLAIN));
}

static void print_cut(struct output *output, const struct trace *trace, unsigned indent)
{
    const char *why = trace->flags & STACK_TRUNCATED ? "deeper frames were not kept (--stack-depth)"
                      : trace->flags & STACK_BROKEN  ? "the stack could not be followed further"
                                                     : NULL;
    if (why)
        fprintf(output->out, "%*s%s    %s%s\n", (int)indent, "", style(output, STYLE_DIM), why,
                style(output, STYLE_PLAIN));
}

void text_stack(struct output *output, struct sources *sources, const struct trace *trace,
                const char *directory, unsigned indent)
{
    unsigned count = trace->count - trace->startup, skipped = 0;
    bool *shown = arena_take(&output->arena, count * sizeof *shown), sourced = false;
    choose_frames(output, trace, count, shown);
    unsigned width = name_width(output, trace, count, shown);
    for (unsigned i = 0; i < count; i++) {
        if (!shown[i]) {
            skipped++;
            continue;
        }
        if (skipped)
            print_gap(output, skipped, indent);
        skipped = 0;
        print_frame(output, &trace->frames[i], i, directory, indent, width);
        if (!sourced)
            sourced = print_source(output, sources, &trace->frames[i], indent + 4);
    }
    if (trace->startup)
        print_startup(output, trace, indent);
    print_cut(output, trace, indent);
}

const char *text_place(struct output *output, const struct trace *trace, const char *directory,
                       unsigned frames)
{
    unsigned count = trace->count - trace->startup, first = 0;
    /* begin where the program's own code begins, if it can be told */
    while (first < count && !is_own_source(&trace->frames[first]))
        first++;
    if (first == count)
        first = trace->place;
    const char *text = frame_name(output, &trace->frames[first]);
    const char *place = frame_place(output, &trace->frames[first], directory);
    if (*place)
        text = arena_print(&output->arena, "%s %s", text, place);
    for (unsigned i = first + 1; i < count && i < first + frames; i++)
        text = arena_print(&output->arena, "%s ← %s", text, frame_name(output, &trace->frames[i]));
    return text;
}
