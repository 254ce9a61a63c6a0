#include "detect/once_misuse.h"

#include "base/recording.h"
#include "report/finding.h"
#include "report/object.h"
#include "state/stack.h"

void once_misuse_recursive(struct thread *self, const struct sync *once, const void *frame)
{
    if (!observing.locks)
        return;
    struct finding finding;
    finding_begin(&finding, KIND_ONCE_MISUSE, self);
    finding.detail =
        string_keep(once->kind == SYNC_GUARD
                        ? "The initialiser of a static variable needs that variable."
                        : "The function of a once control asked for the same once control again.");
    finding_object(&finding, once);
    finding_stack(&finding, ROLE_HERE, stack_here(self, frame), self->number);
    finding_stack(&finding, ROLE_ACQUIRED, once->owner_stack, self->number);
    finding_tell(&finding);
}
