#include "choose.h"
#include "scan.h"
#include "symbol.h"
#include <fnmatch.h>
#include <stdlib.h>

#define PATTERN_MAX 512

/* What a pattern says of a function: nothing, or that it is meant. */
static bool names(const char *pattern, const char *symbol, const char *demangled)
{
    char shortened[PATTERN_MAX];
    if (!fnmatch(pattern, symbol, 0) || (demangled && !fnmatch(pattern, demangled, 0)))
        return true;
    const char *name = demangled ? demangled : symbol;
    size_t length = strcspn(name, demangled ? "(" : ".");
    if (!length || length >= sizeof shortened)
        return false;
    memcpy(shortened, name, length);
    shortened[length] = 0;
    return !fnmatch(pattern, shortened, 0);
}

/* Does one of the patterns mean this symbol of the module; symbol NULL: all of the module? */
static bool means(const char *patterns, const char *module, const char *symbol,
                  const char *demangled)
{
    char pattern[PATTERN_MAX];
    for (const char *at = patterns; *at; at += *at == ',') {
        size_t length = strcspn(at, ",");
        if (length && length < sizeof pattern) {
            memcpy(pattern, at, length);
            pattern[length] = 0;
            char *function = strchr(pattern, '!');
            if (function)
                *function++ = 0;
            if (!fnmatch(pattern, module, 0) &&
                (!function || (symbol && names(function, symbol, demangled))))
                return true;
        }
        at += length;
    }
    return false;
}

struct choice {
    struct module *module;
    const char *name, *watch, *skip;
    uint8_t *watched, *skipped; /* by function */
};

static void choose_symbol(struct choice *choice, uint64_t address, const char *symbol)
{
    uint32_t offset = text_offset(choice->module, address);
    struct function *function = offset == NO_TARGET ? NULL : function_at(choice->module, offset);
    if (!function || !*symbol)
        return;
    char *demangled = symbol_demangle(symbol);
    uint64_t index = (uint64_t)(function - choice->module->functions);
    choice->watched[index] |= means(choice->watch, choice->name, symbol, demangled);
    choice->skipped[index] |= means(choice->skip, choice->name, symbol, demangled);
    free(demangled);
}

static void choose_section(struct choice *choice, const Elf64_Shdr *section,
                           const Elf64_Shdr *strings)
{
    const struct module *module = choice->module;
    if (section->sh_offset > module->file_size ||
        section->sh_size > module->file_size - section->sh_offset ||
        strings->sh_offset > module->file_size || !strings->sh_size ||
        strings->sh_size > module->file_size - strings->sh_offset ||
        module->file[strings->sh_offset + strings->sh_size - 1])
        return;
    const uint8_t *at = module->file + section->sh_offset;
    const char *text = (const char *)module->file + strings->sh_offset;
    for (uint64_t i = 0; i < section->sh_size / sizeof(Elf64_Sym); i++) {
        Elf64_Sym symbol;
        memcpy(&symbol, at + i * sizeof symbol, sizeof symbol);
        unsigned type = ELF64_ST_TYPE(symbol.st_info);
        if ((type == STT_FUNC || type == STT_GNU_IFUNC) && symbol.st_shndx != SHN_UNDEF &&
            symbol.st_name < strings->sh_size)
            choose_symbol(choice, symbol.st_value, text + symbol.st_name);
    }
}

static void choose_by_symbols(struct choice *choice)
{
    const struct module *module = choice->module;
    Elf64_Ehdr elf;
    memcpy(&elf, module->file, sizeof elf);
    if (elf.e_shentsize != sizeof(Elf64_Shdr) || elf.e_shoff > module->file_size ||
        elf.e_shnum > (module->file_size - elf.e_shoff) / sizeof(Elf64_Shdr))
        return;
    const uint8_t *headers = module->file + elf.e_shoff;
    for (unsigned i = 0; i < elf.e_shnum; i++) {
        Elf64_Shdr section, strings;
        memcpy(&section, headers + i * sizeof section, sizeof section);
        if ((section.sh_type != SHT_SYMTAB && section.sh_type != SHT_DYNSYM) ||
            section.sh_link >= elf.e_shnum)
            continue;
        memcpy(&strings, headers + section.sh_link * sizeof strings, sizeof strings);
        choose_section(choice, &section, &strings);
    }
}

void module_choose(struct module *module, const char *watch, const char *skip)
{
    /* The path may be a link of /proc. */
    char *real = realpath(module->path, NULL);
    const char *path = real ? real : module->path, *slash = strrchr(path, '/');
    struct choice choice = {.module = module,
                            .name = slash ? slash + 1 : path,
                            .watch = watch ? watch : "",
                            .skip = skip ? skip : "",
                            .watched = calloc(module->function_count, 1),
                            .skipped = calloc(module->function_count, 1)};
    bool all = !*choice.watch || means(choice.watch, choice.name, NULL, NULL);
    bool none = means(choice.skip, choice.name, NULL, NULL);
    if (choice.watched && choice.skipped && (strchr(choice.watch, '!') || strchr(choice.skip, '!')))
        choose_by_symbols(&choice);
    /* Parts without a symbol of their own go with the whole. */
    for (uint32_t i = 0; choice.watched && choice.skipped && i < module->function_count; i++) {
        struct function *function = &module->functions[i];
        uint64_t group = (uint64_t)(function_group(module, function) - module->functions);
        if (function->fresh && function->joined) {
            choice.watched[group] |= choice.watched[i];
            choice.skipped[group] |= choice.skipped[i];
        }
    }
    for (uint32_t i = 0; i < module->function_count; i++) {
        struct function *function = &module->functions[i];
        uint64_t index =
            function->fresh ? i : (uint64_t)(function_group(module, function) - module->functions);
        bool watched = all || !choice.watched || choice.watched[index];
        function->skipped = !watched || none || !choice.skipped || choice.skipped[index];
    }
    free(choice.watched);
    free(choice.skipped);
    free(real);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; text && *text; text++)
        hash = (hash ^ (uint8_t)*text) * 1099511628211ull;
    return (hash ^ 0xff) * 1099511628211ull;
}

uint64_t choose_hash(const char *watch, const char *skip)
{
    if ((!watch || !strchr(watch, '!')) && (!skip || !strchr(skip, '!')))
        return 0;
    return hash_text(hash_text(14695981039346656037ull, watch), skip) | 1;
}
