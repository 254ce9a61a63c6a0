/*
 * Numbers, times and expressions, formatted and parsed by threads that share nothing but what
 * libstdc++ keeps for all of them.
 *
 * // options: --races=full
 * // expect: none
 */
#include <ctime>
#include <iomanip>
#include <iostream>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

static size_t format(int number)
{
    size_t size = 0;
    for (int i = 0; i < 6; i++) {
        std::tm day{};
        day.tm_mday = 1 + i;
        std::ostringstream out;
        out << std::setw(5) << number + i << ' ' << 0.5 * i << std::put_time(&day, " %d %B %Y\n");
        std::istringstream in(out.str());
        std::string line;
        long back = 0;
        in >> back;
        std::getline(in, line);
        std::smatch match;
        if (std::regex_search(line, match, std::regex("([0-9]+) ([A-Z][a-z]+)")))
            size += match[2].length() + back;
    }
    return size;
}

int main()
{
    std::vector<std::thread> threads;
    size_t sizes[4];
    for (size_t &size : sizes)
        threads.emplace_back([&size] { size = format(3); });
    for (std::thread &thread : threads)
        thread.join();
    std::cout << sizes[0] - sizes[3] << '\n';
    return 0;
}
