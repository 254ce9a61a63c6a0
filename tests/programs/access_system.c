/* Times, searches, random numbers and what the system says, unordered.
// build: -fno-builtin -w
// expect: data-race function=parts_first role=earlier call=localtime_r
// expect: data-race top=parts_second role=here call=mktime
// expect: data-race function=universal_first role=earlier call=gmtime_r
// expect: data-race top=universal_second role=here call=timegm
// expect: data-race function=formatted_first role=earlier call=strftime
// expect: data-race top=formatted_second role=here call=strlen
// expect: data-race function=read_parts_first role=earlier call=strftime
// expect: data-race top=read_parts_second role=here call=memset
// expect: data-race function=parsed_first role=earlier call=strptime
// expect: data-race top=parsed_second role=here call=asctime_r
// expect: data-race function=clock_first role=earlier call=clock_gettime
// expect: data-race top=clock_second role=here call=memset
// expect: data-race function=day_first role=earlier call=gettimeofday
// expect: data-race top=day_second role=here call=memset
// expect: data-race function=sorted_first role=earlier call=qsort
// expect: data-race top=sorted_second role=here call=memset
// expect: data-race function=grown_first role=earlier call=lsearch
// expect: data-race top=grown_second role=here call=memset
// expect: data-race function=tree_first role=earlier call=tsearch
// expect: data-race top=tree_second role=here call=tfind
// expect: data-race function=random__first role=earlier call=rand_r
// expect: data-race top=random__second role=here call=rand_r
// expect: data-race function=drawn_first role=earlier call=drand48_r
// expect: data-race top=drawn_second role=here call=memset
// expect: data-race function=folder_first role=earlier call=getcwd
// expect: data-race top=folder_second role=here call=strlen
// expect: data-race function=names_first role=earlier call=uname
// expect: data-race top=names_second role=here call=strlen
// expect: data-race function=address_first role=earlier call=inet_ntop
// expect: data-race top=address_second role=here call=strlen
// expect: data-race function=number_first role=earlier call=inet_pton
// expect: data-race top=number_second role=here call=memset
// expect: data-race function=bytes_first role=earlier call=getrandom
// expect: data-race top=bytes_second role=here call=memset
*/
#include <arpa/inet.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "pairs.h"

static char own1[64], own2[64], a1[64], a2[4096], a3[64], a4[64], a5[64], four[4];
static time_t moment;
static struct tm t1, t2, t3, t4, t5 = {.tm_mday = 1};
static struct timespec c1;
static struct timeval d1;
static int numbers[8] = {3, 1, 2}, few[8], key = 5;
static size_t few_count;
static void *root;
static unsigned seed1;
static struct drand48_data r1;
static double drawn_value;
static struct utsname names1;

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

PAIR(parts, localtime_r(&moment, &t1), mktime(&t1))
PAIR(universal, gmtime_r(&moment, &t2), timegm(&t2))
PAIR(formatted, strftime(a1, 64, "%Y", &t3), KEEP(strlen(a1)))
PAIR(read_parts, strftime(own1, 64, "%Y", &t4), memset(&t4, 0, 4))
PAIR(parsed, strptime("1999", "%Y", &t5), asctime_r(&t5, own2))
PAIR(clock, clock_gettime(CLOCK_MONOTONIC, &c1), memset(&c1, 0, 1))
PAIR(day, gettimeofday(&d1, 0), memset(&d1, 0, 1))
PAIR(sorted, qsort(numbers, 8, 4, compare), memset(numbers + 7, 0, 1))
PAIR(grown, lsearch(&key, few, &few_count, 4, compare), memset(few, 0, 1))
PAIR(tree, tsearch(&key, &root, compare), tfind(&key, &root, compare))
PAIR(random_, rand_r(&seed1), rand_r(&seed1))
PAIR(drawn, drand48_r(&r1, &drawn_value), memset(&r1, 0, 1))
PAIR(folder, getcwd(a2, 4096), KEEP(strlen(a2)))
PAIR(names, uname(&names1), KEEP(strlen(names1.sysname)))
PAIR(address, inet_ntop(AF_INET, four, a3, 64), KEEP(strlen(a3)))
PAIR(number, inet_pton(AF_INET, "1.2.3.4", a4), memset(a4 + 3, 0, 1))
PAIR(bytes, getrandom(a5, 8, 0), memset(a5 + 7, 0, 1))

int main(void)
{
    RUN_PAIRS(&parts_pair, &universal_pair, &formatted_pair, &read_parts_pair, &parsed_pair,
              &clock_pair, &day_pair, &sorted_pair, &grown_pair, &tree_pair, &random__pair,
              &drawn_pair, &folder_pair, &names_pair, &address_pair, &number_pair, &bytes_pair);
    tdelete(&key, &root, compare);
    return 0;
}
