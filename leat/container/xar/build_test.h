#ifndef LEAT_CONTAINER_XAR_BUILD_TEST_H
#define LEAT_CONTAINER_XAR_BUILD_TEST_H

/* Builds archives for tests, right or wrong in any one field. */

#include "leat/core/stage.h"
#include "leat/stage/hash/digest.h"

struct build {
    const char *table; /* XML */
    size_t table_len;  /* 0: it ends with a NUL */
    const void *heap;  /* what follows the table's digest, */
    size_t heap_len;
    uint32_t sum;         /* the header's number of the digest, */
    const char *sum_name; /* and its name in a longer header; NULL: 28 bytes */
    uint16_t version;     /* 0: 1 */
    uint64_t more;        /* that the table is said to be longer than it is */
};

struct archive {
    uint8_t *data; /* free it */
    size_t len;
    size_t table_at;
    size_t heap_at;
};

/* The table packed, the digest in front of the heap. */
struct archive build(const struct build *build);

/* The bytes as a stage has them; free them. */
uint8_t *build_packed(const struct leat_stage *encoder, const void *data, size_t len,
                      size_t *ret_len);

/* Their digest in hexadecimal digits; "" where there is no such kind. */
struct build_digits {
    char text[2 * LEAT_DIGEST_LEN_MAX + 1];
};
struct build_digits build_digits(const char *kind, const void *data, size_t len);

/* Whether this build has digests that archives have. */
bool build_has_sums(void);

/* `before`, then `middle` so many times, then `after`; free it. */
char *build_repeated(const char *before, const char *middle, size_t times, const char *after);

/* That `archive`, which is freed, reads like this (tests/support/listing.h). */
void expect_archive(struct archive archive, const char *text);

/* The same of a table, digested by SHA-1, and a heap that holds "hello" behind that. */
void expect_table(const char *table, const char *text);

/* What tables are made of. */
#define BEGIN "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xar>\n<toc>\n"
#define END   "</toc></xar>\n"
#define SUM_OF(kind, size)                                                                         \
    "<checksum style=\"" kind "\"><offset>0</offset><size>" #size "</size></checksum>\n"
#define SUM  SUM_OF("sha1", 20)
#define TIME "<mtime>2023-11-14T22:13:20Z</mtime>"

#define NAMED(name) "<name>" name "</name><mode>0644</mode>" TIME
#define FILE_BEGINS(name)                                                                          \
    "<file id=\"1\">" NAMED(name) "<type>file</type><data>"                                        \
                                  "<length>5</length><offset>20</offset><size>5</size>"
#define FILE_ENDS   "</data></file>\n"
#define PLAIN(name) FILE_BEGINS(name) FILE_ENDS

#define SHA1_HELLO  "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"
#define HELLO(name) "file " name " 0644 1700000000 stored 5 \"hello\" "

#endif
