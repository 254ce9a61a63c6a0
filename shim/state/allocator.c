#include "state/allocator.h"

struct code_range allocator, above_allocator;
