/* A file stream of C++ is a FILE of libc inside: its open is seen through the library.
// expect: handle-leak count=1 function=leave role=opened
*/
#include <fstream>

[[gnu::used]] static std::ifstream *kept;

__attribute__((noinline)) static void leave()
{
    kept = new std::ifstream("/dev/null");
}

__attribute__((noinline)) static void close_properly()
{
    std::ofstream out("/dev/null");
    out << "text" << std::endl;
    std::fstream both;
    both.open("/dev/null", std::ios::in);
    both.close();
}

int main()
{
    leave();
    close_properly();
    return 0;
}
