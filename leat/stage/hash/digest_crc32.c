#include "leat/core/load.h"
#include "leat/stage/hash/crc32.h"
#include "leat/stage/hash/digest.h"

static enum leat_fault_code crc32_start(struct leat_digester *digester)
{
    digester->number = 0;
    return LEAT_FAULT_NONE;
}

static void crc32_update(struct leat_digester *digester, const uint8_t *data, size_t len)
{
    digester->number = leat_crc32((uint32_t)digester->number, data, len);
}

static void crc32_finish(struct leat_digester *digester, uint8_t *ret)
{
    leat_store_u32be(ret, (uint32_t)digester->number);
}

const struct leat_digest_kind leat_digest_crc32 = {
    .name = "crc32",
    .len = 4,
    .start = crc32_start,
    .update = crc32_update,
    .finish = crc32_finish,
};
