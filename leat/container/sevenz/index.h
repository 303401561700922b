#ifndef LEAT_CONTAINER_SEVENZ_INDEX_H
#define LEAT_CONTAINER_SEVENZ_INDEX_H

#include "leat/container/sevenz/cursor.h"

/* What the header of an archive says, after 7zFormat.txt of the LZMA SDK (22.01). Nothing is
 * unpacked into tables: an index holds where each list begins, all of them are in step with the
 * files, and whoever goes through the files reads on in each. Memory is the header itself. */

enum {
    SZ_START_LEN = 32, /* the signature header; what it points at counts from its end */
    SZ_START_CRC = 8,  /* of the rest */
    SZ_START_OFFSET = 12,
    SZ_START_SIZE = 20,
    SZ_START_HEADER_CRC = 28,
};

/* Property ids. */
enum {
    SZ_END = 0,
    SZ_HEADER = 1,
    SZ_ARCHIVE_PROPERTIES = 2,
    SZ_MAIN_STREAMS = 4,
    SZ_FILES = 5,
    SZ_PACK_INFO = 6,
    SZ_UNPACK_INFO = 7,
    SZ_SUBSTREAMS = 8,
    SZ_SIZE = 9,
    SZ_CRC = 10,
    SZ_FOLDER = 11,
    SZ_UNPACK_SIZE = 12,
    SZ_COUNT = 13, /* of files in each folder */
    SZ_EMPTY_STREAM = 14,
    SZ_EMPTY_FILE = 15,
    SZ_ANTI = 16,
    SZ_NAMES = 17,
    SZ_MTIME = 20,
    SZ_ATTRIBUTES = 21,
    SZ_ENCODED_HEADER = 23,
};

/* Checksums of some of a row of things. */
struct sz_digests {
    struct sz_bits defined;
    uint64_t i;
    struct sz_cursor crcs;
};

/* The next thing's. False: it has none. */
bool leat_sz_digest(struct sz_digests *digests, uint32_t *ret);

/* Packed streams, and the folders that unpack them, each to several files one behind the other. */
struct sz_streams {
    uint64_t packed_at; /* of the first, behind the start */
    uint64_t packed_left;
    struct sz_cursor packed_sizes;
    uint64_t folders_left;
    struct sz_cursor folders;
    struct sz_cursor unpack_sizes; /* one for each coder of each folder */
    struct sz_digests folder_digests;
    bool has_counts; /* else one file a folder */
    struct sz_cursor counts;
    struct sz_cursor sizes; /* of each file in a folder but the last */
    struct sz_digests digests;
};

/* Values that some files have. */
struct sz_values {
    struct sz_bits defined;
    struct sz_cursor values;
};

struct sz_index {
    struct sz_streams streams;
    uint64_t files;
    struct sz_bits empty_stream;
    struct sz_bits empty_file; /* of those with an empty stream: no folder */
    struct sz_bits anti;       /* of the same: deletes what is there */
    bool has_names;
    struct sz_cursor names; /* UTF-16, each with a 0 behind it */
    struct sz_values mtimes;
    struct sz_values attributes;
};

enum sz_parsed {
    SZ_PARSED,
    SZ_PARSED_PACKED, /* the header is packed: it is all that ret->streams unpack to */
    SZ_PARSED_BROKEN,
    SZ_PARSED_UNKNOWN, /* a feature that no program writes */
};

/* Read a whole header; all cursors point into it. */
enum sz_parsed leat_sz_index_read(struct leat_span header, struct sz_index *ret);

#endif
