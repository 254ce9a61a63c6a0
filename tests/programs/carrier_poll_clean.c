/* The same edges, with the second touch after the descriptor was found ready.
// expect: none
*/
#define CLEAN
#include "carrier_poll.c"
