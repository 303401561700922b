/* Checksums by ISA-L: CRC-32C (RFC 3720, appendix B.4) and Adler-32 (RFC 1950, section 8.2). */

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "leat/core/load.h"
#include "leat/stage/hash/digests.h"

/* Lengths are ints there. */
#define LEN_MAX ((size_t)1 << 30)

static enum leat_fault_code crc32c_start(struct leat_digester *digester)
{
    digester->number = UINT32_MAX;
    return LEAT_FAULT_NONE;
}

static void crc32c_update(struct leat_digester *digester, const uint8_t *data, size_t len)
{
    while (len > 0) {
        size_t some = len < LEN_MAX ? len : LEN_MAX;
        /* It only reads, though its argument does not say so. */
        uint8_t *bytes = (uint8_t *)(uintptr_t)data;
        digester->number = crc32_iscsi(bytes, (int)some, (uint32_t)digester->number);
        data += some;
        len -= some;
    }
}

static void crc32c_finish(struct leat_digester *digester, uint8_t *ret)
{
    leat_store_u32be(ret, ~(uint32_t)digester->number);
}

const struct leat_digest_kind leat_digest_crc32c = {
    .name = "crc32c",
    .len = 4,
    .start = crc32c_start,
    .update = crc32c_update,
    .finish = crc32c_finish,
};

static enum leat_fault_code adler32_start(struct leat_digester *digester)
{
    digester->number = 1;
    return LEAT_FAULT_NONE;
}

static void adler32_update(struct leat_digester *digester, const uint8_t *data, size_t len)
{
    digester->number = isal_adler32((uint32_t)digester->number, data, len);
}

static void adler32_finish(struct leat_digester *digester, uint8_t *ret)
{
    leat_store_u32be(ret, (uint32_t)digester->number);
}

const struct leat_digest_kind leat_digest_adler32 = {
    .name = "adler32",
    .len = 4,
    .start = adler32_start,
    .update = adler32_update,
    .finish = adler32_finish,
};
