/* Message queues, System V semaphores, asynchronous requests, files and their locks, and a pipe's
// end that came through a socket.
// build: -lrt
// expect: data-race count=8 function=touch role=here
*/
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/socket.h>

#include "parts/edges.h"

static int first, second, ends[2], sockets[2];
static mqd_t queue;
static struct aiocb request;
static struct message {
    long type;
    char text[8];
} message = {1, "hello"};

static void make_queue(void)
{
    char name[64];
    struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 8};
    snprintf(name, sizeof name, "/holdfast-test-%d", (int)getpid());
    queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
    CHECK(queue != (mqd_t)-1);
    mq_unlink(name);
}

static void put_queue(void)
{
    CHECK(mq_send(queue, "12345678", 8, 0) == 0);
}

static void get_queue(void)
{
    char bytes[8];
    CHECK(mq_receive(queue, bytes, 8, NULL) == 8);
    mq_close(queue);
}

static void make_messages(void)
{
    CHECK((first = msgget(IPC_PRIVATE, 0600)) >= 0);
}

static void put_message(void)
{
    CHECK(msgsnd(first, &message, sizeof message.text, 0) == 0);
}

static void get_message(void)
{
    struct message got;
    CHECK(msgrcv(first, &got, sizeof got.text, 0, 0) == sizeof got.text);
    msgctl(first, IPC_RMID, NULL);
}

static void make_semaphore(void)
{
    CHECK((first = semget(IPC_PRIVATE, 1, 0600)) >= 0);
}

static void post(void)
{
    struct sembuf up = {0, 1, 0};
    CHECK(semop(first, &up, 1) == 0);
}

static void wait_for_post(void)
{
    struct sembuf down = {0, -1, 0};
    CHECK(semop(first, &down, 1) == 0);
    semctl(first, 0, IPC_RMID);
}

static void make_file(void)
{
    CHECK((first = open("file", O_RDWR | O_CREAT, 0600)) >= 0);
    CHECK((second = open("file", O_RDONLY)) >= 0);
}

static void put_file(void)
{
    CHECK(pwrite(first, "x", 1, 0) == 1);
}

static void get_file(void)
{
    char byte;
    CHECK(pread(second, &byte, 1, 0) == 1);
    close(first);
    close(second);
}

static void lock_file(void)
{
    make_file();
    CHECK(flock(first, LOCK_EX) == 0);
}

static void unlock(void)
{
    CHECK(flock(first, LOCK_UN) == 0);
}

static void lock_other(void)
{
    CHECK(flock(second, LOCK_EX) == 0);
    close(first);
    close(second);
}

static void lock_range(void)
{
    struct flock lock = {.l_type = F_WRLCK};
    make_file();
    close(second);
    CHECK((second = open("file", O_RDWR)) >= 0);
    CHECK(fcntl(first, F_OFD_SETLK, &lock) == 0);
}

static void unlock_range(void)
{
    struct flock lock = {.l_type = F_UNLCK};
    CHECK(fcntl(first, F_OFD_SETLK, &lock) == 0);
}

static void lock_other_range(void)
{
    struct flock lock = {.l_type = F_WRLCK};
    CHECK(fcntl(second, F_OFD_SETLKW, &lock) == 0);
    close(first);
    close(second);
}

static void submit(void)
{
    request = (struct aiocb){.aio_fildes = first, .aio_buf = "12345678", .aio_nbytes = 8};
    CHECK(aio_write(&request) == 0);
}

static void collect(void)
{
    const struct aiocb *list[1] = {&request};
    while (aio_error(&request) == EINPROGRESS)
        aio_suspend(list, 1, NULL);
    CHECK(aio_return(&request) == 8);
    close(first);
    close(second);
}

/* The write end goes through a socket and comes out as another number. */
static void pass_end(void)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr head;
    } control;
    char byte = 'x';
    struct iovec part = {&byte, 1};
    struct msghdr out = {.msg_iov = &part,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = sizeof control};
    CHECK(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
    control.head = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.head), &ends[1], sizeof ends[1]);
    CHECK(sendmsg(sockets[0], &out, 0) == 1);
    CHECK(recvmsg(sockets[1], &out, 0) == 1);
    close(ends[1]);
    memcpy(&ends[1], CMSG_DATA(&control.head), sizeof ends[1]);
    close(sockets[0]);
    close(sockets[1]);
}

static void put_end(void)
{
    CHECK(write(ends[1], "x", 1) == 1);
}

static void get_end(void)
{
    char byte;
    CHECK(read(ends[0], &byte, 1) == 1);
    close(ends[0]);
    close(ends[1]);
}

int main(int argc, char **argv)
{
    only = argv[1];
    run_edge("queue", make_queue, put_queue, get_queue);
    run_edge("messages", make_messages, put_message, get_message);
    run_edge("semaphore", make_semaphore, post, wait_for_post);
    run_edge("file", make_file, put_file, get_file);
    run_edge("flock", lock_file, unlock, lock_other);
    run_edge("range", lock_range, unlock_range, lock_other_range);
    run_edge("request", make_file, submit, collect);
    run_edge("rights", pass_end, put_end, get_end);
    return 0;
}
