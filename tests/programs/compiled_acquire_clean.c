/* What a release hands to an acquire is ordered: each order that is enough, each operation, each
   width. */
// build: -fsanitize=thread
// expect: none
#include <stdbool.h>

#include "in_turn.h"

static long message;

#define PASS(name, type, give, take)                                                               \
    static _Atomic type flag_##name;                                                               \
    static void give_##name(void)                                                                  \
    {                                                                                              \
        _Atomic type *flag = &flag_##name;                                                         \
        type seen = 0;                                                                             \
        message++;                                                                                 \
        (void)seen;                                                                                \
        give;                                                                                      \
    }                                                                                              \
    static void take_##name(void)                                                                  \
    {                                                                                              \
        _Atomic type *flag = &flag_##name;                                                         \
        type seen = 1;                                                                             \
        if (take)                                                                                  \
            message++;                                                                             \
        (void)seen;                                                                                \
    }

#define ORDER(order) memory_order_##order
PASS(byte, char, atomic_store_explicit(flag, 1, ORDER(release)),
     atomic_load_explicit(flag, ORDER(acquire)))
PASS(half, short, atomic_store_explicit(flag, 1, ORDER(release)),
     atomic_load_explicit(flag, ORDER(consume)))
PASS(word, int, atomic_store(flag, 1), atomic_load(flag))
PASS(wide, long, atomic_store_explicit(flag, 1, ORDER(release)), atomic_load(flag))
PASS(add, int, atomic_fetch_add_explicit(flag, 1, ORDER(release)),
     atomic_fetch_add_explicit(flag, 1, ORDER(acquire)))
PASS(both, long, atomic_fetch_sub_explicit(flag, 1, ORDER(acq_rel)),
     atomic_fetch_or_explicit(flag, 1, ORDER(acq_rel)))
PASS(exchange, int, atomic_exchange_explicit(flag, 1, ORDER(release)),
     atomic_exchange_explicit(flag, 2, ORDER(acquire)))
PASS(swap, int,
     atomic_compare_exchange_strong_explicit(flag, &seen, 1, ORDER(release), ORDER(relaxed)),
     atomic_compare_exchange_strong_explicit(flag, &seen, 2, ORDER(acquire), ORDER(relaxed)))
PASS(failed, int, atomic_store_explicit(flag, 7, ORDER(release)),
     !atomic_compare_exchange_strong_explicit(flag, &seen, 2, ORDER(relaxed), ORDER(acquire)))
PASS(xor, short, atomic_fetch_xor_explicit(flag, 1, ORDER(release)),
     atomic_fetch_and_explicit(flag, 1, ORDER(acquire)))

int main(void)
{
    in_turn(give_byte, take_byte);
    in_turn(give_half, take_half);
    in_turn(give_word, take_word);
    in_turn(give_wide, take_wide);
    in_turn(give_add, take_add);
    in_turn(give_both, take_both);
    in_turn(give_exchange, take_exchange);
    in_turn(give_swap, take_swap);
    in_turn(give_failed, take_failed);
    in_turn(give_xor, take_xor);
    return message != 20;
}
