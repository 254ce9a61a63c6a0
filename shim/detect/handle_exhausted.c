#include "detect/handle_exhausted.h"

#include <errno.h>
#include <sys/resource.h>

#include "base/recording.h"
#include "base/syscall.h"
#include "base/text.h"
#include "report/finding.h"
#include "state/creation.h"
#include "state/handle.h"

#define PLACES 5u /* that opened most */

/* A limit below this was set so that nothing can be opened (sandboxes). */
#define LIMIT_LEAST 16u

/* The finding's number + 1, 0 none yet, BEING_TOLD. Atomic. */
static uint32_t told;
#define BEING_TOLD UINT32_MAX

void handle_exhausted_start_up(void)
{
    told = 0;
}

struct most {
    uint32_t count;
    struct creation creation[PLACES]; /* largest first */
};

static bool takes_descriptor(unsigned kind)
{
    const struct handle_info *info = handle_info(kind);
    return (info && info->leak == KIND_FD_LEAK) || kind == HANDLE_KIND_STREAM ||
           kind == HANDLE_KIND_POPEN;
}

static void look_at(const struct creation *creation, void *with)
{
    struct most *most = with;
    if (creation->live <= 0 || !takes_descriptor(creation->kind))
        return;
    uint32_t at = most->count;
    while (at > 0 && most->creation[at - 1].live < creation->live)
        at--;
    if (at == PLACES)
        return;
    uint32_t last = most->count < PLACES ? most->count++ : PLACES - 1;
    for (; last > at; last--)
        most->creation[last] = most->creation[last - 1];
    most->creation[at] = *creation;
}

static uint64_t open_now(void)
{
    uint64_t open = 0;
    for (uint32_t fd = 0, count = handle_fd_count(); fd < count; fd++) {
        const struct handle_row *row = handle_fd_find((int)fd);
        open += row && handle_state_of(row) == HANDLE_OPEN;
    }
    return open;
}

static uint32_t detail_of(int error, uint64_t limit)
{
    char line[160];
    struct text text = text_in(line, sizeof line);
    text_add_number(&text, open_now());
    text_add(&text, " descriptors were open");
    if (error == ENFILE) {
        text_add(&text, "; all of the system's are in use.");
    } else {
        text_add(&text, ", and the limit of the process is ");
        text_add_number(&text, limit);
        text_add_char(&text, '.');
    }
    return string_keep(line);
}

static struct finding_row *tell(struct thread *self, int error, uint32_t stack, const char *called)
{
    struct finding finding;
    struct most most = {0};
    struct rlimit limit = {0};
    raw_syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
    creation_each(look_at, &most);
    finding_begin(&finding, KIND_FD_EXHAUSTED, self);
    if (error == EMFILE && limit.rlim_cur < LIMIT_LEAST)
        finding.severity = SEVERITY_NOTE;
    finding.detail = detail_of(error, limit.rlim_cur);
    finding_stack(&finding, ROLE_HERE, stack, self->number);
    for (uint32_t i = 0; i < most.count; i++) {
        struct evidence_row *place = finding_evidence(&finding, EVIDENCE_STACK, ROLE_OPENED);
        place->stack = most.creation[i].stack;
        place->thread = most.creation[i].thread;
        place->a = (uint64_t)most.creation[i].live;
    }
    struct evidence_row *call = finding_evidence(&finding, EVIDENCE_CALL, ROLE_HERE);
    call->string = string_keep(called);
    call->a = (uint64_t)error;
    return finding_tell(&finding);
}

void handle_exhausted(struct thread *self, int error, uint32_t stack, const char *called)
{
    /* Who comes while the first still tells is not counted. */
    uint32_t number = 0;
    if (__atomic_compare_exchange_n(&told, &number, BEING_TOLD, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_ACQUIRE)) {
        struct finding_row *row = tell(self, error, stack, called);
        __atomic_store_n(&told, row ? finding_number(row) + 1 : BEING_TOLD, __ATOMIC_RELEASE);
    } else if (number != BEING_TOLD) {
        finding_again(finding_row(number - 1), 1);
    }
}
