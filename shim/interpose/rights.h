/* Called before a function that takes rights away from the process (interpose/rights.c). */
#ifndef HOLDFAST_INTERPOSE_RIGHTS_H
#define HOLDFAST_INTERPOSE_RIGHTS_H

void rights_end(void);

#endif
