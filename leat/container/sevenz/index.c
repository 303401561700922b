#include "leat/container/sevenz/folder.h"
#include "leat/container/sevenz/index.h"

bool leat_sz_digest(struct sz_digests *digests, uint32_t *ret)
{
    if (!sz_bit(&digests->defined, digests->i++))
        return false;
    *ret = sz_u32(&digests->crcs);
    return true;
}

static struct sz_digests digests_read(struct sz_cursor *cursor, uint64_t count)
{
    struct sz_digests digests = { .defined = sz_bits_read_optional(cursor, count) };
    digests.crcs = *cursor;
    uint64_t set = sz_bits_set(&digests.defined);
    (void)sz_bytes(cursor, set <= UINT64_MAX / 4 ? 4 * set : UINT64_MAX);
    return digests;
}

/* Where a list of numbers begins, which is passed. */
static struct sz_cursor numbers_read(struct sz_cursor *cursor, uint64_t count)
{
    struct sz_cursor numbers = *cursor;
    for (uint64_t i = 0; i < count && !cursor->broken; i++)
        (void)sz_number(cursor);
    return numbers;
}

/* --- Streams --- */

static enum sz_parsed pack_info_read(struct sz_cursor *cursor, struct sz_streams *streams)
{
    streams->packed_at = sz_number(cursor);
    streams->packed_left = sz_number(cursor);
    uint64_t id = sz_number(cursor);
    if (id == SZ_SIZE) {
        streams->packed_sizes = numbers_read(cursor, streams->packed_left);
        id = sz_number(cursor);
    } else if (streams->packed_left > 0) {
        return SZ_PARSED_BROKEN;
    }
    if (id == SZ_CRC) {
        (void)digests_read(cursor, streams->packed_left);
        id = sz_number(cursor);
    }
    return id == SZ_END ? SZ_PARSED : SZ_PARSED_BROKEN;
}

static enum sz_parsed unpack_info_read(struct sz_cursor *cursor, struct sz_streams *streams)
{
    struct sz_folder folder;
    uint64_t coders = 0;
    if (sz_number(cursor) != SZ_FOLDER)
        return SZ_PARSED_BROKEN;
    streams->folders_left = sz_number(cursor);
    if (sz_byte(cursor) != 0)
        return SZ_PARSED_UNKNOWN; /* folders somewhere else */
    streams->folders = *cursor;
    for (uint64_t i = 0; i < streams->folders_left; i++) {
        if (!leat_sz_folder_read(cursor, &folder))
            return SZ_PARSED_BROKEN;
        coders += folder.coders_len;
    }
    if (sz_number(cursor) != SZ_UNPACK_SIZE)
        return SZ_PARSED_BROKEN;
    streams->unpack_sizes = numbers_read(cursor, coders);
    uint64_t id = sz_number(cursor);
    if (id == SZ_CRC) {
        streams->folder_digests = digests_read(cursor, streams->folders_left);
        id = sz_number(cursor);
    }
    return id == SZ_END ? SZ_PARSED : SZ_PARSED_BROKEN;
}

/* How many sizes are listed, and how many files there are whose checksum is not their folder's. */
struct substreams {
    uint64_t sizes;
    uint64_t digests;
};

static struct substreams substreams_count(const struct sz_streams *streams, uint64_t room)
{
    struct substreams all = { 0 };
    struct sz_cursor counts = streams->counts;
    for (uint64_t i = 0; i < streams->folders_left; i++) {
        uint64_t count = streams->has_counts ? sz_number(&counts) : 1;
        /* Each has a bit at least, whatever else it has. */
        if (count > room)
            return (struct substreams){ .sizes = UINT64_MAX };
        all.sizes += count > 0 ? count - 1 : 0;
        if (count != 1 || !sz_bit(&streams->folder_digests.defined, i))
            all.digests += count;
    }
    return all;
}

static enum sz_parsed substreams_read(struct sz_cursor *cursor, struct sz_streams *streams)
{
    uint64_t room = (uint64_t)sz_left(cursor) * 8;
    uint64_t id = sz_number(cursor);
    if (id == SZ_COUNT) {
        streams->has_counts = true;
        streams->counts = numbers_read(cursor, streams->folders_left);
        id = sz_number(cursor);
    }
    struct substreams all = substreams_count(streams, room);
    if (id == SZ_SIZE) {
        streams->sizes = numbers_read(cursor, all.sizes);
        id = sz_number(cursor);
    } else if (all.sizes > 0) {
        return SZ_PARSED_BROKEN;
    }
    if (id == SZ_CRC) {
        streams->digests = digests_read(cursor, all.digests);
        id = sz_number(cursor);
    }
    return id == SZ_END ? SZ_PARSED : SZ_PARSED_BROKEN;
}

static enum sz_parsed streams_read(struct sz_cursor *cursor, struct sz_streams *streams)
{
    enum sz_parsed parsed = SZ_PARSED;
    while (parsed == SZ_PARSED && !cursor->broken) {
        switch (sz_number(cursor)) {
        case SZ_PACK_INFO:
            parsed = pack_info_read(cursor, streams);
            break;
        case SZ_UNPACK_INFO:
            parsed = unpack_info_read(cursor, streams);
            break;
        case SZ_SUBSTREAMS:
            parsed = substreams_read(cursor, streams);
            break;
        case SZ_END:
            return SZ_PARSED;
        default:
            return SZ_PARSED_BROKEN;
        }
    }
    return parsed == SZ_PARSED ? SZ_PARSED_BROKEN : parsed;
}

/* --- Files --- */

/* Values of `len` bytes each. */
static enum sz_parsed values_read(struct sz_cursor *cursor, uint64_t count, unsigned len,
                                  struct sz_values *ret)
{
    ret->defined = sz_bits_read_optional(cursor, count);
    if (sz_byte(cursor) != 0)
        return SZ_PARSED_UNKNOWN; /* values somewhere else */
    ret->values = *cursor;
    uint64_t set = sz_bits_set(&ret->defined);
    return set <= sz_left(cursor) / len ? SZ_PARSED : SZ_PARSED_BROKEN;
}

static enum sz_parsed property_read(uint64_t id, struct sz_cursor *cursor, struct sz_index *index)
{
    uint64_t empty = sz_bits_set(&index->empty_stream);
    switch (id) {
    case SZ_EMPTY_STREAM:
        index->empty_stream = sz_bits_read(cursor, index->files);
        break;
    case SZ_EMPTY_FILE:
        index->empty_file = sz_bits_read(cursor, empty);
        break;
    case SZ_ANTI:
        index->anti = sz_bits_read(cursor, empty);
        break;
    case SZ_NAMES:
        if (sz_byte(cursor) != 0)
            return SZ_PARSED_UNKNOWN;
        index->has_names = true;
        index->names = *cursor;
        break;
    case SZ_MTIME:
        return values_read(cursor, index->files, 8, &index->mtimes);
    case SZ_ATTRIBUTES:
        return values_read(cursor, index->files, 4, &index->attributes);
    default: /* times that nobody asks for, comments, padding */
        break;
    }
    return cursor->broken ? SZ_PARSED_BROKEN : SZ_PARSED;
}

static enum sz_parsed files_read(struct sz_cursor *cursor, struct sz_index *index)
{
    enum sz_parsed parsed = SZ_PARSED;
    index->files = sz_number(cursor);
    /* Each has a name, of two bytes at least. */
    if (index->files > sz_left(cursor))
        return SZ_PARSED_BROKEN;
    while (parsed == SZ_PARSED && !cursor->broken) {
        uint64_t id = sz_number(cursor);
        if (id == SZ_END)
            return cursor->broken ? SZ_PARSED_BROKEN : SZ_PARSED;
        struct leat_span bytes = sz_bytes(cursor, sz_number(cursor));
        struct sz_cursor property = { .at = bytes.data, .end = bytes.data + bytes.len };
        parsed = property_read(id, &property, index);
    }
    return parsed == SZ_PARSED ? SZ_PARSED_BROKEN : parsed;
}

static void properties_skip(struct sz_cursor *cursor)
{
    while (!cursor->broken && sz_number(cursor) != SZ_END)
        (void)sz_bytes(cursor, sz_number(cursor));
}

static enum sz_parsed header_read(struct sz_cursor *cursor, struct sz_index *index)
{
    enum sz_parsed parsed = SZ_PARSED;
    uint64_t id = sz_number(cursor);
    if (id == SZ_ARCHIVE_PROPERTIES) {
        properties_skip(cursor);
        id = sz_number(cursor);
    }
    if (id == SZ_MAIN_STREAMS) {
        parsed = streams_read(cursor, &index->streams);
        id = sz_number(cursor);
    }
    if (parsed == SZ_PARSED && id == SZ_FILES) {
        parsed = files_read(cursor, index);
        id = sz_number(cursor);
    }
    return parsed == SZ_PARSED && id != SZ_END ? SZ_PARSED_BROKEN : parsed;
}

enum sz_parsed leat_sz_index_read(struct leat_span header, struct sz_index *ret)
{
    struct sz_cursor cursor = { .at = header.data, .end = header.data + header.len };
    struct sz_index index = { 0 };
    enum sz_parsed parsed = SZ_PARSED_BROKEN;
    uint64_t id = sz_number(&cursor);
    if (id == SZ_HEADER) {
        parsed = header_read(&cursor, &index);
    } else if (id == SZ_ENCODED_HEADER) {
        parsed = streams_read(&cursor, &index.streams);
        if (parsed == SZ_PARSED)
            parsed = index.streams.folders_left > 0 ? SZ_PARSED_PACKED : SZ_PARSED_BROKEN;
    }
    if (cursor.broken && parsed != SZ_PARSED_UNKNOWN)
        parsed = SZ_PARSED_BROKEN;
    *ret = index;
    return parsed;
}
