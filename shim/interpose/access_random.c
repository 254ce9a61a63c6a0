/* Random numbers from a state that the caller keeps. */
#include "interpose/access.h"

/* clang-format off */
int wrap_rand_r(unsigned *state)
TELLS_BEFORE(real.rand_r(state), access_copy(state, state, sizeof *state, FRAME))
/* clang-format on */

/* The numbers lie in an array that the struct points into. */
static __attribute__((noinline)) void stepped(const struct random_data *data, const int32_t *result,
                                              const void *frame)
{
    access_copy(data, data, sizeof *data, frame);
    access_write(result, sizeof *result, frame);
}

/* clang-format off */
int wrap_random_r(struct random_data *data, int32_t *ret_value)
TELLS_AFTER(real.random_r(data, ret_value), stepped(data, ret_value, FRAME))
int wrap_srandom_r(unsigned seed, struct random_data *data)
TELLS_BEFORE(real.srandom_r(seed, data), access_write(data, sizeof *data, FRAME))
int wrap_initstate_r(unsigned seed, char *state, size_t size, struct random_data *data)
TELLS_BEFORE(real.initstate_r(seed, state, size, data), access_copy_part(data, sizeof *data, state, 0, FRAME))
int wrap_setstate_r(char *state, struct random_data *data)
TELLS_BEFORE(real.setstate_r(state, data), access_write(data, sizeof *data, FRAME))
/* clang-format on */

static __attribute__((noinline)) void drawn(const struct drand48_data *data, const void *result,
                                            const void *frame)
{
    access_copy(data, data, sizeof *data, frame);
    access_write(result, 8, frame);
}

/* clang-format off */
int wrap_drand48_r(struct drand48_data *data, double *ret_value)
TELLS_AFTER(real.drand48_r(data, ret_value), drawn(data, ret_value, FRAME))
int wrap_lrand48_r(struct drand48_data *data, long *ret_value)
TELLS_AFTER(real.lrand48_r(data, ret_value), drawn(data, ret_value, FRAME))
int wrap_mrand48_r(struct drand48_data *data, long *ret_value)
TELLS_AFTER(real.mrand48_r(data, ret_value), drawn(data, ret_value, FRAME))
int wrap_srand48_r(long seed, struct drand48_data *data)
TELLS_BEFORE(real.srand48_r(seed, data), access_write(data, sizeof *data, FRAME))
/* clang-format on */

/* The state is an array of three, and the struct has what it is multiplied by. */
static __attribute__((noinline)) void drawn_from(const unsigned short *state,
                                                 const struct drand48_data *data,
                                                 const void *result, const void *frame)
{
    access_copy(state, state, 6, frame);
    access_copy_part(result, 8, data, sizeof *data, frame);
}

/* clang-format off */
int wrap_erand48_r(unsigned short *state, struct drand48_data *data, double *ret_value)
TELLS_AFTER(real.erand48_r(state, data, ret_value), drawn_from(state, data, ret_value, FRAME))
int wrap_nrand48_r(unsigned short *state, struct drand48_data *data, long *ret_value)
TELLS_AFTER(real.nrand48_r(state, data, ret_value), drawn_from(state, data, ret_value, FRAME))
int wrap_jrand48_r(unsigned short *state, struct drand48_data *data, long *ret_value)
TELLS_AFTER(real.jrand48_r(state, data, ret_value), drawn_from(state, data, ret_value, FRAME))
int wrap_seed48_r(unsigned short *seed, struct drand48_data *data)
TELLS_BEFORE(real.seed48_r(seed, data), READS(seed, 6); WRITES(data, sizeof *data))
int wrap_lcong48_r(unsigned short *parameters, struct drand48_data *data)
TELLS_BEFORE(real.lcong48_r(parameters, data), READS(parameters, 14); WRITES(data, sizeof *data))
