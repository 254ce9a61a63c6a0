/* At birth: what threads need to be seen off. */
#ifndef HOLDFAST_INTERPOSE_THREAD_H
#define HOLDFAST_INTERPOSE_THREAD_H

void threads_start_up(void);

#endif
