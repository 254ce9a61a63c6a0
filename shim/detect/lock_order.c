#include "detect/lock_order.h"

void lock_order_taken(struct thread *self, struct sync *lock, enum held_mode mode, bool tried,
                      uint32_t stack)
{
}

void lock_order_after_fork(void)
{
}
