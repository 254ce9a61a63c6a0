/* What the system says of the process, its threads and itself, in structs of the caller. */
#include <sys/resource.h>
#include <sys/sysinfo.h>

#include "interpose/access.h"

/* clang-format off */

/* ---- limits and use of resources */
int wrap_getrlimit(__rlimit_resource_t resource, struct rlimit *to)
TELLS_AFTER(real.getrlimit(resource, to), RESULT(to))
int wrap_getrlimit64(__rlimit_resource_t resource, struct rlimit64 *to)
TELLS_AFTER(real.getrlimit64(resource, to), RESULT(to))
int wrap_setrlimit(__rlimit_resource_t resource, const struct rlimit *from)
TELLS_AFTER(real.setrlimit(resource, from), READS(from, result == 0 ? sizeof *from : 0))
int wrap_setrlimit64(__rlimit_resource_t resource, const struct rlimit64 *from)
TELLS_AFTER(real.setrlimit64(resource, from), READS(from, result == 0 ? sizeof *from : 0))
int wrap_prlimit(pid_t process, __rlimit_resource_t resource, const struct rlimit *from, struct rlimit *to)
TELLS_AFTER(real.prlimit(process, resource, from, to), READS(from, result == 0 ? sizeof *from : 0); RESULT(to))
int wrap_prlimit64(pid_t process, __rlimit_resource_t resource, const struct rlimit64 *from, struct rlimit64 *to)
TELLS_AFTER(real.prlimit64(process, resource, from, to),
            READS(from, result == 0 ? sizeof *from : 0); RESULT(to))
int wrap_getrusage(__rusage_who_t who, struct rusage *to)
TELLS_AFTER(real.getrusage(who, to), RESULT(to))
int wrap_sysinfo(struct sysinfo *to)
TELLS_AFTER(real.sysinfo(to), RESULT(to))
int wrap_getloadavg(double *to, int count)
TELLS_AFTER(real.getloadavg(to, count), WRITES(to, result > 0 ? (size_t)result * sizeof *to : 0))

/* ---- users */
int wrap_getgroups(int count, gid_t *to)
TELLS_AFTER(real.getgroups(count, to), WRITES(to, count > 0 && result > 0 ? (size_t)result * sizeof *to : 0))
int wrap___getgroups_chk(int count, gid_t *to, size_t room)
TELLS_AFTER(real.__getgroups_chk(count, to, room),
            WRITES(to, count > 0 && result > 0 ? (size_t)result * sizeof *to : 0))
int wrap_getresuid(uid_t *real_id, uid_t *effective, uid_t *saved)
TELLS_AFTER(real.getresuid(real_id, effective, saved), RESULT(real_id); RESULT(effective); RESULT(saved))
int wrap_getresgid(gid_t *real_id, gid_t *effective, gid_t *saved)
TELLS_AFTER(real.getresgid(real_id, effective, saved), RESULT(real_id); RESULT(effective); RESULT(saved))

/* ---- processors and scheduling */
int wrap_sched_getaffinity(pid_t task, size_t size, cpu_set_t *to)
TELLS_AFTER(real.sched_getaffinity(task, size, to), WRITES(to, result == 0 ? size : 0))
int wrap_sched_setaffinity(pid_t task, size_t size, const cpu_set_t *from)
TELLS_AFTER(real.sched_setaffinity(task, size, from), READS(from, result == 0 ? size : 0))
int wrap_pthread_getaffinity_np(pthread_t thread, size_t size, cpu_set_t *to)
TELLS_AFTER(real.pthread_getaffinity_np(thread, size, to), WRITES(to, result == 0 ? size : 0))
int wrap_pthread_setaffinity_np(pthread_t thread, size_t size, const cpu_set_t *from)
TELLS_AFTER(real.pthread_setaffinity_np(thread, size, from), READS(from, result == 0 ? size : 0))
int wrap_sched_getparam(pid_t task, struct sched_param *to)
TELLS_AFTER(real.sched_getparam(task, to), RESULT(to))
int wrap_sched_setparam(pid_t task, const struct sched_param *from)
TELLS_AFTER(real.sched_setparam(task, from), READS(from, result == 0 ? sizeof *from : 0))
int wrap_sched_setscheduler(pid_t task, int policy, const struct sched_param *from)
TELLS_AFTER(real.sched_setscheduler(task, policy, from), READS(from, result == 0 ? sizeof *from : 0))
int wrap___sched_getparam(pid_t task, struct sched_param *to)
TELLS_AFTER(real.__sched_getparam(task, to), RESULT(to))
int wrap___sched_setscheduler(pid_t task, int policy, const struct sched_param *from)
TELLS_AFTER(real.__sched_setscheduler(task, policy, from), READS(from, result == 0 ? sizeof *from : 0))
int wrap_sched_rr_get_interval(pid_t task, struct timespec *to)
TELLS_AFTER(real.sched_rr_get_interval(task, to), RESULT(to))
int wrap_pthread_getschedparam(pthread_t thread, int *policy, struct sched_param *to)
TELLS_AFTER(real.pthread_getschedparam(thread, policy, to), RESULT(policy); RESULT(to))
int wrap_pthread_setschedparam(pthread_t thread, int policy, const struct sched_param *from)
TELLS_AFTER(real.pthread_setschedparam(thread, policy, from), READS(from, result == 0 ? sizeof *from : 0))
int wrap_getcpu(unsigned *processor, unsigned *node)
TELLS_AFTER(real.getcpu(processor, node), RESULT(processor); RESULT(node))
int wrap_pthread_getname_np(pthread_t thread, char *to, size_t size)
TELLS_AFTER(real.pthread_getname_np(thread, to, size), if (result == 0) MADE(to))

/* ---- signals */
int wrap_sigaltstack(const stack_t *stack, stack_t *ret_old)
TELLS_AFTER(real.sigaltstack(stack, ret_old), READS(stack, result == 0 ? sizeof *stack : 0); RESULT(ret_old))

/* ---- clocks and timers */
int wrap_getitimer(__itimer_which_t which, struct itimerval *to)
TELLS_AFTER(real.getitimer(which, to), RESULT(to))
int wrap_timer_gettime(timer_t timer, struct itimerspec *to)
TELLS_AFTER(real.timer_gettime(timer, to), RESULT(to))
int wrap_clock_getcpuclockid(pid_t process, clockid_t *to)
TELLS_AFTER(real.clock_getcpuclockid(process, to), RESULT(to))
int wrap_pthread_getcpuclockid(pthread_t thread, clockid_t *to)
TELLS_AFTER(real.pthread_getcpuclockid(thread, to), RESULT(to))
int wrap_timespec_getres(struct timespec *to, int base)
TELLS_AFTER(real.timespec_getres(to, base), WRITES(to, result ? sizeof *to : 0))

/* ---- memory */
int wrap_mincore(void *start, size_t size, unsigned char *to)
TELLS_AFTER(real.mincore(start, size, to), WRITES(to, result == 0 ? (size + 4095) / 4096 : 0))
void wrap_arc4random_buf(void *to, size_t size)
TELLS_BEFORE(real.arc4random_buf(to, size), WRITES(to, size))

/* ---- text */
size_t wrap_confstr(int name, char *to, size_t size)
TELLS_AFTER(real.confstr(name, to, size), WRITES(to, result < size ? result : size))
size_t wrap___confstr_chk(int name, char *to, size_t size, size_t room)
TELLS_AFTER(real.__confstr_chk(name, to, size, room), WRITES(to, result < size ? result : size))
char *wrap_ctermid(char *to)
TELLS_AFTER(real.ctermid(to), MADE(to))
char *wrap_getwd(char *to)
TELLS_AFTER(real.getwd(to), MADE(result))
char *wrap___getwd_chk(char *to, size_t room)
TELLS_AFTER(real.__getwd_chk(to, room), MADE(result))
char *wrap_get_current_dir_name(void)
TELLS_AFTER(real.get_current_dir_name(), MADE(result))
