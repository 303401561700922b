/* The xxHash family, by its library: XXH64, and XXH3 with 64 and 128 bits; canonical order. */

#include <xxhash.h>

#include "leat/core/assert.h"
#include "leat/core/load.h"
#include "leat/stage/hash/digests.h"
#include "leat/stage/late.h"

#define LEAT_LIBXXHASH_FUNCTIONS(FUNCTION)                                                         \
    FUNCTION(XXH3_128bits_digest)                                                                  \
    FUNCTION(XXH3_128bits_reset)                                                                   \
    FUNCTION(XXH3_128bits_update)                                                                  \
    FUNCTION(XXH3_64bits_digest)                                                                   \
    FUNCTION(XXH3_64bits_reset)                                                                    \
    FUNCTION(XXH3_64bits_update)                                                                   \
    FUNCTION(XXH3_copyState)                                                                       \
    FUNCTION(XXH3_createState)                                                                     \
    FUNCTION(XXH3_freeState)                                                                       \
    FUNCTION(XXH64_copyState)                                                                      \
    FUNCTION(XXH64_createState)                                                                    \
    FUNCTION(XXH64_digest)                                                                         \
    FUNCTION(XXH64_freeState)                                                                      \
    FUNCTION(XXH64_reset)                                                                          \
    FUNCTION(XXH64_update)
LEAT_LATE_TABLE(leat_libxxhash, LEAT_LIBXXHASH_FUNCTIONS);
LEAT_LATE_LIBRARY(leat_libxxhash, LEAT_LIBXXHASH_FUNCTIONS, LEAT_SONAME_XXHASH)

/* --- XXH64 --- */

static enum leat_fault_code xxh64_start(struct leat_digester *digester)
{
    if (leat_libxxhash() == NULL)
        return LEAT_FAULT_UNSUPPORTED;
    XXH64_state_t *state = leat_libxxhash()->XXH64_createState();
    if (state == NULL)
        return LEAT_FAULT_MEMORY;
    (void)leat_libxxhash()->XXH64_reset(state, 0);
    digester->library = state;
    return LEAT_FAULT_NONE;
}

static void xxh64_update(struct leat_digester *digester, const uint8_t *data, size_t len)
{
    (void)leat_libxxhash()->XXH64_update(digester->library, data, len);
}

static enum leat_fault_code xxh64_copy(struct leat_digester *digester,
                                       const struct leat_digester *from)
{
    enum leat_fault_code code = xxh64_start(digester);
    if (code == LEAT_FAULT_NONE)
        leat_libxxhash()->XXH64_copyState(digester->library, from->library);
    return code;
}

static void xxh64_finish(struct leat_digester *digester, uint8_t *ret)
{
    leat_store_u64be(ret, leat_libxxhash()->XXH64_digest(digester->library));
}

static void xxh64_stop(struct leat_digester *digester)
{
    (void)leat_libxxhash()->XXH64_freeState(digester->library);
}

const struct leat_digest_kind leat_digest_xxh64 = {
    .name = "xxh64",
    .len = 8,
    .start = xxh64_start,
    .update = xxh64_update,
    .copy = xxh64_copy,
    .finish = xxh64_finish,
    .stop = xxh64_stop,
};

/* --- XXH3: one state for both lengths --- */

static enum leat_fault_code xxh3_begin(struct leat_digester *digester,
                                       XXH_errorcode (*reset)(XXH3_state_t *state))
{
    XXH3_state_t *state = leat_libxxhash()->XXH3_createState();
    if (state == NULL)
        return LEAT_FAULT_MEMORY;
    (void)reset(state);
    digester->library = state;
    return LEAT_FAULT_NONE;
}

static enum leat_fault_code xxh3_64_start(struct leat_digester *digester)
{
    if (leat_libxxhash() == NULL)
        return LEAT_FAULT_UNSUPPORTED;
    return xxh3_begin(digester, leat_libxxhash()->XXH3_64bits_reset);
}

static enum leat_fault_code xxh3_128_start(struct leat_digester *digester)
{
    if (leat_libxxhash() == NULL)
        return LEAT_FAULT_UNSUPPORTED;
    return xxh3_begin(digester, leat_libxxhash()->XXH3_128bits_reset);
}

static void xxh3_64_update(struct leat_digester *digester, const uint8_t *data, size_t len)
{
    (void)leat_libxxhash()->XXH3_64bits_update(digester->library, data, len);
}

static void xxh3_128_update(struct leat_digester *digester, const uint8_t *data, size_t len)
{
    (void)leat_libxxhash()->XXH3_128bits_update(digester->library, data, len);
}

static enum leat_fault_code xxh3_copy(struct leat_digester *digester,
                                      const struct leat_digester *from)
{
    enum leat_fault_code code = digester->kind->start(digester);
    if (code == LEAT_FAULT_NONE)
        leat_libxxhash()->XXH3_copyState(digester->library, from->library);
    return code;
}

static void xxh3_64_finish(struct leat_digester *digester, uint8_t *ret)
{
    leat_store_u64be(ret, leat_libxxhash()->XXH3_64bits_digest(digester->library));
}

static void xxh3_128_finish(struct leat_digester *digester, uint8_t *ret)
{
    XXH128_hash_t hash = leat_libxxhash()->XXH3_128bits_digest(digester->library);
    leat_store_u64be(ret, hash.high64);
    leat_store_u64be(ret + 8, hash.low64);
}

static void xxh3_stop(struct leat_digester *digester)
{
    (void)leat_libxxhash()->XXH3_freeState(digester->library);
}

const struct leat_digest_kind leat_digest_xxh3_64 = {
    .name = "xxh3-64",
    .len = 8,
    .start = xxh3_64_start,
    .update = xxh3_64_update,
    .copy = xxh3_copy,
    .finish = xxh3_64_finish,
    .stop = xxh3_stop,
};

const struct leat_digest_kind leat_digest_xxh3_128 = {
    .name = "xxh3-128",
    .len = 16,
    .start = xxh3_128_start,
    .update = xxh3_128_update,
    .copy = xxh3_copy,
    .finish = xxh3_128_finish,
    .stop = xxh3_stop,
};
