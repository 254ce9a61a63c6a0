/* A thread sleeps with a lock that another one waits for; and one that sleeps with a lock that
nobody wants, which is its own affair.
// options: --hold-threshold=0
// expect: lock-held-long count=1 severity=warning function=sleeps role=here text=time_to_pass
// expect: lock-held-long count=1 severity=warning function=takes role=acquired
// expect: lock-held-long count=1 severity=warning function=wants role=waiting
// expect: lock-contention count=1 severity=note function=wants role=waiting
text=Threads_waited_for_it_1_time
*/
#include "lock_held_over.h"
