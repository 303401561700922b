#ifndef APPS_HTTP_TARGET_H
#define APPS_HTTP_TARGET_H

#include "apps/term/buffer.h"
#include "leat/core/span.h"

/* From the target of a request (RFC 9112 section 3.2) to the file that it means, and back.
 *
 * A `!` before a `/` is a step into an archive, as `!` is in places on the command line:
 *
 *     /old/backup.tar.zst!/docs/a.html?b     backup.tar.zst!docs/a.html in the folder old
 *
 * A name that ends in a `!` of its own is reached as %21: the steps are taken before anything is
 * decoded. A `!` at the end of the path, or inside a name, is no step.
 *
 * Names inside archives may be any, and clients resolve segments that are empty, "." or ".." before
 * they send them. So inside, these have their slash encoded behind them, which is then a part of
 * the name: of all URLs with the same path there is one for each name.
 *
 *     /a.tar!/%2F/etc/passwd     /etc/passwd
 *     /a.tar!/..%2F/x            ../x
 *     /a.tar!/b/%2F/c            b//c */

/* More steps into archives than anybody takes. */
#define HTTP_TARGET_STEPS_MAX 16

/* A target, taken apart. Names end in NULL. */
struct http_target {
    struct leat_span outer; /* the file outside, in the room: relative, without segments that are
                               empty, "." or ".."; "" is the folder that is served */
    struct leat_span inner; /* the names inside, in the room, each ended by a NULL; any at all */
    size_t steps;           /* how many there are; 0: the target is `outer` itself */
    bool folder; /* it ended in a '/': all of what is behind the last step, or a folder */
    bool bare;   /* nothing stands behind the last step; else "" there is a name */
    bool has_query;
    struct leat_span query;     /* behind the '?', as sent, in the target */
    struct leat_span authority; /* of an absolute form, in the target; it takes Host's place */
};

/* Take a target apart: origin-form or absolute-form. "*", which is for OPTIONS alone, the caller
 * compares first.
 *
 * room    where the names are written: len of the target and 1 are enough
 * Returns 0 and sets *ret, or the status to answer with:
 *   400  bad form, a bad escape, a NULL in a name, a '/' that is no more than a byte of it, or a
 *        ".." segment: who asks for one must resolve it before sending (RFC 3986 section 6.2.2.3),
 *        so it is an attack or a mistake
 *   404  a step without a name before it, or more than HTTP_TARGET_STEPS_MAX
 *   414  the room is too small */
LEAT_MUST_USE unsigned http_target_parse(struct leat_span target, struct leat_room room,
                                         struct http_target *ret);

/* Take the next of the names inside. False: there are no more. Start with a copy of `inner`. */
bool http_target_next(struct leat_span *inner, struct leat_span *ret_name);

/* Put a path as it stands in a URL: all but '/' and what is unreserved (RFC 3986 section 2.3) as
 * %XX, so that no '!', ':' or '?' of a name means anything. */
void http_put_path(struct term_buffer *buffer, struct leat_span path);

/* Whether a segment is one that gets lost: empty, "." or "..". */
bool http_is_lost(struct leat_span segment);

/* Put a name from inside an archive, with those segments kept that would get lost. */
void http_put_name(struct term_buffer *buffer, struct leat_span name);

#endif
