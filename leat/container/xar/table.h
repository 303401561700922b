#ifndef LEAT_CONTAINER_XAR_TABLE_H
#define LEAT_CONTAINER_XAR_TABLE_H

#include "leat/container/gather.h"
#include "leat/container/xar/element.h"
#include "leat/container/xar/method.h"
#include "leat/container/xar/xml.h"
#include "leat/stage/hash/digest.h"

/* The table of contents as it is kept: its files in the order in which they begin, and the texts
 * that they say. Places in the heap are counted from where that begins. */

/* A text among the table's. */
struct xar_text {
    uint32_t at;
    uint32_t len;
};

/* A digest that is promised; kind NULL: none that can be compared. */
struct xar_sum {
    const struct leat_digest_kind *kind;
    struct xar_text digits;
};

enum xar_type {
    XAR_TYPE_UNSAID,
    XAR_TYPE_FILE,
    XAR_TYPE_FOLDER,
    XAR_TYPE_SYMLINK,
    XAR_TYPE_HARD_LINK, /* to the file with the number `links_to` */
    XAR_TYPE_PIPE,
    XAR_TYPE_CHARACTERS,
    XAR_TYPE_BLOCKS,
    XAR_TYPE_SOCKET,
    XAR_TYPE_OTHER,
};

struct xar_file {
    uint64_t id; /* its number in the table, which links name */
    uint64_t links_to;
    uint64_t offset; /* of its packed bytes, in the heap */
    uint64_t length; /* of those */
    uint64_t size;   /* of what they unpack to */
    int64_t mtime_s;
    const struct xar_method *method;
    struct xar_sum packed_sum; /* of the packed bytes, */
    struct xar_sum sum;        /* and of what they unpack to */
    struct xar_text name;
    struct xar_text target;
    uint32_t parent; /* the folder's place among the files, from 1 on; 0: the archive */
    uint32_t mode;
    uint32_t major, minor;
    enum xar_type type;
    bool whole;    /* all that is needed of it was read */
    bool folder;   /* there are files in it */
    bool original; /* links name it */
    bool broken;   /* some number is none */
};

struct xar_table {
    struct leat_container *c; /* whose memory this is */
    struct xar_xml xml;
    struct leat_gather files; /* struct xar_file, one behind the other */
    struct leat_gather texts;
    struct leat_gather originals; /* numbers and files, by number once all is read */
    bool scattered;               /* which they were not in the table */

    const struct leat_digest_kind *sum_kind; /* of the table itself; NULL: none that is known */
    uint64_t sum_offset;                     /* of its digest, in the heap */
    uint64_t sum_size;

    /* What is being read. */
    enum xar_element path[XAR_XML_DEPTH_MAX]; /* the elements that are open */
    unsigned path_len;
    unsigned unknown; /* and within those, elements in one that is not known */
    uint32_t file;    /* the innermost one that is open; 0: none */
    bool base64;      /* the name is encoded */
    struct leat_gather text;
};

/* Begin to read, in a table that is zeroed or was ended. OK, or FAULT: recorded in `c`. */
LEAT_MUST_USE enum leat_status leat_xar_table_begin(struct xar_table *table,
                                                    struct leat_container *c);

/* Read on: a piece of XML. `last`: nothing more comes. OK, or FAULT: recorded in the container, at
 * `offset`. Then leat_xar_table_close is still to be called. */
LEAT_MUST_USE enum leat_status leat_xar_table_feed(struct xar_table *table, struct leat_span piece,
                                                   bool last, uint64_t offset);

/* No more comes, or what comes cannot be read: keep what is whole. */
void leat_xar_table_close(struct xar_table *table);

/* How many files were read. */
size_t leat_xar_table_len(const struct xar_table *table);

/* One of them; good until the table ends. */
const struct xar_file *leat_xar_table_file(const struct xar_table *table, size_t i);

/* A text of it; a loan as long. */
struct leat_span leat_xar_table_text(const struct xar_table *table, struct xar_text text);

/* Which file of the table links name by that number; false: none. */
bool leat_xar_table_original(const struct xar_table *table, uint64_t id, size_t *ret);

/* Put the path of the file into `path`: the names of its folders before its own. OK, or FAULT (no
 * memory, recorded in the container). */
LEAT_MUST_USE enum leat_status leat_xar_table_path(const struct xar_table *table, size_t i,
                                                   struct leat_gather *path);

/* Let go of all. A zeroed one is fine. */
void leat_xar_table_end(struct xar_table *table);

#endif
