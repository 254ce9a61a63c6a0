/* An exception leaves a thread, while others work and wait.
// status: 134
// expect: none
// expect-process: state=crashed signal=6
*/
#include <stdexcept>
#include <thread>

#include "support.h"

static gate there, never;

int main()
{
    std::thread works([] {
        gate_open(&there);
        for (;;)
            delete new int(1);
    });
    gate_wait(&there);
    std::thread throws([] { throw std::runtime_error("leaves its thread"); });
    gate_wait(&never);
}
