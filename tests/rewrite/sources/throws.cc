// Landing pads, cold parts, jump tables with calls that throw.
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

struct Guard {
    std::string name;
    int *count;
    Guard(const char *n, int *c) : name(n), count(c) { ++*count; }
    ~Guard() { --*count; }
};

__attribute__((noinline)) int thrower(int kind)
{
    switch (kind) {
    case 0:
        throw std::runtime_error("zero");
    case 1:
        throw 5;
    case 2:
        throw std::string("two");
    case 3:
        throw std::vector<int>{1, 2, 3};
    case 4:
        throw std::out_of_range("four");
    case 5:
        return 50;
    case 6:
        return 61;
    default:
        return kind;
    }
}

__attribute__((noinline)) int catcher(int kind, int *count)
{
    Guard outer("outer and long enough not to be short", count);
    try {
        Guard inner("inner and long enough not to be short", count);
        return thrower(kind);
    } catch (const std::out_of_range &error) {
        return static_cast<int>(std::string(error.what()).size());
    } catch (const std::exception &error) {
        Guard again(error.what(), count);
        try {
            return thrower(kind + 1);
        } catch (int value) {
            return value;
        }
    } catch (int value) {
        return -value;
    } catch (const std::string &text) {
        return static_cast<int>(text.size()) * 100;
    } catch (...) {
        return 7;
    }
}

struct Base {
    virtual ~Base() = default;
    virtual int run(int x) { return x; }
};
struct Left : virtual Base {
    int run(int x) override { return thrower(x % 7); }
};
struct Right : virtual Base {
    int run(int x) override { return x * 2; }
};
struct Both : Left, Right {
    int run(int x) override { return Left::run(x) + Right::run(x); }
};

int main()
{
    int sum = 0, count = 0;
    for (int i = 0; i < 9; i++)
        sum = sum * 3 + catcher(i, &count);
    Both both;
    Base *base = &both;
    for (int i = 0; i < 8; i++)
        try {
            sum += base->run(i);
        } catch (...) {
            sum += 11;
        }
    std::printf("%d %d\n", sum, count);
}
