#ifndef LEAT_CORE_BUFFER_H
#define LEAT_CORE_BUFFER_H

#include "leat/core/reader.h"

/* The memory behind a reader's window, for endpoints that are read into and for stages.
 *
 *      seam              ring
 *   ┌────────────┬──────────────────────────────────────────────┐
 *   │      tail →│ new bytes →                       ← history  │
 *   └────────────┴──────────────────────────────────────────────┘
 *                start
 *
 * Bytes are added behind the window until the ring ends. Then the rest of the window (the tail)
 * moves to just before `start`, and adding goes on there: one small copy each time round. The last
 * `history` bytes stay where they were written, so a decoder may look back at them; it sees its
 * output jump once each time round. Where somebody holds a slice nothing is ever written: while any
 * is out, the tail moves to another block instead.
 *
 * The reader's pos and end point into the block and are moved by these calls. */
struct leat_buffer {
    struct leat_block *block;    /* NULL until first used */
    struct leat_block *previous; /* holds history of the time before the last jump */
    size_t seam_len;             /* bytes before the ring */
    size_t history;              /* how far back a decoder looks; set by the owner, may only rise
                                    while nothing that it looks back at was written */
};

LEAT_BEGIN_DECLS

/* Make room behind the window of `r` for `room` bytes or more, and such that the window can become
 * `min` bytes long: room <= ring_len.
 *
 * ring_len  how large the ring should be; what is asked for may make it larger
 * ret       the room; written bytes are added with leat_buffer_add
 * Status    OK, or FAULT (no memory; recorded in r)
 * Allocates the first time, when the window has to become larger, and when slices are out. */
LEAT_API LEAT_MUST_USE enum leat_status leat_buffer_room(struct leat_buffer *buffer,
                                                         struct leat_reader *r, size_t min,
                                                         size_t room, size_t ring_len,
                                                         struct leat_room *ret);

/* `n` bytes were written into the room: they join the window. */
static inline void leat_buffer_add(struct leat_reader *r, size_t n)
{
    r->end += n;
    r->end_offset += n;
}

/* The first `n` bytes of the window as a slice of the block; for a reader's share. */
LEAT_API LEAT_MUST_USE enum leat_status leat_buffer_share(struct leat_buffer *buffer,
                                                          struct leat_reader *r, size_t n,
                                                          struct leat_slice *ret);

/* Let go of the memory, and of the window into it. A zeroed buffer is fine. */
LEAT_API void leat_buffer_fini(struct leat_buffer *buffer, struct leat_reader *r);

LEAT_END_DECLS

#endif
