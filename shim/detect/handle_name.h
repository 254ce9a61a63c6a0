/* What a descriptor is, asked of the kernel while it is still open. */
#ifndef HOLDFAST_DETECT_HANDLE_NAME_H
#define HOLDFAST_DETECT_HANDLE_NAME_H

#include "state/handle.h"

/* Puts into the row of fd, or of the stream over fd, what the kernel says that it is: the kind (for
   descriptors), and the path or the addresses of a socket as its name. What the opening call said
   stays where the kernel knows no better. Only at the last look: uses static room. */
void handle_name_look(struct handle_row *row, int fd);

#endif
