/* An exception that nobody catches in a thread ends the process as natively: it is not swallowed by
   the frame at the thread's base.
// status: 134
// expect: none
*/
#include <pthread.h>
#include <stdexcept>

static void *throws(void *)
{
    throw std::runtime_error("nobody catches this");
}

int main()
{
    pthread_t thread;
    pthread_create(&thread, nullptr, throws, nullptr);
    pthread_join(thread, nullptr);
    return 0;
}
