/* Names of files, databases, patterns, the process, and numbers as text, unordered.
// build: -fno-builtin -w
// expect: data-race role=earlier function=path_first call=strcpy
// expect: data-race role=here top=path_second call=open
// expect: data-race role=earlier function=status_first call=stat
// expect: data-race role=here top=status_second call=memset
// expect: data-race role=earlier function=missing_first call=strcpy
// expect: data-race role=here top=missing_second call=unlink
// expect: data-race role=earlier function=template_first call=mkdtemp
// expect: data-race role=here top=template_second call=rmdir
// expect: data-race role=earlier function=matches_first call=regexec
// expect: data-race role=here top=matches_second call=memset
// expect: data-race role=earlier function=pattern_first call=regcomp
// expect: data-race role=here top=pattern_second call=strcpy
// expect: data-race role=earlier function=names_first call=glob
// expect: data-race role=earlier function=names_first call=glob
// expect: data-race role=here top=names_second call=globfree
// expect: data-race role=earlier function=listed_first call=scandir
// expect: data-race role=here top=listed_second call=memcmp
// expect: data-race role=earlier function=walked_first call=strcpy
// expect: data-race role=here top=walked_second call=nftw
// expect: data-race role=earlier function=user_first call=getpwnam_r
// expect: data-race role=here top=user_second call=memset
// expect: data-race role=earlier function=service_first call=getservbyname_r
// expect: data-race role=here top=service_second call=memset
// expect: data-race role=earlier function=limit_first call=getrlimit
// expect: data-race role=here top=limit_second call=memset
// expect: data-race role=earlier function=usage_first call=getrusage
// expect: data-race role=here top=usage_second call=memset
// expect: data-race role=earlier function=mask_first call=pthread_sigmask
// expect: data-race role=here top=mask_second call=memset
// expect: data-race role=earlier function=digits_first call=strfromd
// expect: data-race role=here top=digits_second call=strlen
// expect: data-race role=earlier function=host_first call=getnameinfo
// expect: data-race role=here top=host_second call=strlen
// expect: data-race role=earlier function=option_first call=getsubopt
// expect: data-race role=here top=option_second call=strlen
// expect: data-race role=earlier function=unit_first call=mbrtoc32
// expect: data-race role=here top=unit_second call=memset
// expect: data-race role=earlier function=cut_first call=dirname
// expect: data-race role=here top=cut_second call=strlen
*/
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <libgen.h>
#include <netdb.h>
#include <pwd.h>
#include <regex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <uchar.h>
#include <unistd.h>

#include "pairs.h"

static char path[64], missing[64], template[] = "made-XXXXXX", pattern[16] = "a(b)", walked[64];
static char room[4096], more_room[4096], digits[64], host[64], options[] = "one=1,two", *rest,
                                                               *value;
static char cut[] = "one/two";
static char *const names_of_options[] = {"one", "two", NULL};
static struct stat status;
static regex_t expression, made;
static regmatch_t found[2];
static glob_t names;
static struct dirent **list;
static struct passwd user, *user_at;
static struct servent service, *service_at;
static struct rlimit limit;
static struct rusage usage;
static sigset_t mask;
static char32_t unit;
static mbstate_t state;
static struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = 20480};

static int visit(const char *path, const struct stat *status, int type, struct FTW *at)
{
    return 0;
}

PAIR(path, strcpy(path, "/dev/null"), close(open(path, O_RDONLY)))
PAIR(status, stat("/", &status), memset(&status, 0, 1))
PAIR(missing, strcpy(missing, "not-there"), unlink(missing))
PAIR(template, mkdtemp(template), rmdir(template))
PAIR(matches, regexec(&expression, "xab", 2, found, 0), memset(found, 0, 1))
PAIR(pattern, regcomp(&made, pattern, 0), strcpy(pattern, "c"))
PAIR(names, glob("/etc/passw*", 0, NULL, &names), globfree(&names))
PAIR(listed, scandir("/", &list, NULL, alphasort), KEEP(memcmp(list, "12345678", 8)))
PAIR(walked, strcpy(walked, "/dev/null"), nftw(walked, visit, 4, 0))
PAIR(user, getpwnam_r("root", &user, room, sizeof room, &user_at), memset(&user, 0, 1))
PAIR(service, getservbyname_r("http", "tcp", &service, more_room, sizeof more_room, &service_at),
     memset(&service_at, 0, 1))
PAIR(limit, getrlimit(RLIMIT_NOFILE, &limit), memset(&limit, 0, 1))
PAIR(usage, getrusage(RUSAGE_SELF, &usage), memset(&usage, 0, 1))
PAIR(mask, pthread_sigmask(SIG_BLOCK, NULL, &mask), memset(&mask, 0, 1))
PAIR(digits, strfromd(digits, 64, "%.3f", 1.5), KEEP(strlen(digits)))
PAIR(host, getnameinfo((void *)&address, sizeof address, host, 64, NULL, 0, NI_NUMERICHOST),
     KEEP(strlen(host)))
PAIR(option, getsubopt(&rest, names_of_options, &value), KEEP(strlen(options)))
PAIR(unit, mbrtoc32(&unit, "a", 1, &state), memset(&unit, 0, 1))
PAIR(cut, dirname(cut), KEEP(strlen(cut)))

int main(void)
{
    rest = options;
    regcomp(&expression, "a(b)", REG_EXTENDED);
    RUN_PAIRS(&path_pair, &status_pair, &missing_pair, &template_pair, &matches_pair, &pattern_pair,
              &names_pair, &listed_pair, &walked_pair, &user_pair, &service_pair, &limit_pair,
              &usage_pair, &mask_pair, &digits_pair, &host_pair, &option_pair, &unit_pair,
              &cut_pair);
    regfree(&expression);
    regfree(&made);
    return 0;
}
