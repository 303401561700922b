#ifndef APPS_HTTP_CONDITION_H
#define APPS_HTTP_CONDITION_H

#include "apps/http/request.h"

/* Whether a request still wants its answer, given what it says that it has: RFC 9110 section 13. */

/* Room for an entity tag with its quotes: W/"size-mtime-inode-path", each in hexadecimal digits. */
#define HTTP_TAG_MAX (4 + 4 * 16 + 3)

/* Write the entity tag of a file (RFC 9110 section 8.8.3). Returns its length.
 *
 * weak  the file was changed so short a time ago that another change may leave its time the same */
size_t http_tag_format(uint64_t size, int64_t mtime_ns, uint64_t inode, bool weak,
                       char ret[HTTP_TAG_MAX]);

/* Write the entity tag of what is inside a file. Returns its length.
 *
 * tag    of the file, as http_tag_format wrote it; when it is weak, so is this
 * which  of those inside: a hash of its path does, so that what is taken for another by a mistake
 *        is not by its tag as well */
size_t http_tag_within(struct leat_span tag, uint64_t which, char ret[HTTP_TAG_MAX]);

/* What there is to answer with. */
struct http_validators {
    struct leat_span tag; /* as http_tag_format writes it; empty: it has none */
    bool has_modified;
    int64_t modified; /* in seconds, as Last-Modified says it */
    int64_t now;      /* in seconds, as Date says it: 0 to HTTP_DATE_MAX */
};

enum http_condition {
    HTTP_PROCEED,
    HTTP_NOT_MODIFIED,        /* 304 */
    HTTP_PRECONDITION_FAILED, /* 412 */
};

/* Judge If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since, in the order of RFC
 * 9110 section 13.2.2. Only for what would be answered with 200 or 206. A date that is none is not
 * there; a list of tags is read up to where it is no list. */
enum http_condition http_condition_judge(const struct http_request *request,
                                         const struct http_validators *validators);

/* Whether If-None-Match names just this: the client was given it before, and so it is there, before
 * anybody has looked. */
bool http_condition_is_known(const struct http_request *request,
                             const struct http_validators *validators);

/* Whether Range is to be heard, by If-Range (RFC 9110 section 13.1.5): where there is no If-Range,
 * or it names just what there is. After the conditions, and only for GET. */
bool http_condition_range(const struct http_request *request,
                          const struct http_validators *validators);

#endif
