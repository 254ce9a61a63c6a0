/*
 * Fingerprints: the same mistake has the same one in every run and build. Hashed are the version,
 * the kind, and per stack its role and frames by function name (module and offset where there is no
 * name): no addresses, no lines, no arguments of the start-up code.
 */
#include "model.h"
#include <stdio.h>

static uint64_t hash_frame(uint64_t hash, const struct frame *frame)
{
    if (frame->function)
        return hash_text(hash, frame->function);
    hash = hash_text(hash, frame_module(frame));
    return frame->module ? hash_bytes(hash, &frame->offset, sizeof frame->offset) : hash;
}

static uint64_t hash_piece(uint64_t hash, const struct piece *piece, unsigned role_number)
{
    const struct word_info *role = role_info(role_number);
    hash = hash_text(hash, role ? role->word : "?");
    for (unsigned f = 0; f < piece->trace->count - piece->trace->startup; f++)
        hash = hash_frame(hash, &piece->trace->frames[f]);
    return hash;
}

/* Which of two came second, and which pair of a lock order was seen first, is a matter of the
   schedule: such pieces add up, whatever their order. Locks held beside an access may differ from
   one time to the next, and so may which of many releases is shown as an example of how what was
   left behind could have ended: they do not count. */
enum part { PART_NONE, PART_ORDERED, PART_UNORDERED };

static enum part part_of(const struct finding *finding, const struct piece *piece, bool has_earlier,
                         bool has_access)
{
    bool example = piece->role == ROLE_RELEASED && finding->kind->class == CLASS_LEFT;
    if (!piece->trace || piece->derived || example || (piece->type == EVIDENCE_LOCK && has_access))
        return PART_NONE;
    bool side = has_earlier && (piece->role == ROLE_HERE || piece->role == ROLE_EARLIER);
    return side || piece->type == EVIDENCE_LOCK ? PART_UNORDERED : PART_ORDERED;
}

void fingerprint_set(struct finding *finding)
{
    const uint32_t version = FINGERPRINT_VERSION;
    uint64_t hash = hash_bytes(HASH_START, &version, sizeof version), sum = 0;
    bool has_earlier = false, has_access = false;
    hash = hash_text(hash, finding->kind->slug);
    for (unsigned i = 0; i < finding->piece_count; i++) {
        has_earlier |= finding->pieces[i].role == ROLE_EARLIER;
        has_access |= finding->pieces[i].type == EVIDENCE_ACCESS;
    }
    for (unsigned i = 0; i < finding->piece_count; i++) {
        const struct piece *piece = &finding->pieces[i];
        enum part part = part_of(finding, piece, has_earlier, has_access);
        if (part == PART_ORDERED)
            hash = hash_piece(hash, piece, piece->role);
        else if (part == PART_UNORDERED)
            sum += hash_piece(HASH_START, piece,
                              piece->role == ROLE_EARLIER ? ROLE_HERE : piece->role);
    }
    if (sum)
        hash = hash_bytes(hash, &sum, sizeof sum);
    /* FNV's low bits know little of the first bytes; mix once. */
    hash = (hash ^ hash >> 31) * 0x9e3779b97f4a7c15ull;
    snprintf(finding->fingerprint, sizeof finding->fingerprint, "%016llx",
             (unsigned long long)(hash ^ hash >> 29));
}
