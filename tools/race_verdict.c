#include "race_verdict.h"

static enum type_word type_of_side(const struct race_side *side)
{
    return side->variable > side->code.type ? side->variable : side->code.type;
}

/* What was declared, by the stronger word of both sides: they touch the same bytes. PLAIN only
   where both say so. */
static enum type_word declared(const struct race_side *a, const struct race_side *b)
{
    enum type_word left = type_of_side(a), right = type_of_side(b);
    /* A call knows its bytes by a pointer to anything: the other side says what they are. */
    if (a->by_call && left == TYPE_UNKNOWN)
        return right;
    if (b->by_call && right == TYPE_UNKNOWN)
        return left;
    if (left >= TYPE_VOLATILE || right >= TYPE_VOLATILE)
        return left > right ? left : right;
    return left < right ? left : right;
}

static bool is_atomic(const struct race_side *side)
{
    return side->code.in_operation || type_of_side(side) == TYPE_ATOMIC;
}

/* Seen as one while the program ran: what it orders was followed. */
static bool is_operation(const struct race_side *side)
{
    return side->atomic && (side->code.locked || is_atomic(side));
}

/* Of one access. What is on record may be of several by one instruction, side by side. */
static unsigned bytes_of(const struct race_side *side)
{
    unsigned size = side->code.size;
    return size && size < side->size && side->size % size == 0 ? size : side->size;
}

/* A mov of at most 8 aligned bytes can be an atomic operation. */
static bool can_be_atomic(const struct race_side *side)
{
    unsigned size = bytes_of(side);
    return !side->by_call && side->code.decoded && side->code.move && size <= 8 && size &&
           !(size & (size - 1)) && side->address % size == 0;
}

/* Do both touch one and the same variable? */
static bool is_same_word(const struct race_side *a, const struct race_side *b)
{
    return bytes_of(a) == bytes_of(b) && a->address < b->address + b->size &&
           b->address < a->address + a->size;
}

static struct race_verdict verdict(unsigned confidence, const char *why)
{
    return (struct race_verdict){.confidence = confidence, .why = why};
}

/* Nothing but movs says that it is a location that threads wait for, and the other side counts on
   that, too: a flag that is set by `or` under a lock, and polled without it. */
static bool polled(const struct race_side *waiting, const struct race_side *other)
{
    return waiting->atomic && !waiting->code.locked && !is_atomic(waiting) && !other->by_call &&
           other->size <= 8;
}

struct race_verdict race_verdict_of(const struct race_side *here, const struct race_side *earlier)
{
    enum type_word type = declared(here, earlier);
    bool moves = can_be_atomic(here) && can_be_atomic(earlier) && is_same_word(here, earlier);
    if ((here->atomic && can_be_atomic(earlier)) || (earlier->atomic && can_be_atomic(here)))
        return verdict(CONFIDENCE_POSSIBLE,
                       "the other side is a locked instruction: the mov may be "
                       "an atomic operation, too");
    if (is_atomic(here) && is_atomic(earlier))
        return (struct race_verdict){.dropped = true, .confidence = CONFIDENCE_POSSIBLE, .why = ""};
    if (here->runtime && earlier->runtime)
        return verdict(CONFIDENCE_POSSIBLE,
                       "both sides are within a library that runs threads, and knows their order "
                       "by other means");
    if (here->code.speculative || earlier->code.speculative)
        return verdict(CONFIDENCE_POSSIBLE,
                       "the compiler loads it whether it is needed or not, and chooses afterwards: "
                       "what was loaded may not have been used");
    if (polled(here, earlier) || polled(earlier, here))
        return verdict(CONFIDENCE_POSSIBLE,
                       "threads wait for it by loads alone, which are atomic operations then");
    if ((here->freed || earlier->freed) && (is_operation(here) || is_operation(earlier)))
        return verdict(CONFIDENCE_LIKELY, "");
    if (is_atomic(here) || is_atomic(earlier))
        return verdict(CONFIDENCE_POSSIBLE, "one side is an atomic operation");
    if (type == TYPE_VOLATILE)
        return verdict(CONFIDENCE_POSSIBLE,
                       "it is declared volatile: meant, perhaps, and not atomic");
    if (here->code.names_atomic || earlier->code.names_atomic)
        return verdict(CONFIDENCE_POSSIBLE, "its line of source names an atomic operation");
    if (!moves)
        return type == TYPE_PLAIN ? verdict(CONFIDENCE_CERTAIN, "")
                                  : verdict(CONFIDENCE_LIKELY, "");
    if (type == TYPE_PLAIN && here->code.line_read && earlier->code.line_read)
        return verdict(CONFIDENCE_CERTAIN, "");
    if (type == TYPE_PLAIN)
        return verdict(CONFIDENCE_POSSIBLE,
                       "the source is not at hand: an atomic builtin on a plain "
                       "variable looks the same");
    return verdict(CONFIDENCE_POSSIBLE,
                   "without debug information an atomic load or store looks the "
                   "same");
}
