// std::execution::par, which is TBB underneath.
#include <algorithm>
#include <execution>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

int main()
{
    std::vector<std::string> words(20000);
    std::for_each(std::execution::par, words.begin(), words.end(), [&](std::string &word) {
        word = std::to_string(&word - &words[0]) + std::string(30, 'x');
    });
    std::sort(std::execution::par, words.begin(), words.end());
    auto length = [](const std::string &word) { return word.size(); };
    std::cout << words[5] << " "
              << std::transform_reduce(std::execution::par, words.begin(), words.end(), (size_t)0,
                                       std::plus<>(), length)
              << "\n";
}
