/* What libc opens for itself, and holds as long as it likes: not the program's. The databases that
// are read one entry after the other are left open, as glibc lets one.
// build: -lresolv
// expect: none
*/
#include <fcntl.h>
#include <grp.h>
#include <iconv.h>
#include <langinfo.h>
#include <locale.h>
#include <netdb.h>
#include <pwd.h>
#include <resolv.h>
#include <shadow.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>
#include <utmpx.h>

static void names(void)
{
    struct addrinfo *list;
    if (getaddrinfo("localhost", "http", NULL, &list) == 0)
        freeaddrinfo(list);
    char host[256], service[64];
    struct sockaddr address = {.sa_family = AF_INET};
    getnameinfo(&address, sizeof(struct sockaddr_storage) / 8, host, sizeof host, service,
                sizeof service, NI_NUMERICHOST);
    sethostent(1);
    gethostbyname("localhost");
    gethostent();
    setservent(1);
    getservbyname("http", "tcp");
    getservent();
    setprotoent(1);
    getprotoent();
    getnetent();
    getrpcent();
    res_init();
}

static void users(void)
{
    getpwnam("root");
    getpwuid(getuid());
    getgrnam("root");
    setpwent();
    getpwent();
    setgrent();
    getgrent();
    getspnam("root");
    gid_t groups[64];
    int count = 64;
    getgrouplist("root", 0, groups, &count);
    setutxent();
    getutxent();
}

static void texts(void)
{
    if (!setlocale(LC_ALL, "C.UTF-8") || !*nl_langinfo(CODESET))
        abort();
    iconv_t conversion = iconv_open("UTF-16", "LATIN1");
    if (conversion == (iconv_t)-1 || iconv_close(conversion) != 0)
        abort();
    setenv("TZ", "Europe/Berlin", 1);
    time_t now = 0;
    if (!localtime(&now))
        abort();
}

int main(void)
{
    openlog("holdfast-test", LOG_NDELAY | LOG_PID, LOG_USER);
    syslog(LOG_DEBUG, "one line");
    for (int i = 0; i < 3; i++) {
        names();
        users();
        texts();
    }
    FILE *command = popen("exit 0", "r");
    if (!command || pclose(command) != 0 || system("exit 0") != 0)
        abort();
    return 0;
}
