/* An exception leaves main: the C++ runtime says so, and aborts.
// status: 134
// expect: none
// expect-process: state=crashed signal=6
*/
#include <stdexcept>
#include <string>
#include <vector>

int main()
{
    std::vector<std::string> kept(10, "a text that is too long to lie in its object");
    throw std::runtime_error("leaves main");
}
