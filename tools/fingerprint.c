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

void fingerprint_set(struct finding *finding)
{
    const uint32_t version = FINGERPRINT_VERSION;
    uint64_t hash = hash_bytes(HASH_START, &version, sizeof version);
    hash = hash_text(hash, finding->kind->slug);
    for (unsigned i = 0; i < finding->piece_count; i++) {
        const struct piece *piece = &finding->pieces[i];
        if (!piece->trace)
            continue;
        const struct word_info *role = role_info(piece->role);
        hash = hash_text(hash, role ? role->word : "?");
        for (unsigned f = 0; f < piece->trace->count - piece->trace->startup; f++)
            hash = hash_frame(hash, &piece->trace->frames[f]);
    }
    /* FNV's low bits know little of the first bytes; mix once. */
    hash = (hash ^ hash >> 31) * 0x9e3779b97f4a7c15ull;
    snprintf(finding->fingerprint, sizeof finding->fingerprint, "%016llx",
             (unsigned long long)(hash ^ hash >> 29));
}
