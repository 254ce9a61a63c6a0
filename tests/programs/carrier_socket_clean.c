/* The same edges, with the second touch after what was taken.
// expect: none
*/
#define CLEAN
#include "carrier_socket.c"
