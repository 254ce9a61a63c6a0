/*
 * The functions behind our wrappers: real.NAME is what RTLD_NEXT finds. Before they are looked up
 * each entry points at a stub that looks all of them up and goes on to the right one, so that calls
 * made before our constructor (other libraries' constructors, the loader) work from the first.
 *
 * Also declares every wrapper: wrap_NAME has the symbol NAME.
 */
#ifndef HOLDFAST_INTERPOSE_REAL_H
#define HOLDFAST_INTERPOSE_REAL_H

#include <aio.h>
#include <aliases.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <err.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <fstab.h>
#include <fts.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <gshadow.h>
#include <iconv.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <malloc.h>
#include <mntent.h>
#include <mqueue.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/ether.h>
#include <nl_types.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <pwd.h>
#include <regex.h>
#include <rpc/netdb.h>
#include <sched.h>
#include <search.h>
#include <semaphore.h>
#include <setjmp.h>
#include <shadow.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <syslog.h>
#include <termios.h>
#include <threads.h>
#include <time.h>
#include <ttyent.h>
#include <uchar.h>
#include <unistd.h>
#include <utime.h>
#include <utmp.h>
#include <utmpx.h>
#include <wchar.h>
#include <wordexp.h>

/* bits/stdio.h has these as macros too. */
#undef fread_unlocked
#undef fwrite_unlocked

#define FUNCTION(name) SYMBOL(name, __typeof__(name))

struct real {
#define SYMBOL(name, type) __typeof__(type) *name;
#include "interpose/functions.def"
#undef SYMBOL
};
extern struct real real;

#define SYMBOL(name, type)                                                                         \
    extern __typeof__(type) wrap_##name __asm__(#name) __attribute__((visibility("default")));
#include "interpose/functions.def"
#undef SYMBOL

/* Looks all of them up. Idempotent; any thread; also runs by itself at the first call of any. */
void real_find(void);
/* The stubs': index of the one that was called. */
void real_find_for(uint64_t index);

/* True when real.NAME is more than a stub: the function exists in this process. */
bool real_is_there(const void *entry);

/* The frame whose caller is the program: pass to stack_here. The shim is built with frame pointers.
 */
#define FRAME __builtin_frame_address(0)

#endif
