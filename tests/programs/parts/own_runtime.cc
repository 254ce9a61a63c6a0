/* A module that brings the C++ runtime along, which nobody else sees. */
#include <pthread.h>
#include <stdexcept>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static int fails(int number)
{
    if (number)
        throw std::runtime_error("no");
    return number;
}

extern "C" int own_runtime(int number)
{
    static int first = number;
    pthread_mutex_lock(&mutex);
    try {
        try {
            return fails(number);
        } catch (const std::exception &) {
            pthread_mutex_unlock(&mutex);
            throw;
        }
    } catch (...) {
        return number + first;
    }
}
