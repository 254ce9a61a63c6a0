/* What lies at an address: a global variable by name, a thread-local one, somebody's stack. Heap
   blocks come and go: what they were is told by the detector, at the time. */
#include "model.h"

/* Of locks only the first byte counts: members of their inside have reserved names and are not
   entered. */
#define LOCK_BYTES 1

static bool spot_variable(struct spot *spot, const struct variable_name *variable)
{
    if (!variable)
        return false;
    spot->name = variable->name;
    spot->file = variable->file;
    spot->line = variable->line;
    return true;
}

/* Threads may have had the same stack one after another: who lives now comes before who has ended,
   the newest before older ones. */
static bool find_stack(const struct process *process, uint64_t address, uint32_t *ret_thread)
{
    bool found = false, found_running = false;
    for (uint32_t i = 1; i < process->thread_count; i++) {
        const struct thread_row *row = &process->threads[i];
        bool running = row->state == THREAD_RUNNING;
        if (!row->state || address < row->stack_low || address >= row->stack_high ||
            (found_running && !running))
            continue;
        *ret_thread = i;
        found = true;
        found_running = running;
    }
    return found;
}

/* glibc on x86-64: pthread_t is the thread pointer. */
static bool find_thread_local(struct process *process, uint64_t address, uint64_t size,
                              struct spot *spot)
{
    uint32_t number = 0;
    for (uint32_t i = 1; i < process->thread_count; i++) {
        const struct thread_row *row = &process->threads[i];
        uint64_t best = number ? process->threads[number].pthread : UINT64_MAX;
        if (row->state && row->pthread > address &&
            (row->pthread < best || (row->pthread == best && row->state == THREAD_RUNNING)))
            number = i;
    }
    if (!number || !spot_variable(spot, trace_thread_variable(
                                            &process->tracer, process->program_path,
                                            process->threads[number].pthread - address, size)))
        return false;
    spot->where = SPOT_THREAD_LOCAL;
    spot->thread = number;
    return true;
}

static void find_spot(struct process *process, uint64_t address, uint64_t size, struct spot *spot)
{
    if (spot_variable(spot, trace_variable(&process->tracer, address, size)))
        spot->where = SPOT_GLOBAL;
    else if (find_thread_local(process, address, size, spot))
        ;
    else if (find_stack(process, address, &spot->thread))
        spot->where = SPOT_STACK;
}

void piece_set_spot(struct process *process, struct piece *piece)
{
    const struct wait_info *wait;
    switch (piece->type) {
    case EVIDENCE_WAIT:
        wait = wait_info((unsigned)piece->b);
        if (!wait || wait->object != OBJECT_ADDRESS)
            return;
        break;
    case EVIDENCE_ADDRESS:
        find_spot(process, piece->a, 1, &piece->spot);
        return;
    case EVIDENCE_ACCESS:
        find_spot(process, piece->a, piece->b ? piece->b : 1, &piece->spot);
        return;
    case EVIDENCE_LOCK:
        break;
    default:
        return;
    }
    if (!*piece->string)
        find_spot(process, piece->a, LOCK_BYTES, &piece->spot);
}
