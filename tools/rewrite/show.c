#include "show.h"
#include "scan.h"
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

static const char *const kinds[] = {"plain", "branch", "jump", "jump-far",
                                    "call",  "return", "stop"};
static const char *const accesses[] = {"none", "plain", "locked", "string", "left-out"};

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

static bool has_access(const struct insn *insn)
{
    return insn->access == MEMORY_PLAIN || insn->access == MEMORY_LOCKED;
}

static void show_accesses(const struct module *module)
{
    uint64_t count[sizeof accesses / sizeof accesses[0]] = {0}, stack = 0, thread = 0, checked = 0;
    uint64_t flags = 0, some = 0;
    for (uint32_t i = 0; i < module->insn_count; i++) {
        const struct insn *insn = &module->insns[i];
        count[insn->access]++;
        if (!has_access(insn))
            continue;
        uint32_t live = (uint32_t)insn->uses | (uint32_t)(insn->live & ~insn->defines);
        checked++;
        stack += !!(insn->flags & SITE_STACK);
        thread += !!(insn->flags & SITE_THREAD);
        flags += !(live & INSN_FLAGS);
        some += (live & 0x0fc7) != 0x0fc7; /* rax rcx rdx rsi rdi r8 to r11 */
    }
    printf("accesses:");
    for (unsigned i = 1; i < sizeof accesses / sizeof accesses[0]; i++)
        printf(" %s %lu", accesses[i], (unsigned long)count[i]);
    printf("\nof those checked: stack %.1f %%, thread %.1f %%, flags dead %.1f %%, a register free "
           "%.1f %%\n",
           percent(stack, checked), percent(thread, checked), percent(flags, checked),
           percent(some, checked));
}

void show_statistics(const struct module *module)
{
    uint64_t leaders = 0, pinned = 0;
    uint32_t escaping = 0, skipped = 0;
    for (uint32_t i = 0; i < module->insn_count; i++) {
        leaders += module->leaders[module->insns[i].offset] != 0;
        pinned += module->insns[i].pinned;
    }
    for (uint32_t i = 0; i < module->function_count; i++)
        escaping += module->functions[i].escapes, skipped += module->functions[i].skipped;
    printf("%s\n", module->path);
    printf("text %.2f MB, covered %.2f MB; functions %u, escaping %.1f %%, skipped %u\n",
           (double)text_size(module) / 1e6, (double)module->covered_bytes / 1e6,
           module->function_count, percent(escaping, module->function_count), skipped);
    printf("instructions %u, leaders %.1f %%, pinned %lu, bytes not decoded %u\n",
           module->insn_count, percent(leaders, module->insn_count), (unsigned long)pinned,
           module->undecoded);
    show_accesses(module);
    struct rusage usage;
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    getrusage(RUSAGE_SELF, &usage);
    double ms = (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6;
    printf("cpu %.0f ms, %.1f ms per MB of code; peak %.1f MB\n", ms,
           ms / ((double)module->covered_bytes / 1e6), (double)usage.ru_maxrss / 1e3);
}

void show_leaders(const struct module *module)
{
    static const char letters[] = "btfplra";
    for (uint64_t offset = 0; offset < text_size(module); offset++) {
        if (!module->leaders[offset])
            continue;
        printf("%lx ", (unsigned long)(module->text_start + offset));
        for (unsigned bit = 0; letters[bit]; bit++)
            if (module->leaders[offset] & 1u << bit)
                putchar(letters[bit]);
        puts(insn_at(module, (uint32_t)offset) ? "" : " -");
    }
}

void show_instructions(const struct module *module)
{
    for (uint32_t i = 0; i < module->insn_count; i++) {
        const struct insn *insn = &module->insns[i];
        printf("%lx %c%c %u %s %s %u %x %x %x %x",
               (unsigned long)(module->text_start + insn->offset),
               module->leaders[insn->offset] ? 'L' : '-', insn->pinned ? 'P' : '-', insn->length,
               kinds[insn->kind], accesses[insn->access], insn->size, insn->flags,
               (unsigned)insn->uses, (unsigned)insn->defines, (unsigned)insn->live);
        if (insn->target != NO_TARGET)
            printf(" to %lx", (unsigned long)(module->text_start + insn->target));
        putchar('\n');
    }
}
