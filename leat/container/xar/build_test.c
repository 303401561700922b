#include "leat/container/xar/build_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/container/xar/xar.h"
#include "leat/core/load.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/gzip/gzip.h"
#include "tests/support/check.h"
#include "tests/support/sweep.h"

enum { HEADER_LEN = 28, NAME_LEN = 36 };

uint8_t *build_packed(const struct leat_stage *encoder, const void *data, size_t len,
                      size_t *ret_len)
{
    struct leat_ctx ctx;
    struct leat_span window;
    uint8_t *packed = malloc(1);
    enum leat_status status = LEAT_OK;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r = leat_pull(leat_memory(&ctx, data, len), encoder, NULL);
    for (*ret_len = 0; status == LEAT_OK; *ret_len += window.len) {
        status = leat_peek(r, 1, &window);
        uint8_t *more = realloc(packed, *ret_len + window.len + 1);
        check(more != NULL);
        packed = more;
        memcpy(packed + *ret_len, window.data, window.len);
        leat_consume(r, window.len);
    }
    check_status(status, LEAT_END);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    return packed;
}

static const struct leat_digest_kind *kind_of(const char *name)
{
    return leat_digest_find((struct leat_span){ (const uint8_t *)name, strlen(name) });
}

static size_t digest(const struct leat_digest_kind *kind, const void *data, size_t len,
                     uint8_t bytes[LEAT_DIGEST_LEN_MAX])
{
    struct leat_digester digester;
    struct leat_digest value;
    check_equal(leat_digester_start(&digester, kind), LEAT_FAULT_NONE);
    check_equal(leat_digester_value(&digester, data, len, &value), LEAT_FAULT_NONE);
    leat_digester_stop(&digester);
    memcpy(bytes, value.bytes, kind->len);
    return kind->len;
}

struct build_digits build_digits(const char *kind, const void *data, size_t len)
{
    struct build_digits digits = { 0 };
    uint8_t bytes[LEAT_DIGEST_LEN_MAX];
    size_t bytes_len = kind_of(kind) != NULL ? digest(kind_of(kind), data, len, bytes) : 0;
    for (size_t i = 0; i < bytes_len; i++)
        snprintf(digits.text + 2 * i, 3, "%02x", bytes[i]);
    return digits;
}

struct archive build(const struct build *build)
{
    static const char *const names[] = { "", "sha1", "md5", "sha256", "sha512" };
    static const size_t lens[] = { 0, 20, 16, 32, 64 };
    size_t table_len = build->table_len > 0 ? build->table_len : strlen(build->table);
    size_t header_len = HEADER_LEN + (build->sum_name != NULL ? NAME_LEN : 0);
    const char *name = build->sum_name != NULL ? build->sum_name : names[build->sum];
    uint8_t sum[LEAT_DIGEST_LEN_MAX] = { 0 };
    size_t sum_len = lens[build->sum];
    size_t packed_len;
    uint8_t *packed = build_packed(&leat_stage_zlib, build->table, table_len, &packed_len);
    if (kind_of(name) != NULL)
        sum_len = digest(kind_of(name), packed, packed_len, sum);
    struct archive archive = {
        .len = header_len + packed_len + sum_len + build->heap_len,
        .table_at = header_len,
        .heap_at = header_len + packed_len,
    };
    uint8_t *to = archive.data = calloc(1, archive.len);
    memcpy(to, "xar!", 4);
    leat_store_u16be(to + 4, (uint16_t)header_len);
    leat_store_u16be(to + 6, build->version > 0 ? build->version : 1);
    leat_store_u64be(to + 8, packed_len);
    leat_store_u64be(to + 16, table_len + build->more);
    leat_store_u32be(to + 24, build->sum);
    if (build->sum_name != NULL)
        memcpy(to + HEADER_LEN, build->sum_name, strlen(build->sum_name));
    memcpy(to + header_len, packed, packed_len);
    memcpy(to + archive.heap_at, sum, sum_len);
    if (build->heap_len > 0)
        memcpy(to + archive.heap_at + sum_len, build->heap, build->heap_len);
    free(packed);
    return archive;
}

bool build_has_sums(void)
{
    return build_digits("sha1", "", 0).text[0] != '\0';
}

void expect_archive(struct archive archive, const char *text)
{
    struct listing found = sweep_listing(leat_xar, archive.data, archive.len);
    if (strcmp(found.text, text) != 0) {
        fprintf(stderr, "found:\n%s\nnot:\n%s\n", found.text, text);
        abort();
    }
    listing_fini(&found);
    free(archive.data);
}

void expect_table(const char *table, const char *text)
{
    struct build plan = { .table = table, .heap = "hello", .heap_len = 5, .sum = 1 };
    expect_archive(build(&plan), text);
}

char *build_repeated(const char *before, const char *middle, size_t times, const char *after)
{
    size_t len = strlen(before), each = strlen(middle);
    char *text = malloc(len + each * times + strlen(after) + 1);
    memcpy(text, before, len);
    for (size_t i = 0; i < times; i++, len += each)
        memcpy(text + len, middle, each);
    strcpy(text + len, after);
    return text;
}
