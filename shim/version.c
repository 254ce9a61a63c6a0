#include "holdfast.h"

__attribute__((visibility("default"))) const char *holdfast_version(void)
{
    return HOLDFAST_VERSION;
}
