/* Ends with 10 when it is watched, else with 20. */
#include <holdfast.h>

int main(void)
{
    return holdfast_active() ? 10 : 20;
}
