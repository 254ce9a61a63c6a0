#include "rewrite/target.h"

#include <elf.h>
#include <link.h>
#include <sys/mman.h>

#include "base/memory.h"
#include "base/text.h"
#include "state/build_id.h"

#define PAGE 4096ul

struct walk {
    bool (*visit)(const struct target *target, void *with);
    void *with;
};

static int protection_of(uint32_t flags)
{
    return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) |
           (flags & PF_X ? PROT_EXEC : 0);
}

static void look_at_dynamic(struct target *target, const Elf64_Dyn *entry)
{
    for (; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_TEXTREL ||
            (entry->d_tag == DT_FLAGS && entry->d_un.d_val & DF_TEXTREL))
            target->changes_text = true;
}

static void look_at_segment(struct target *target, const Elf64_Phdr *segment)
{
    uintptr_t start = target->base + segment->p_vaddr, end = start + segment->p_memsz;
    if (segment->p_type == PT_DYNAMIC)
        look_at_dynamic(target, (const Elf64_Dyn *)start);
    if (segment->p_type == PT_NOTE && !target->build_id_size)
        target->build_id_size =
            build_id_find(start, end, target->build_id, sizeof target->build_id);
    if (segment->p_type != PT_LOAD)
        return;
    start &= -PAGE;
    end = (end + PAGE - 1) & -PAGE;
    target->low = start < target->low ? start : target->low;
    target->high = end > target->high ? end : target->high;
    if (segment->p_flags & PF_X && target->code_count < TARGET_SEGMENTS)
        target->code[target->code_count++] =
            (struct target_segment){start, end, protection_of(segment->p_flags)};
}

static int visit_module(struct dl_phdr_info *info, size_t size, void *argument)
{
    const struct walk *walk = argument;
    struct target target = {.name = info->dlpi_name, .base = info->dlpi_addr, .low = UINTPTR_MAX};
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        look_at_segment(&target, &info->dlpi_phdr[i]);
    return target.code_count && !walk->visit(&target, walk->with);
}

void targets_each(bool (*visit)(const struct target *target, void *with), void *with)
{
    struct walk walk = {visit, with};
    dl_iterate_phdr(visit_module, &walk);
}

bool target_is_system(const struct target *target)
{
    /* What moved code may not run in: the shim and what it stands on; and what unwinds stacks while
       others look at it. */
    static const char *const names[] = {"libc.so",  "libc-",       "ld-linux",   "ld.so",
                                        "ld-2",     "libholdfast", "libtsan.so", "libunwind",
                                        "libgcc_s", "linux-vdso",  "linux-gate", "libpthread",
                                        "libdl.so", "librt.so",    "libasan.so", "liblsan.so"};
    const char *base = text_base(target->name);
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_starts(base, names[i]))
            return true;
    return false;
}

/* Shell patterns of * and ?; pattern ends at stop. */
static bool fits(const char *pattern, const char *stop, const char *name)
{
    const char *star = NULL, *behind = NULL;
    while (*name) {
        if (pattern < stop && *pattern == '*') {
            star = pattern++;
            behind = name;
        } else if (pattern < stop && (*pattern == '?' || *pattern == *name)) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star + 1;
            name = ++behind;
        } else {
            /* libx names libx.so.1 too. */
            return pattern == stop && *name == '.' && text_find_text(name, ".so") == name;
        }
    }
    while (pattern < stop && *pattern == '*')
        pattern++;
    return pattern == stop;
}

bool target_fits(const char *file, const char *patterns, bool whole_modules_only)
{
    const char *base = text_base(file);
    for (const char *at = patterns; *at;) {
        const char *start = at, *bang = NULL;
        for (; *at && *at != ','; at++)
            if (*at == '!' && !bang)
                bang = at;
        const char *stop = bang ? bang : at;
        if (start < at && !(bang && whole_modules_only) && fits(start, stop, base))
            return true;
        at += *at == ',';
    }
    return false;
}
