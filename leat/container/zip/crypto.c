#include "leat/container/zip/crypt.h"
#include "leat/container/zip/fields.h"
#include "leat/container/zip/member.h"

enum { OUT_MIN = 1 };

struct crypto {
    struct leat_codec codec;
    bool begun;
    uint8_t check; /* what the header's last byte must be */
    uint32_t keys[3];
    uint32_t table[256]; /* of CRC-32, by which the keys go on byte by byte */
};

static uint32_t crc_next(const struct crypto *self, uint32_t crc, uint8_t byte)
{
    return self->table[(crc ^ byte) & 0xff] ^ crc >> 8;
}

static void keys_next(struct crypto *self, uint8_t plain)
{
    uint32_t *keys = self->keys;
    keys[0] = crc_next(self, keys[0], plain);
    keys[1] = (keys[1] + (keys[0] & 0xff)) * 134775813 + 1;
    keys[2] = crc_next(self, keys[2], (uint8_t)(keys[1] >> 24));
}

static uint8_t decrypt(struct crypto *self, uint8_t byte)
{
    uint32_t mixed = (self->keys[2] & 0xffff) | 2;
    uint8_t plain = byte ^ (uint8_t)(mixed * (mixed ^ 1) >> 8);
    keys_next(self, plain);
    return plain;
}

static void table_fill(uint32_t table[256])
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? 0xedb88320 ^ crc >> 1 : crc >> 1;
        table[i] = crc;
    }
}

static enum leat_status crypto_start(struct leat_codec *codec, const void *options)
{
    struct crypto *self = (struct crypto *)codec;
    const struct zip_member *member = options;
    /* Who writes to a pipe does not know the checksum yet: 6.1.6, and Info-ZIP's practice. */
    self->check =
        (uint8_t)(member->flags & ZIP_FLAG_DESCRIPTOR ? member->time >> 8 : member->crc >> 24);
    table_fill(self->table);
    self->keys[0] = 0x12345678;
    self->keys[1] = 0x23456789;
    self->keys[2] = 0x34567890;
    for (size_t i = 0; i < member->password.len; i++)
        keys_next(self, member->password.data[i]);
    return LEAT_OK;
}

static enum leat_status crypto_begin(struct crypto *self, struct leat_reader *in)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, ZIP_CRYPTO_HEADER_LEN, &span);
    if (status != LEAT_OK)
        return status;
    uint8_t last = 0;
    for (size_t i = 0; i < ZIP_CRYPTO_HEADER_LEN; i++)
        last = decrypt(self, span.data[i]);
    if (last != self->check)
        return leat_codec_fails(&self->codec, LEAT_FAULT_UNSUPPORTED, "wrong password",
                                leat_tell(in));
    leat_consume(in, ZIP_CRYPTO_HEADER_LEN);
    self->begun = true;
    return LEAT_OK;
}

static enum leat_status crypto_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    struct crypto *self = (struct crypto *)codec;
    if (!self->begun)
        return crypto_begin(self, in);
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status != LEAT_OK)
        return status == LEAT_END ? LEAT_DONE : status;
    struct leat_room room;
    status = leat_reserve(out, OUT_MIN, &room);
    if (status != LEAT_OK)
        return status;
    size_t n = span.len < room.len ? span.len : room.len;
    for (size_t i = 0; i < n; i++)
        room.data[i] = decrypt(self, span.data[i]);
    leat_consume(in, n);
    leat_commit(out, n);
    return LEAT_OK;
}

const struct leat_stage leat_zip_stage_crypto = {
    .name = "zipcrypto",
    .self_size = sizeof(struct crypto),
    .in_min = ZIP_CRYPTO_HEADER_LEN,
    .out_min = OUT_MIN,
    .start = crypto_start,
    .step = crypto_step,
};
