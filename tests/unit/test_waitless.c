/* Descriptors on which nothing waits: asked of the kernel late, forgotten when that may have
 * changed. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <unistd.h>

#include "state/waitless.h"

/* The answer after so many uses as it takes to ask the kernel. */
static bool learnt(int fd)
{
    for (unsigned i = 0; i < WAITLESS_USES; i++)
        cr_expect_not(waitless_has(fd), "use %u", i);
    return waitless_has(fd);
}

static int opened(const char *path)
{
    int fd = open(path, O_RDONLY);
    cr_assert_geq(fd, 0);
    waitless_opened(fd);
    return fd;
}

Test(waitless, files_and_memory_devices_are_so)
{
    cr_expect(learnt(opened("/proc/self/exe")));
    cr_expect(learnt(opened("/dev/zero")));
    cr_expect(learnt(opened("/dev/null")));
}

Test(waitless, pipes_are_so_with_their_flag_alone)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    waitless_opened(ends[0]);
    cr_expect_not(learnt(ends[0]));
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    waitless_changed(ends[0]);
    cr_expect(learnt(ends[0]));
    fcntl(ends[0], F_SETFL, 0);
    waitless_changed(ends[0]);
    cr_expect_not(learnt(ends[0]));
}

Test(waitless, what_was_not_opened_here_or_is_shared_or_gone_is_not)
{
    int fd = opened("/dev/zero"), copy = dup(fd);
    cr_expect(learnt(fd));
    waitless_shared(fd, copy);
    waitless_changed(fd);
    cr_expect_not(learnt(fd));
    cr_expect_not(learnt(copy));
    waitless_closed(fd);
    waitless_changed(fd);
    cr_expect_not(learnt(fd));
    fd = opened("/dev/zero");
    cr_expect(learnt(fd));
    waitless_after_fork();
    cr_expect_not(learnt(fd));
    cr_expect_not(learnt(-1));
    cr_expect_not(learnt(WAITLESS_FDS));
}
