/* The same edges, with the second touch after what was taken.
// build: -lrt
// expect: none
*/
#define CLEAN
#include "carrier_message.c"
