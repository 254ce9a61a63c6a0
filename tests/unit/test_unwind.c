/* Call frame instructions become rows; expressions become sums; rows become codes. */
#include <criterion/criterion.h>
#include <string.h>

#include "state/dwarf_expression.h"
#include "state/dwarf_rules.h"
#include "state/eh_frame.h"
#include "state/unwind.h"

/* What compilers put first: CFA = rsp + 8, return address at CFA - 8. */
#define USUAL_START 0x0c, 7, 8, 0x90, 1

static struct frame_code code_of(const uint8_t *own, size_t size)
{
    static const uint8_t common[] = {USUAL_START};
    return (struct frame_code){
        .start = 0x1000,
        .end = 0x2000,
        .common = {.at = common, .end = common + sizeof common},
        .own = {.at = own, .end = own + size},
        .code_factor = 1,
        .data_factor = -8,
        .encoding = 0x1b,
    };
}

static struct unwind_row row_at(const uint8_t *own, size_t size, uintptr_t pc)
{
    struct frame_code code = code_of(own, size);
    struct dwarf_rules rules;
    struct unwind_row row = {.kind = ROW_COMPLEX};
    if (dwarf_rules(&code, pc, &rules))
        unwind_row_of(&rules, false, &row);
    return row;
}

#define ROW_AT(pc, ...)                                                                            \
    row_at((const uint8_t[]){__VA_ARGS__}, sizeof(const uint8_t[]){__VA_ARGS__}, pc)

static void expect_row(struct unwind_row row, uint8_t base, int32_t offset, uint8_t bp_kind,
                       int32_t bp_offset)
{
    cr_expect_eq(row.kind, ROW_NORMAL);
    cr_expect_eq(row.cfa_base, base);
    cr_expect_eq(row.cfa_offset, offset);
    cr_expect_eq(row.bp.kind, bp_kind);
    cr_expect_eq(row.bp.offset, bp_offset);
    cr_expect(row.ra.kind == RULE_AT && row.ra.base == BASE_CFA && row.ra.offset == -8);
}

/* push rbp (1 byte); mov rsp, rbp (3 bytes); …; leave (at +0x40); ret. */
#define FRAME_POINTER 0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x02, 0x3c, 0x0c, 7, 8, 0xc6

Test(unwind, rows_change_where_the_instructions_advance)
{
    expect_row(ROW_AT(0x1000, FRAME_POINTER), REGISTER_SP, 8, RULE_SAME, 0);
    expect_row(ROW_AT(0x1001, FRAME_POINTER), REGISTER_SP, 16, RULE_AT, -16);
    expect_row(ROW_AT(0x1003, FRAME_POINTER), REGISTER_SP, 16, RULE_AT, -16);
    expect_row(ROW_AT(0x1004, FRAME_POINTER), REGISTER_BP, 16, RULE_AT, -16);
    expect_row(ROW_AT(0x103f, FRAME_POINTER), REGISTER_BP, 16, RULE_AT, -16);
    expect_row(ROW_AT(0x1040, FRAME_POINTER), REGISTER_SP, 8, RULE_SAME, 0);
}

Test(unwind, remember_and_restore_take_cfa_and_rules)
{
    /* +1 offset 16, rbp saved; remember; +1 offset 8, restore rbp; +1 restore state; +1 offset 24
     */
    struct {
        uintptr_t pc;
        int32_t offset;
        uint8_t kind;
    } expected[] = {{0x1001, 16, RULE_AT},
                    {0x1002, 8, RULE_SAME},
                    {0x1003, 16, RULE_AT},
                    {0x1004, 24, RULE_AT}};
    for (unsigned i = 0; i < 4; i++)
        expect_row(ROW_AT(expected[i].pc, 0x41, 0x0e, 16, 0x86, 2, 0x0a, 0x41, 0x0e, 8, 0xc6, 0x41,
                          0x0b, 0x41, 0x0e, 24),
                   REGISTER_SP, expected[i].offset, expected[i].kind,
                   expected[i].kind == RULE_AT ? -16 : 0);
}

Test(unwind, advances_of_all_sizes_add_up)
{
    /* advance1 16, advance2 256, advance4 512: each moves the CFA by eight */
#define ADVANCES 0x02, 16, 0x0e, 16, 0x03, 0, 1, 0x0e, 24, 0x04, 0, 2, 0, 0, 0x0e, 32
    expect_row(ROW_AT(0x100f, ADVANCES), REGISTER_SP, 8, RULE_SAME, 0);
    expect_row(ROW_AT(0x1010, ADVANCES), REGISTER_SP, 16, RULE_SAME, 0);
    expect_row(ROW_AT(0x110f, ADVANCES), REGISTER_SP, 16, RULE_SAME, 0);
    expect_row(ROW_AT(0x1110, ADVANCES), REGISTER_SP, 24, RULE_SAME, 0);
    expect_row(ROW_AT(0x130f, ADVANCES), REGISTER_SP, 24, RULE_SAME, 0);
    expect_row(ROW_AT(0x1310, ADVANCES), REGISTER_SP, 32, RULE_SAME, 0);
}

Test(unwind, signed_and_extended_forms)
{
    /* def_cfa_sf rbp, -2 (factored: +16); offset_extended rbp 2; offset_extended_sf rbp 3 */
    expect_row(ROW_AT(0x1000, 0x12, 6, 0x7e, 0x05, 6, 2), REGISTER_BP, 16, RULE_AT, -16);
    expect_row(ROW_AT(0x1000, 0x11, 6, 3), REGISTER_SP, 8, RULE_AT, -24);
    /* def_cfa_offset_sf -4; GNU_args_size is skipped; a vector register does not matter */
    expect_row(ROW_AT(0x1000, 0x13, 0x7c, 0x2e, 0x90, 1, 0x05, 17, 5), REGISTER_SP, 32, RULE_SAME,
               0);
    /* same_value, after it was saved; restore_extended */
    expect_row(ROW_AT(0x1000, 0x86, 2, 0x08, 6), REGISTER_SP, 8, RULE_SAME, 0);
    expect_row(ROW_AT(0x1000, 0x86, 2, 0x06, 6), REGISTER_SP, 8, RULE_SAME, 0);
}

Test(unwind, an_undefined_return_address_ends)
{
    cr_expect_eq(ROW_AT(0x1000, 0x07, 16).kind, ROW_END);
}

Test(unwind, a_realigned_frame_is_found_through_memory)
{
    /* CFA = *(rbp - 8); rbp saved at *rbp: def_cfa_expression breg6 -8, deref; expression rbp breg6
     * 0 */
    struct unwind_row row = ROW_AT(0x1000, 0x0f, 3, 0x76, 0x78, 0x06, 0x10, 6, 2, 0x76, 0);
    cr_expect_eq(row.kind, ROW_NORMAL);
    cr_expect(row.cfa_deref && row.cfa_base == REGISTER_BP && row.cfa_offset == -8 && !row.cfa_add);
    cr_expect(row.bp.kind == RULE_AT && row.bp.base == REGISTER_BP && row.bp.offset == 0);
    cr_expect(unwind_row_code(&row) & CODE_WIDE);
}

Test(unwind, libcrypto_keeps_the_cfa_behind_a_pointer)
{
    /* rsp + 0x140, deref, + 8 */
    struct unwind_row row = ROW_AT(0x1000, 0x0f, 6, 0x77, 0xc0, 0x02, 0x06, 0x23, 8);
    cr_expect_eq(row.kind, ROW_NORMAL);
    cr_expect(row.cfa_deref && row.cfa_base == REGISTER_SP);
    cr_expect_eq(row.cfa_offset, 0x140);
    cr_expect_eq(row.cfa_add, 8);
}

/* The CFA in a PLT stub: rsp + 8 + ((rip & 15) >= 11) * 8. */
Test(unwind, a_plt_stub_depends_on_pc)
{
#define PLT 0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22
    expect_row(ROW_AT(0x1030, PLT), REGISTER_SP, 8, RULE_SAME, 0);
    expect_row(ROW_AT(0x103a, PLT), REGISTER_SP, 8, RULE_SAME, 0);
    expect_row(ROW_AT(0x103b, PLT), REGISTER_SP, 16, RULE_SAME, 0);
    expect_row(ROW_AT(0x103f, PLT), REGISTER_SP, 16, RULE_SAME, 0);
}

Test(unwind, what_a_row_cannot_say_is_complex)
{
    /* rsp somewhere else; rbp computed; a CFA that adds two registers; a division */
    cr_expect_eq(ROW_AT(0x1000, 0x14, 7, 1).kind, ROW_COMPLEX);
    cr_expect_eq(ROW_AT(0x1000, 0x14, 6, 1).kind, ROW_COMPLEX);
    cr_expect_eq(ROW_AT(0x1000, 0x0f, 5, 0x77, 0, 0x76, 0, 0x22).kind, ROW_COMPLEX);
    cr_expect_eq(ROW_AT(0x1000, 0x0f, 4, 0x77, 0, 0x31, 0x1b).kind, ROW_COMPLEX);
}

Test(unwind, damaged_instructions_are_complex_not_read_past)
{
    cr_expect_eq(ROW_AT(0x1000, 0x0e).kind, ROW_COMPLEX);             /* no operand */
    cr_expect_eq(ROW_AT(0x1000, 0x0f, 100, 0x77).kind, ROW_COMPLEX);  /* block too long */
    cr_expect_eq(ROW_AT(0x1000, 0x0b).kind, ROW_COMPLEX);             /* nothing remembered */
    cr_expect_eq(ROW_AT(0x1000, 0x3f).kind, ROW_COMPLEX);             /* no such instruction */
    cr_expect_eq(ROW_AT(0x1000, 0x0e, 0x80, 0x80).kind, ROW_COMPLEX); /* a number without end */
    cr_expect_eq(ROW_AT(0x1000, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a).kind, ROW_COMPLEX); /* too deep */
}

Test(unwind, codes_hold_common_rows_and_number_others)
{
    struct unwind_row row = ROW_AT(0x1004, FRAME_POINTER);
    uint32_t code = unwind_row_code(&row);
    cr_expect_not(code & CODE_WIDE);
    cr_expect(code & CODE_BASE_BP);
    cr_expect_eq(CODE_SLOT(code), 2u);
    cr_expect_eq(CODE_OFFSET(code), 16u);
    /* Larger than ten bits of words: 0x2000 bytes. */
    row = ROW_AT(0x1000, 0x0e, 0x80, 0x40);
    code = unwind_row_code(&row);
    cr_expect(code & CODE_WIDE);
    cr_expect_eq(unwind_rows[code & ~CODE_WIDE].cfa_offset, 0x2000);
    cr_expect_eq(unwind_row_code(&row), code, "equal rows share a number");
    row = ROW_AT(0x1000, 0x0e, 0xf8, 0x3f);
    cr_expect_eq(unwind_row_code(&row), 0x3ffu, "the largest that fits");
}

/* A module's worth of .eh_frame_hdr and .eh_frame, for two functions of 16 bytes. */
struct module {
    uint8_t version, frame_encoding, count_encoding, table_encoding;
    int32_t frame;
    uint32_t count;
    int32_t table[2][2];
    struct {
        uint32_t length, id;
        uint8_t version, letters[3], code, data, column, size, encoding, instructions[7];
    } cie;
    struct {
        uint32_t length, distance;
        int32_t start;
        uint32_t size;
        uint8_t augmentation, instructions[7];
    } fde[2];
    uint32_t end;
    uint8_t text[64];
};

static void fill(struct module *m)
{
    memset(m, 0, sizeof *m);
    m->version = 1;
    m->frame_encoding = 0x1b;
    m->count_encoding = 0x03;
    m->table_encoding = 0x3b;
    m->frame = (int32_t)((uint8_t *)&m->cie - (uint8_t *)&m->frame);
    m->count = 2;
    m->cie.length = sizeof m->cie - 4;
    m->cie.version = 1;
    memcpy(m->cie.letters, "zR", 3);
    m->cie.code = 1, m->cie.data = 0x78, m->cie.column = 16, m->cie.size = 1;
    m->cie.encoding = 0x1b;
    memcpy(m->cie.instructions, (uint8_t[]){USUAL_START}, 5);
    for (int i = 0; i < 2; i++) {
        m->fde[i].length = sizeof m->fde[i] - 4;
        m->fde[i].distance = (uint32_t)((uint8_t *)&m->fde[i].distance - (uint8_t *)&m->cie);
        m->fde[i].start = (int32_t)(m->text + 32 * i - (uint8_t *)&m->fde[i].start);
        m->fde[i].size = 16;
        memcpy(m->fde[i].instructions, (uint8_t[]){0x0e, (uint8_t)(16 + 16 * i)}, 2);
        m->table[i][0] = (int32_t)(m->text + 32 * i - (uint8_t *)m);
        m->table[i][1] = (int32_t)((uint8_t *)&m->fde[i] - (uint8_t *)m);
    }
}

static enum frame_search find(const struct module *m, const uint8_t *pc, int32_t *ret_offset)
{
    struct frame_code code;
    struct dwarf_rules rules;
    enum frame_search search =
        frame_code_in((const uint8_t *)m, (uintptr_t)m, (uintptr_t)(m + 1), (uintptr_t)pc, &code);
    if (search == FRAME_FOUND && dwarf_rules(&code, (uintptr_t)pc, &rules))
        *ret_offset = (int32_t)rules.cfa.offset;
    return search;
}

static void expect_functions(const struct module *m)
{
    int32_t offset = 0;
    for (int i = 0; i < 2; i++) {
        const uint8_t *start = m->text + 32 * i;
        cr_expect_eq(find(m, start, &offset), FRAME_FOUND);
        cr_expect_eq(offset, 16 + 16 * i);
        cr_expect_eq(find(m, start + 15, &offset), FRAME_FOUND);
        cr_expect_eq(find(m, start + 16, &offset), FRAME_NO_INFO, "past the function's end");
    }
    cr_expect_eq(find(m, m->text - 1, &offset), FRAME_NO_INFO, "before the first");
}

Test(eh_frame, functions_are_found_by_the_table)
{
    static struct module m;
    fill(&m);
    expect_functions(&m);
}

Test(eh_frame, functions_are_found_without_a_table)
{
    static struct module m;
    fill(&m);
    m.count_encoding = m.table_encoding = 0xff;
    expect_functions(&m);
}

Test(eh_frame, what_leads_out_of_the_module_is_not_followed)
{
    static struct module m;
    int32_t offset;
    fill(&m);
    m.count = 0x40000000;
    cr_expect_eq(find(&m, m.text, &offset), FRAME_NO_INFO, "a table that is too long");
    fill(&m);
    m.table[0][1] = 0x7fffffff;
    cr_expect_eq(find(&m, m.text, &offset), FRAME_NO_INFO, "an FDE elsewhere");
    fill(&m);
    m.fde[0].distance = 0x7fffffff;
    cr_expect_eq(find(&m, m.text, &offset), FRAME_NO_INFO, "a CIE elsewhere");
    fill(&m);
    m.fde[0].length = 0x7fffffff;
    cr_expect_eq(find(&m, m.text, &offset), FRAME_NO_INFO, "an FDE that does not end");
    fill(&m);
    m.cie.size = 100;
    cr_expect_eq(find(&m, m.text, &offset), FRAME_NO_INFO, "augmentation data that does not end");
}
