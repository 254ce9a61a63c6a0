/* Places for moved code. The processes here are made of fake modules: addresses, with nothing
   mapped but what is said to be in the way. */
#include <criterion/criterion.h>
#include <sys/mman.h>

#include "rewrite/room.h"

#define PAGE     4096ull
#define MEGABYTE (1ull << 20)
#define GIGABYTE (1ull << 30)

/* The libraries of ffmpeg (Debian 12), from the lowest: pages of text, and of all to the next one.
 */
static const struct {
    uint16_t text, all;
} libraries[] = {
    {4, 10},      {54, 87},     {8, 17},      {2, 7},       {43, 71},   {30, 38},   {161, 188},
    {79, 101},    {12, 25},     {64, 99},     {1, 7634},    {5, 12},    {4, 11},    {27, 46},
    {75, 147},    {1, 35},      {26, 45},     {95, 218},    {33, 44},   {632, 717}, {2, 6},
    {6, 14},      {7, 13},      {8, 22},      {127, 208},   {92, 139},  {28, 46},   {6, 13},
    {61, 145},    {133, 171},   {107, 154},   {54, 105},    {269, 480}, {234, 327}, {637, 1162},
    {3, 7},       {3, 10},      {5, 11},      {7, 13},      {5, 14},    {6, 12},    {7, 17},
    {26, 46},     {2, 11},      {22, 40},     {4, 10},      {69, 136},  {93, 169},  {93, 129},
    {19, 73},     {39, 78},     {12, 21},     {64, 438},    {7, 49},    {153, 308}, {5, 11},
    {56, 92},     {241, 510},   {36, 54},     {28, 43},     {54, 83},   {68, 297},  {57, 89},
    {190, 260},   {99, 303},    {64, 112},    {1583, 1792}, {1, 6},     {60, 99},   {1, 151},
    {350, 944},   {41, 80},     {5, 519},     {2, 7},       {12, 22},   {96, 110},  {5, 366},
    {3753, 4024}, {47, 72},     {396, 718},   {1, 5},       {5, 11},    {28, 70},   {48, 86},
    {72, 134},    {1328, 2503}, {7, 13},      {5, 44},      {10, 536},  {6, 11},    {20, 27},
    {328, 450},   {488, 664},   {5, 11},      {3, 11},      {2, 10},    {6, 18},    {1, 5},
    {8, 17},      {27, 52},     {63, 185},    {17, 51},     {732, 859}, {7, 13},    {12, 20},
    {38, 58},     {15, 31},     {19, 43},     {56, 4117},   {6, 45},    {138, 275}, {3, 171},
    {1046, 1458}, {1, 5},       {8, 19},      {40, 107},    {22, 45},   {13, 37},   {21, 28},
    {35, 57},     {207, 292},   {1486, 2704}, {3, 8},       {70, 94},   {141, 313}, {337, 465},
    {669, 766},   {1, 5},       {1, 5},       {2, 6},       {75, 100},  {71, 142},  {308, 542},
    {3, 8},       {47, 119},    {50, 95},     {87, 114},    {73, 146},  {358, 559}, {16, 27},
    {11, 17},     {29, 47},     {153, 225},   {26, 52},     {13, 25},   {51, 77},   {50, 79},
    {284, 428},   {257, 541},   {12, 22},     {13, 19},     {19, 31},   {137, 202}, {165, 209},
    {1426, 1938}, {1, 5},       {5, 12},      {41, 75},     {6, 18},    {1, 1018},  {2, 6},
    {1, 1181},    {119, 189},   {26, 48},     {44, 57},     {33, 61},   {1, 985},   {1, 5},
    {6, 12},      {12, 22},     {1, 1015},    {7, 16},      {3, 28},    {1, 357},   {55, 92},
    {14, 29},     {39, 69},     {45, 75},     {139, 322},   {286, 473}, {47, 84},   {4, 522},
    {10, 17},     {11, 21},     {20, 199},    {150, 265},   {4, 527},   {153, 497}, {2616, 5632},
    {441, 680},   {2, 9},       {3, 9},       {31, 135},    {34, 121},  {4, 10},    {5, 9},
    {3, 9},       {19, 42},     {2134, 3100}, {1, 5},       {78, 233},  {11, 22},   {116, 1212},
    {1, 7},       {44, 82},     {6, 14},      {8, 19},      {142, 173}, {22, 33},   {29, 36},
    {22, 51}};
#define LIBRARIES (sizeof libraries / sizeof libraries[0])

static struct target targets[LIBRARIES];
static struct room rooms[LIBRARIES];

/* Nothing is mapped in so many bytes; the result stays free as far as nobody maps anything. */
static uintptr_t free_stretch(uint64_t size)
{
    void *at = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    cr_assert_neq(at, MAP_FAILED);
    munmap(at, size);
    return (uintptr_t)at;
}

static void take(uintptr_t start, uint64_t size)
{
    void *at = mmap((void *)start, size, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    cr_assert_eq((uintptr_t)at, start);
}

static struct target module(const char *name, uintptr_t base, uintptr_t low, uint64_t text,
                            uint64_t all)
{
    struct target target = {.name = name, .base = base, .low = low, .high = low + all};
    target.code[target.code_count++] =
        (struct target_segment){low, low + text, PROT_READ | PROT_EXEC};
    return target;
}

/* Returns where they end. */
static uintptr_t map_libraries(uintptr_t at)
{
    for (uint32_t i = 0; i < LIBRARIES; i++) {
        uint64_t size = libraries[i].all * PAGE;
        targets[i] = module("lib", at, at, libraries[i].text * PAGE, size);
        take(at, size);
        at += size;
    }
    return at;
}

static void expect_in_reach(const struct target *target, const struct room *room)
{
    cr_expect(room->start + room->size <= target->low || room->start >= target->high);
    cr_expect_leq((int64_t)(room->start + room->size - target->low), INT32_MAX);
    cr_expect_leq((int64_t)(target->high - room->start), INT32_MAX);
    uint64_t text = room_text(target);
    cr_expect_eq((int64_t)(room->start - target->code[0].start),
                 rewrite_distance(target->name[0] ? REWRITE_LIBRARY
                                  : target->base  ? REWRITE_PROGRAM
                                                  : REWRITE_FIXED,
                                  text, room->variant));
}

/* Returns how many have none. */
static uint32_t hold_rooms(void)
{
    uint32_t missing = 0;
    for (unsigned bits = 64; bits--;)
        for (uint32_t i = 0; i < LIBRARIES; i++) {
            uint64_t text = room_text(&targets[i]);
            if (text >> bits != 1 || rooms[i].start)
                continue;
            if (room_find(&rooms[i], &targets[i], rewrite_room(text), 0))
                expect_in_reach(&targets[i], &rooms[i]);
            else
                missing++;
        }
    return missing;
}

/* As rewrite.c does: large ones first, each with what a module of its size may need; once the code
   is made it is seen to be eight times the text, as it is for these. */
static void expect_room_for_all(void)
{
    uint32_t missing = LIBRARIES;
    for (unsigned round = 0; round < 6 && missing; round++) {
        missing = hold_rooms();
        for (uint32_t i = 0; i < LIBRARIES; i++)
            room_fit(&rooms[i], 8 * room_text(&targets[i]));
    }
    cr_expect_eq(missing, 0, "no room for %u of %zu", missing, LIBRARIES);
}

Test(room, two_hundred_libraries_with_nothing_around)
{
    uintptr_t start = free_stretch(8 * GIGABYTE);
    map_libraries(start + 4 * GIGABYTE);
    expect_room_for_all();
}

/* Without randomisation of addresses (setarch -R) the stack begins 128 MB above the libraries. */
Test(room, two_hundred_libraries_below_a_stack)
{
    uintptr_t start = free_stretch(8 * GIGABYTE), end = map_libraries(start + 3 * GIGABYTE);
    take(end + 128 * MEGABYTE, start + 8 * GIGABYTE - end - 128 * MEGABYTE);
    expect_room_for_all();
}

/* Bottom up (setarch -L): who comes next lies above. */
Test(room, two_hundred_libraries_above_a_wall)
{
    uintptr_t start = free_stretch(8 * GIGABYTE);
    take(start, 4 * GIGABYTE);
    map_libraries(start + 4 * GIGABYTE);
    expect_room_for_all();
}

Test(room, large_programs_have_room_behind_their_heap)
{
    uintptr_t start = free_stretch(8 * GIGABYTE);
    struct target program =
        module("", start + 3 * GIGABYTE, start + 3 * GIGABYTE, 60 * MEGABYTE, 80 * MEGABYTE);
    take(program.low, 180 * MEGABYTE);
    struct room room;
    cr_assert(room_find(&room, &program, rewrite_room(room_text(&program)), 0));
    expect_in_reach(&program, &room);
}

Test(room, fixed_programs_have_room_above)
{
    struct target program = module("", 0, 0x400000, 100 * MEGABYTE, 120 * MEGABYTE);
    struct room room;
    cr_assert(room_find(&room, &program, rewrite_room(room_text(&program)), 0));
    cr_expect_gt(room.start, program.high);
    expect_in_reach(&program, &room);
}

/* Its last byte of data must be reached from moved code too. */
Test(room, data_counts_as_much_as_text)
{
    uintptr_t start = free_stretch(8 * GIGABYTE);
    struct target library =
        module("lib", start + 4 * GIGABYTE, start + 4 * GIGABYTE, MEGABYTE, 1500 * MEGABYTE);
    take(library.low, 1500 * MEGABYTE);
    struct room room;
    cr_assert(room_find(&room, &library, rewrite_room(MEGABYTE), 0));
    expect_in_reach(&library, &room);
}

Test(room, what_code_does_not_take_is_given_back)
{
    uintptr_t start = free_stretch(8 * GIGABYTE);
    struct target library =
        module("lib", start + 4 * GIGABYTE, start + 4 * GIGABYTE, MEGABYTE, 2 * MEGABYTE);
    struct room room, other;
    cr_assert(room_try(&room, &library, 11 * MEGABYTE, 5));
    cr_expect_not(room_try(&other, &library, PAGE, 5), "it is held");
    room_fit(&room, 3 * MEGABYTE + 1);
    cr_expect_eq(room.size, 3 * MEGABYTE + PAGE);
    take(room.start + room.size, MEGABYTE);
    room_give(&room);
    cr_expect_eq(room.start, 0);
    room_give(&room);
    cr_expect(room_try(&other, &library, 3 * MEGABYTE, 5));
    cr_expect_not(room_try(&room, &library, 11 * MEGABYTE, 5));
}
