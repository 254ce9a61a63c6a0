/*
 * The mapped recording (format/recording.h) of this process: creating it, handing out room in its
 * sections, keeping strings. Used by state/ and report/ for every row they publish.
 *
 * The file is sized once (sparse), mapped and closed: the shim holds no descriptor. Room is
 * populated with MADV_POPULATE_WRITE before anybody touches it, because a first touch on a full
 * disk would be SIGBUS where madvise returns an error. The mapping is MADV_RANDOM: without it ext4
 * reads ahead through the holes, and a first touch costs 4-20 ms instead of 8 us (measured on 6.18,
 * sparse file of 12 GB).
 *
 * Threads: section_reserve and string_keep may be called by any thread with the guard entered.
 */
#ifndef HOLDFAST_BASE_RECORDING_H
#define HOLDFAST_BASE_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/recording.h"

/* NULL while there is none. */
extern struct recording_header *recording;

/* Where each section is mapped; indexed by enum section_type. */
extern unsigned char *section_start[SECTION_TYPE_END];

#define ROW(section, type, index) (&((type *)section_start[section])[index])

/* Creates the file (0600, must not exist) and maps it. size_limit: most bytes it may grow to. The
   header's identity fields are the caller's to fill in; recording_publish makes it readable.
   Returns 0 or -errno; on failure recording stays NULL. */
int recording_create(const char *path, uint64_t size_limit);
void recording_publish(void);

/* In a fork's child, which still has its parent's recording: lets go of it, so that one of its own
   can be created, and unmaps it when nothing of it is needed any more. */
struct recording_view {
    struct recording_header *header;
    unsigned char *section_start[SECTION_TYPE_END];
};
struct recording_view recording_leave(void);
void recording_unmap(const struct recording_view *view);

/* Room for bytes (rounded up to 8) in a section, zeroed and populated, or NULL when the section or
   the disk is full (counted in lost, and said once). */
void *section_reserve(enum section_type type, size_t bytes);

/* The index-th row of a section whose rows are found by index (threads, descriptors): populated, or
   NULL. Raises used so that readers see it. */
void *section_row(enum section_type type, uint64_t index);

/* Offset of a copy of text in SECTION_STRINGS; equal texts mostly share one copy. 0 when text is
   NULL or there is no room. */
uint32_t string_keep(const char *text);
uint32_t string_keep_bytes(const char *text, size_t length);

#endif
