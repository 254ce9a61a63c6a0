/* For the wrappers of calls that use a DIR. */
#ifndef HOLDFAST_INTERPOSE_DIRECTORY_H
#define HOLDFAST_INTERPOSE_DIRECTORY_H

#include "interpose/access.h"
#include "state/resource.h"

void directory_use_slow(DIR *directory, const char *called, const void *frame);

static inline void directory_use(DIR *directory, const char *called, const void *frame)
{
    if (access_wanted() || unlikely(resource_may_be_closed(directory)))
        directory_use_slow(directory, called, frame);
}

#endif
