#ifndef LEAT_CONTAINER_AR_HEADER_H
#define LEAT_CONTAINER_AR_HEADER_H

#include "leat/core/format.h"
#include "leat/core/span.h"

/* The header before each member, which is all text; ar(5) of the BSDs, and the System V ABI, 4.1,
 * chapter 7, "Archive File". */

enum { AR_MAGIC_LEN = 8, AR_HEADER_LEN = 60 };

#define AR_MAGIC      "!<arch>\n"
#define AR_MAGIC_THIN "!<thin>\n"

struct ar_header {
    char name[16];
    char mtime[12];
    char user_id[6];
    char group_id[6];
    char mode[8];
    char size[10];
    char end[2];
};
_Static_assert(sizeof(struct ar_header) == AR_HEADER_LEN, "text has no gaps");

/* A number with spaces behind it; nothing but spaces is 0, as the tables' headers have it. False
 * when it is neither. */
bool leat_ar_number(const char *field, size_t len, unsigned base, uint64_t *ret);

/* The name without the spaces behind it. */
struct leat_span leat_ar_name(const struct ar_header *header);

/* Whether the bytes can be a header: MORE only while there are fewer than AR_HEADER_LEN. */
enum leat_match leat_ar_header_can_be(const uint8_t *data, size_t len);

/* The same where nothing says that a header begins: all of its numbers must be some. */
enum leat_match leat_ar_anywhere(const uint8_t *data, size_t len);

/* What a name says of its member. */
enum ar_kind {
    AR_PLAIN,     /* the name itself, perhaps with a slash behind it */
    AR_SYMBOLS,   /* a table for linkers */
    AR_NAMES,     /* the table of long names */
    AR_NAME_AT,   /* the name is in that table, at `ret_number` */
    AR_NAME_DATA, /* the name is the first `ret_number` bytes of the data */
};
enum ar_kind leat_ar_kind(struct leat_span name, uint64_t *ret_number);

/* Whether a name that was kept before the data is that of a table for linkers. */
bool leat_ar_is_symbols(struct leat_span name);

/* The name at `at` in the table of long names, without what ends it; all of it is empty where there
 * is none. */
struct leat_span leat_ar_long_name(struct leat_span names, uint64_t at);

#endif
