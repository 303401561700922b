#include "leat/container/zip/end.h"
#include "leat/core/assert.h"
#include "leat/core/bytes.h"

/* The record of zip64 that goes with the end at `at` in the tail; NULL when there is none. It
 * stands just before its locator, whose own offset knows nothing of what was put before. */
static const uint8_t *end64_find(struct leat_span tail, uint64_t tail_at, size_t at)
{
    if (at < ZIP_LOCATOR_LEN || zip_u32(tail.data + at - ZIP_LOCATOR_LEN) != ZIP_LOCATOR)
        return NULL;
    size_t locator = at - ZIP_LOCATOR_LEN;
    if (locator >= ZIP_END64_LEN && zip_u32(tail.data + locator - ZIP_END64_LEN) == ZIP_END64)
        return tail.data + locator - ZIP_END64_LEN;
    uint64_t claimed = zip_u64(tail.data + locator + ZIP_LOCATOR_AT);
    if (claimed < tail_at || locator < ZIP_END64_LEN ||
        claimed - tail_at > locator - ZIP_END64_LEN ||
        zip_u32(tail.data + (claimed - tail_at)) != ZIP_END64)
        return NULL;
    return tail.data + (claimed - tail_at);
}

static struct zip_end end_read(struct leat_span tail, uint64_t tail_at, size_t at)
{
    const uint8_t *record = tail.data + at;
    const uint8_t *record64 = end64_find(tail, tail_at, at);
    struct zip_end end = {
        .at = tail_at + at,
        .directory_at = zip_u32(record + ZIP_END_DIRECTORY_AT),
        .directory_len = zip_u32(record + ZIP_END_DIRECTORY_LEN),
        .entries = zip_u16(record + ZIP_END_ENTRIES),
        .directory_end = tail_at + at,
        .cut = tail.len - at - ZIP_END_LEN < zip_u16(record + ZIP_END_COMMENT_LEN),
        .split = zip_u16(record + ZIP_END_DISK) != zip_u16(record + ZIP_END_DIRECTORY_DISK) ||
                 (record64 == NULL && zip_u16(record + ZIP_END_DISK) != 0),
    };
    if (record64 == NULL)
        return end;
    end.zip64 = true;
    end.directory_at = zip_u64(record64 + ZIP_END64_DIRECTORY_AT);
    end.directory_len = zip_u64(record64 + ZIP_END64_DIRECTORY_LEN);
    end.entries = zip_u64(record64 + ZIP_END64_ENTRIES);
    end.directory_end = tail_at + (uint64_t)(record64 - tail.data);
    end.split = end.split || zip_u32(record64 + ZIP_END64_DISK) != 0 ||
                zip_u32(record64 + ZIP_END64_DIRECTORY_DISK) != 0;
    return end;
}

bool leat_zip_end_find(struct leat_span tail, uint64_t tail_at, size_t *scan, bool exact,
                       struct zip_end *ret)
{
    leat_assert(*scan <= tail.len);
    const uint8_t *mark = tail.data + *scan;
    while ((mark = leat_bytes_find_last(tail.data, (size_t)(mark - tail.data), 'P')) != NULL) {
        size_t at = (size_t)(mark - tail.data);
        if (tail.len - at < ZIP_END_LEN || zip_u32(mark) != ZIP_END)
            continue;
        size_t comment_len = zip_u16(tail.data + at + ZIP_END_COMMENT_LEN);
        if (exact && tail.len - at != ZIP_END_LEN + comment_len)
            continue;
        *scan = at;
        *ret = end_read(tail, tail_at, at);
        return true;
    }
    *scan = 0;
    return false;
}
