#include "leat/layer/nest_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/layer/catalogue.h"
#include "tests/support/check.h"

struct nest nest_text(const char *text)
{
    struct nest bytes = { .data = (uint8_t *)strdup(text), .len = strlen(text) };
    check(bytes.data != NULL);
    return bytes;
}

void nest_add(struct nest *bytes, const void *data, size_t len)
{
    bytes->data = realloc(bytes->data, bytes->len + len);
    check(bytes->data != NULL);
    memcpy(bytes->data + bytes->len, data, len);
    bytes->len += len;
}

const struct leat_format *nest_format(const char *name)
{
    for (size_t i = 0; leat_formats[i] != NULL; i++) {
        if (strcmp(leat_formats[i]->name, name) == 0)
            return leat_formats[i];
    }
    return NULL;
}

/* `inside`, which is freed, as the format's encoder packs it. */
struct nest nest_pack(const char *format, struct nest inside)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r =
        leat_pull(leat_memory(&ctx, inside.data, inside.len), nest_format(format)->encoder, NULL);
    struct nest packed = { 0 };
    struct leat_span window;
    enum leat_status status;
    while ((status = leat_peek(r, 1, &window)) == LEAT_OK) {
        nest_add(&packed, window.data, window.len);
        leat_consume(r, window.len);
    }
    check_status(status, LEAT_END);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    free(inside.data);
    return packed;
}

/* One ustar entry behind `tar`; `inside` is freed. */
void nest_tar_add(struct nest *tar, const char *name, char type, struct nest inside)
{
    char header[512] = { 0 };
    snprintf(header, 100, "%s", name);
    snprintf(header + 100, 8, "%07o", 0644);
    snprintf(header + 124, 12, "%011o", (unsigned)inside.len);
    snprintf(header + 136, 12, "%011o", 0u);
    memset(header + 148, ' ', 8);
    header[156] = type;
    memcpy(header + 257, "ustar\00000", 8);
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof(header); i++)
        sum += (unsigned char)header[i];
    snprintf(header + 148, 8, "%06o", sum);
    nest_add(tar, header, sizeof(header));
    nest_add(tar, inside.data, inside.len);
    static const char zeros[512];
    nest_add(tar, zeros, (512 - inside.len % 512) % 512);
    free(inside.data);
}

void nest_tar_end(struct nest *tar)
{
    static const char zeros[1024];
    nest_add(tar, zeros, sizeof(zeros));
}

/* --- Zip, by hand --- */

static void put_le(struct nest *bytes, uint32_t value, unsigned len)
{
    uint8_t le[4];
    for (unsigned i = 0; i < len; i++)
        le[i] = (uint8_t)(value >> 8 * i);
    nest_add(bytes, le, len);
}

static uint32_t crc32_of(struct nest bytes)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= bytes.data[i];
        for (unsigned k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

/* What a stored entry's local header and its directory entry have in common. */
static void zip_put_common(struct nest *zip, const char *name, struct nest inside)
{
    put_le(zip, 20, 2);
    put_le(zip, 0, 2); /* flags */
    put_le(zip, 0, 2); /* stored */
    put_le(zip, 0x00210000, 4);
    put_le(zip, crc32_of(inside), 4);
    put_le(zip, (uint32_t)inside.len, 4);
    put_le(zip, (uint32_t)inside.len, 4);
    put_le(zip, (uint32_t)strlen(name), 2);
    put_le(zip, 0, 2);
}

/* One stored entry behind `zip`, and its directory entry behind `directory`; `inside` is freed. */
void nest_zip_add(struct nest *zip, struct nest *directory, const char *name, struct nest inside)
{
    uint32_t at = (uint32_t)zip->len;
    nest_add(zip, "PK\3\4", 4);
    zip_put_common(zip, name, inside);
    nest_add(zip, name, strlen(name));
    nest_add(zip, inside.data, inside.len);
    nest_add(directory, "PK\1\2", 4);
    put_le(directory, 20, 2);
    zip_put_common(directory, name, inside);
    for (unsigned i = 0; i < 5; i++)
        put_le(directory, 0, 2);
    put_le(directory, at, 4);
    nest_add(directory, name, strlen(name));
    free(inside.data);
}

/* `directory` is freed. */
void nest_zip_end(struct nest *zip, struct nest directory, unsigned entries)
{
    uint32_t at = (uint32_t)zip->len;
    nest_add(zip, directory.data, directory.len);
    nest_add(zip, "PK\5\6", 4);
    put_le(zip, 0, 4);
    put_le(zip, entries, 2);
    put_le(zip, entries, 2);
    put_le(zip, (uint32_t)directory.len, 4);
    put_le(zip, at, 4);
    put_le(zip, 0, 2);
    free(directory.data);
}
