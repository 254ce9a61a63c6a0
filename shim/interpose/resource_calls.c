/*
 * Calls that make something that the program must give back, and those that take it back, where
 * there is nothing else to tell of them: conversions, catalogues, locales, lists of interfaces,
 * walks of trees, attributes, keys.
 */
#include <fts.h>
#include <iconv.h>
#include <nl_types.h>
#include <sys/ipc.h>

#include "interpose/handles.h"
#include "interpose/resources.h"

#define MADE(kind, value, name)                                                                    \
    resource_made(HANDLE_KIND_##kind, (uint64_t)(uintptr_t)(value), name, FRAME)
#define ENDS(kind, value, called)                                                                  \
    resource_ends(HANDLE_KIND_##kind, (uint64_t)(uintptr_t)(value), called, FRAME)

/* ---- conversions, catalogues */

iconv_t wrap_iconv_open(const char *to, const char *from)
{
    iconv_t made = real.iconv_open(to, from);
    if (made != (iconv_t)-1)
        MADE(CONVERSION, made, to);
    return made;
}

int wrap_iconv_close(iconv_t conversion)
{
    ENDS(CONVERSION, conversion, "iconv_close");
    return real.iconv_close(conversion);
}

nl_catd wrap_catopen(const char *name, int flags)
{
    nl_catd made = real.catopen(name, flags);
    if (made != (nl_catd)-1)
        MADE(CATALOGUE, made, name);
    return made;
}

int wrap_catclose(nl_catd catalogue)
{
    ENDS(CATALOGUE, catalogue, "catclose");
    return real.catclose(catalogue);
}

/* ---- locales. That of "C" lies in libc and is the same for all. */

static bool is_libcs(locale_t locale)
{
    struct dl_find_object object;
    return !locale || locale == LC_GLOBAL_LOCALE || _dl_find_object(locale, &object) == 0;
}

static void locale_made(locale_t made, const char *name, const void *frame)
{
    if (!is_libcs(made))
        resource_made(HANDLE_KIND_LOCALE, (uintptr_t)made, name, frame);
}

/* base, changed or a copy of it, becomes what is returned. */
static void locale_changed(locale_t made, const char *name, locale_t base, const void *frame)
{
    if (!made || made == base)
        return;
    resource_is_over(HANDLE_KIND_LOCALE, (uintptr_t)base, frame);
    locale_made(made, name, frame);
}

locale_t wrap_newlocale(int mask, const char *name, locale_t base)
{
    locale_t made = real.newlocale(mask, name, base);
    locale_changed(made, name, base, FRAME);
    return made;
}

locale_t wrap___newlocale(int mask, const char *name, locale_t base)
{
    locale_t made = real.__newlocale(mask, name, base);
    locale_changed(made, name, base, FRAME);
    return made;
}

locale_t wrap_duplocale(locale_t of)
{
    locale_t made = real.duplocale(of);
    locale_made(made, NULL, FRAME);
    return made;
}

locale_t wrap___duplocale(locale_t of)
{
    locale_t made = real.__duplocale(of);
    locale_made(made, NULL, FRAME);
    return made;
}

void wrap_freelocale(locale_t locale)
{
    ENDS(LOCALE, locale, "freelocale");
    real.freelocale(locale);
}

void wrap___freelocale(locale_t locale)
{
    ENDS(LOCALE, locale, "freelocale");
    real.__freelocale(locale);
}

/* ---- lists that libc makes */

void wrap_freeaddrinfo(struct addrinfo *list)
{
    ENDS(ADDRESSES, list, "freeaddrinfo");
    real.freeaddrinfo(list);
}

void wrap_freeifaddrs(struct ifaddrs *list)
{
    ENDS(INTERFACES, list, "freeifaddrs");
    real.freeifaddrs(list);
}

struct if_nameindex *wrap_if_nameindex(void)
{
    struct if_nameindex *made = real.if_nameindex();
    MADE(INTERFACE_NAMES, made, NULL);
    return made;
}

void wrap_if_freenameindex(struct if_nameindex *list)
{
    ENDS(INTERFACE_NAMES, list, "if_freenameindex");
    real.if_freenameindex(list);
}

/* ---- walks of trees */

#define WALK(type, open, close, compare)                                                           \
    type *wrap_##open(char *const *paths, int options, compare)                                    \
    {                                                                                              \
        type *made = real.open(paths, options, by);                                                \
        MADE(TREE_WALK, made, made ? paths[0] : NULL);                                             \
        return made;                                                                               \
    }                                                                                              \
    int wrap_##close(type *walk)                                                                   \
    {                                                                                              \
        ENDS(TREE_WALK, walk, #close);                                                             \
        return real.close(walk);                                                                   \
    }

WALK(FTS, fts_open, fts_close, int (*by)(const FTSENT **, const FTSENT **))
WALK(FTS64, fts64_open, fts64_close, int (*by)(const FTSENT64 **, const FTSENT64 **))

/* ---- attributes, which lie in memory of the program's own */

#define ATTRIBUTES(kind, type, init, destroy)                                                      \
    int wrap_##init(type *attributes)                                                              \
    {                                                                                              \
        int result = real.init(attributes);                                                        \
        if (result == 0)                                                                           \
            resource_made_in(HANDLE_KIND_##kind, attributes, FRAME);                               \
        return result;                                                                             \
    }                                                                                              \
    int wrap_##destroy(type *attributes)                                                           \
    {                                                                                              \
        resource_is_over(HANDLE_KIND_##kind, (uintptr_t)attributes, FRAME);                        \
        return real.destroy(attributes);                                                           \
    }

ATTRIBUTES(THREAD_ATTRIBUTES, pthread_attr_t, pthread_attr_init, pthread_attr_destroy)
ATTRIBUTES(MUTEX_ATTRIBUTES, pthread_mutexattr_t, pthread_mutexattr_init, pthread_mutexattr_destroy)
ATTRIBUTES(CONDITION_ATTRIBUTES, pthread_condattr_t, pthread_condattr_init,
           pthread_condattr_destroy)
ATTRIBUTES(RWLOCK_ATTRIBUTES, pthread_rwlockattr_t, pthread_rwlockattr_init,
           pthread_rwlockattr_destroy)
ATTRIBUTES(BARRIER_ATTRIBUTES, pthread_barrierattr_t, pthread_barrierattr_init,
           pthread_barrierattr_destroy)
ATTRIBUTES(SPAWN_ATTRIBUTES, posix_spawnattr_t, posix_spawnattr_init, posix_spawnattr_destroy)
ATTRIBUTES(SPAWN_ACTIONS, posix_spawn_file_actions_t, posix_spawn_file_actions_init,
           posix_spawn_file_actions_destroy)

/* It fills in what pthread_attr_destroy has to be called for as well. */
int wrap_pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes)
{
    int result = real.pthread_getattr_np(thread, attributes);
    if (result == 0)
        resource_made_in(HANDLE_KIND_THREAD_ATTRIBUTES, attributes, FRAME);
    return result;
}

/* ---- keys */

#define KEY_CREATE(name, type)                                                                     \
    int wrap_##name(type *ret_key, void (*destructor)(void *))                                     \
    {                                                                                              \
        int result = real.name(ret_key, destructor);                                               \
        if (result == 0)                                                                           \
            MADE(KEY, *ret_key, NULL);                                                             \
        return result;                                                                             \
    }

KEY_CREATE(pthread_key_create, pthread_key_t)
KEY_CREATE(__pthread_key_create, pthread_key_t)
KEY_CREATE(tss_create, tss_t)

int wrap_pthread_key_delete(pthread_key_t key)
{
    ENDS(KEY, key, "pthread_key_delete");
    return real.pthread_key_delete(key);
}

void wrap_tss_delete(tss_t key)
{
    ENDS(KEY, key, "tss_delete");
    real.tss_delete(key);
}

/* ---- what System V calls know by a number that outlives the process. Without IPC_EXCL it may have
   been there before. */

static bool is_new(int id, key_t key, int flags)
{
    return id >= 0 && (key == IPC_PRIVATE || (flags & IPC_CREAT && flags & IPC_EXCL));
}

int wrap_shmget(key_t key, size_t size, int flags)
{
    int id = real.shmget(key, size, flags);
    if (is_new(id, key, flags))
        resource_keyed(HANDLE_KIND_KEYED_MEMORY, id, FRAME);
    return id;
}

int wrap_semget(key_t key, int count, int flags)
{
    int id = real.semget(key, count, flags);
    if (is_new(id, key, flags))
        resource_keyed(HANDLE_KIND_KEYED_SEMAPHORES, id, FRAME);
    return id;
}

int wrap_msgget(key_t key, int flags)
{
    int id = real.msgget(key, flags);
    if (is_new(id, key, flags))
        resource_keyed(HANDLE_KIND_KEYED_QUEUE, id, FRAME);
    return id;
}
