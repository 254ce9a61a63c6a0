/* What libc makes by a call and takes back by another, lost: each is one finding with all of its
// memory, and none is a leak of memory besides.
// expect: handle-leak count=1 handle=directory-stream text=/usr function=by_opendir
// expect: handle-leak severity=warning count=1 handle=directory-stream function=by_fdopendir
// expect: handle-leak count=1 handle=addrinfo text=127.0.0.1 function=by_getaddrinfo
// expect: handle-leak severity=warning count=1 handle=ifaddrs function=by_getifaddrs role=opened
// expect: handle-leak severity=warning count=1 handle=nameindex function=by_if_nameindex
// expect: handle-leak severity=warning count=5 handle=regex text=a[bc]*d function=by_regcomp
// expect: handle-leak severity=warning count=1 handle=glob text=/usr/* function=by_glob role=opened
// expect: handle-leak severity=warning count=1 handle=glob text=/usr/l* function=by_glob64
// expect: handle-leak severity=warning count=1 handle=wordexp text=a_b_c function=by_wordexp
// expect: handle-leak severity=warning count=1 handle=iconv text=UTF-16 function=by_iconv_open
// expect: handle-leak severity=warning count=1 handle=locale text=C.UTF-8 function=by_newlocale
// expect: handle-leak severity=warning count=1 handle=locale function=by_duplocale role=opened
// expect: handle-leak severity=warning count=1 handle=hash-table function=by_hcreate_r role=opened
// expect: handle-leak count=1 handle=fts text=/usr/include/net function=by_fts_open
// expect: handle-leak severity=warning count=1 handle=stream text=/dev/null function=by_setmntent
*/
#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <glob.h>
#include <iconv.h>
#include <ifaddrs.h>
#include <locale.h>
#include <mntent.h>
#include <net/if.h>
#include <netdb.h>
#include <regex.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <wordexp.h>

#include "resource_lose.h"

LOSE(by_opendir, CHECK(readdir(opendir("/usr"))))
LOSE(by_fdopendir, CHECK(fdopendir(open("/usr", O_RDONLY | O_DIRECTORY))))
LOSE(by_getaddrinfo, struct addrinfo *list; struct addrinfo hints = {.ai_flags = AI_NUMERICHOST};
     CHECK(getaddrinfo("127.0.0.1", NULL, &hints, &list) == 0 && list))
LOSE(by_getifaddrs, struct ifaddrs *list; CHECK(getifaddrs(&list) == 0 && list))
LOSE(by_if_nameindex, CHECK(if_nameindex()))
LOSE(by_regcomp, regex_t regex; CHECK(regcomp(&regex, "a[bc]*d", REG_EXTENDED) == 0))
LOSE(by_glob, glob_t paths; CHECK(glob("/usr/*", 0, NULL, &paths) == 0))
LOSE(by_glob64, glob64_t paths; CHECK(glob64("/usr/l*", 0, NULL, &paths) == 0);
     CHECK(glob64("/usr/s*", GLOB_APPEND, NULL, &paths) == 0))
LOSE(by_wordexp, wordexp_t words; CHECK(wordexp("a b c", &words, WRDE_NOCMD) == 0);
     CHECK(wordexp("d e f", &words, WRDE_NOCMD | WRDE_APPEND) == 0))
LOSE(by_iconv_open, CHECK(iconv_open("UTF-16", "UTF-8") != (iconv_t)-1))
LOSE(by_newlocale, CHECK(newlocale(LC_ALL_MASK, "C.UTF-8", NULL)))
LOSE(by_duplocale, locale_t of = newlocale(LC_ALL_MASK, "C.UTF-8", NULL); CHECK(duplocale(of));
     freelocale(of))
LOSE(by_hcreate_r, struct hsearch_data table; memset(&table, 0, sizeof table);
     CHECK(hcreate_r(100, &table)))
LOSE(by_fts_open, char path[] = "/usr/include/net"; char *paths[] = {path, NULL};
     CHECK(fts_read(fts_open(paths, FTS_PHYSICAL, NULL))))
LOSE(by_setmntent, CHECK(setmntent("/dev/null", "r")))

FILE *kept;

int main(void)
{
    by_opendir();
    by_fdopendir();
    by_getaddrinfo();
    by_getifaddrs();
    by_if_nameindex();
    for (volatile int i = 0; i < 5; i++)
        by_regcomp();
    by_glob();
    by_glob64();
    by_wordexp();
    by_iconv_open();
    by_newlocale();
    by_duplocale();
    by_hcreate_r();
    by_fts_open();
    by_setmntent();
    kept = fopen("/dev/null", "r"); /* libc's list goes on from this one to the lost one */
    forget();
    return 0;
}
