/* holdfast explain KIND: what a kind of finding means, why it matters, how to fix it. */
#include "flags.h"
#include "terminal.h"
#include <string.h>

static const char *const severity_words[] = {
    [SEVERITY_NOTE] = "note", [SEVERITY_WARNING] = "warning", [SEVERITY_ERROR] = "error"};

static const char *kind_slug(unsigned i)
{
    return i < kind_table_count ? kind_table[i].slug : NULL;
}

static int list_kinds(void)
{
    for (unsigned class = CLASS_WRONG;; class = CLASS_LEFT) {
        puts(class == CLASS_WRONG ? "Wrong use and waiting:" : "\nLeft behind:");
        for (unsigned i = 0; i < kind_table_count; i++)
            if (kind_table[i].class == class)
                printf("  %-18s %-8s %s\n", kind_table[i].slug,
                       severity_words[kind_table[i].severity], kind_table[i].title);
        if (class == CLASS_LEFT)
            break;
    }
    puts("\n`holdfast explain KIND` says what one means and how to fix it.");
    return STATUS_OK;
}

int cmd_explain(int argc, char **argv)
{
    struct flags flags;
    int status = flags_parse(&flags, COMMAND_EXPLAIN, argc, argv);
    if (status >= 0)
        return status;
    if (flags.argument_count > 1) {
        say_error("`explain` takes one kind, not %d.", flags.argument_count);
        return STATUS_USAGE;
    }
    bool color;
    if (!terminal_color(flags.flag[FLAG_COLOR], stdout, &color)) {
        say_error("--color is auto, always or never, not \"%s\".", flags.flag[FLAG_COLOR]);
        return STATUS_USAGE;
    }
    if (!flags.argument_count)
        return list_kinds();
    const struct kind_info *kind = kind_by_slug(flags.arguments[0]);
    if (!kind) {
        const char *near = nearest_word(flags.arguments[0], kind_slug);
        if (near)
            say_error("there is no kind \"%s\"; did you mean %s?", flags.arguments[0], near);
        else
            say_error("there is no kind \"%s\" (`holdfast explain` lists them).",
                      flags.arguments[0]);
        return STATUS_USAGE;
    }
    unsigned width = terminal_width(stdout) < 100 ? terminal_width(stdout) : 100;
    printf("%s%s%s (%s): %s\n\n", color ? "\033[1m" : "", kind->slug, color ? "\033[0m" : "",
           severity_words[kind->severity], kind->title);
    print_wrapped(stdout, kind->text, width, 0);
    putchar('\n');
    char advice[512];
    snprintf(advice, sizeof advice, "In short: %s", kind->advice);
    print_wrapped(stdout, advice, width, 0);
    return STATUS_OK;
}
