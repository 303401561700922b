#include "apps/cp/route.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/cp/holes.h"
#include "apps/cp/mend.h"
#include "leat/core/copy.h"
#include "leat/endpoint/descriptor/descriptor.h"

/* What holes are made of, and found in: blocks of file systems, or parts of them. */
enum { HOLE_LEN = 4096 };

/* The target failed, which counts more than what is wrong with the source. */
static void fails(struct route *route, const struct leat_fault *fault)
{
    if (route->end == ROUTE_TARGET_FAILED)
        return;
    route->end = ROUTE_TARGET_FAILED;
    route->fault = *fault;
}

static void target_fails(struct route *route, int code)
{
    struct leat_fault fault = { .code = LEAT_FAULT_SYSTEM,
                                .system_code = code,
                                .part = "file",
                                .reason = strerrordesc_np(code) };
    fails(route, &fault);
}

/* After a fault of the source: whether it goes on. */
static bool goes_behind(struct route *route, struct cp *cp, const struct item *item)
{
    route->end = ROUTE_SOURCE_FAILED;
    if (!mend_goes_behind(cp, item, item->reader))
        return false;
    gaps_add(&route->gaps, route->done);
    return true;
}

/* After a fault of either of the two. False: there is nothing to go on with. */
static bool copy_goes_on(struct route *route, struct cp *cp, const struct item *item,
                         const struct leat_writer *w)
{
    if (leat_writer_fault(w) == NULL)
        return goes_behind(route, cp, item);
    fails(route, leat_writer_fault(w));
    return false;
}

/* All that an entry says it has came: it may still have the wrong checksum. */
static void looks_behind(struct route *route, struct cp *cp, const struct item *item)
{
    struct leat_span window;
    if (item->descriptor < 0 && leat_peek(item->reader, 1, &window) == LEAT_FAULT)
        (void)goes_behind(route, cp, item);
}

void route_to_writer(struct route *route, struct cp *cp, const struct item *item,
                     struct leat_writer *w, uint64_t limit)
{
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK && limit > 0) {
        uint64_t done, piece = progress_piece(&cp->progress);
        status = leat_copy(w, item->reader, limit < piece ? limit : piece, &done);
        route->done += done;
        limit -= done;
        progress_add(&cp->progress, done);
        if (status == LEAT_FAULT && copy_goes_on(route, cp, item, w))
            status = LEAT_OK;
    }
    if (status == LEAT_OK)
        looks_behind(route, cp, item);
}

void route_flush(struct route *route, struct leat_writer *w, enum leat_flush level)
{
    if (route->end != ROUTE_TARGET_FAILED && leat_flush(w, level) == LEAT_FAULT)
        fails(route, leat_writer_fault(w));
}

/* --- Holes --- */

/* Copy the data of a piece; `at` is where the one before it ended. */
static void copy_piece(struct route *route, struct cp *cp, const struct item *item,
                       struct leat_writer *w, uint64_t at, const struct leat_piece *piece)
{
    progress_add(&cp->progress, piece->offset - at);
    if (leat_seek(item->reader, piece->offset) != LEAT_OK)
        (void)copy_goes_on(route, cp, item, w);
    else
        route_to_writer(route, cp, item, w, piece->len);
}

void route_pieces(struct route *route, struct cp *cp, const struct item *item,
                  struct leat_writer *w)
{
    uint64_t at = 0, before = 0;
    for (size_t i = 0; i < item->about.pieces_len && route->end == ROUTE_WHOLE; i++) {
        const struct leat_piece *piece = &item->about.pieces[i];
        copy_piece(route, cp, item, w, at, piece);
        at = piece->offset + piece->len;
        before += piece->len;
        if (route->done < before)
            return; /* it has become shorter */
    }
    progress_add(&cp->progress, item->about.size - at);
}

/* Let go of the blocks that a file system, such as xfs, has kept behind a file's end for it to grow
 * into: what makes the file longer than that would make them its own. Most keep nothing, or cannot.
 */
static void keeps_nothing(int fd, uint64_t from, uint64_t to)
{
    if (from < to)
        (void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)from,
                        (off_t)(to - from));
}

/* Go to `offset` of the file, leaving what is between as a hole. */
static void go_to(struct route *route, struct leat_writer *w, int fd, uint64_t offset)
{
    route_flush(route, w, LEAT_FLUSH_PUSH);
    if (route->end == ROUTE_TARGET_FAILED)
        return;
    keeps_nothing(fd, route->done, offset);
    if (lseek(fd, (off_t)offset, SEEK_SET) < 0)
        target_fails(route, errno);
}

static void ends_at(struct route *route, int fd, uint64_t size)
{
    if (route->end != ROUTE_WHOLE)
        return;
    keeps_nothing(fd, route->done, size);
    if (ftruncate(fd, (off_t)size) < 0)
        target_fails(route, errno);
}

/* Copy what stands between the holes, as the source's file system knows them. */
static void copy_between_holes(struct route *route, struct cp *cp, const struct item *item,
                               struct leat_writer *w, int fd, uint64_t start)
{
    uint64_t size = item->about.size, at = start;
    struct leat_piece piece;
    while (route->end == ROUTE_WHOLE && holes_next(item, at, &piece)) {
        go_to(route, w, fd, piece.offset);
        route->done = piece.offset;
        if (route->end == ROUTE_WHOLE)
            copy_piece(route, cp, item, w, at, &piece);
        at = piece.offset + piece.len;
    }
    route_flush(route, w, LEAT_FLUSH_FINISH);
    ends_at(route, fd, size);
    route->done = route->end == ROUTE_WHOLE ? size : route->done;
}

/* How many of the first bytes are zeros, or are not, in whole blocks but for the last. */
static size_t run_of(const uint8_t *data, size_t len, bool *ret_zeros)
{
    static const uint8_t zeros[HOLE_LEN];
    size_t at = 0;
    bool first = len >= HOLE_LEN && memcmp(data, zeros, HOLE_LEN) == 0;
    while (len - at >= HOLE_LEN && (memcmp(data + at, zeros, HOLE_LEN) == 0) == first)
        at += HOLE_LEN;
    *ret_zeros = first;
    return first || len - at >= HOLE_LEN ? at : len;
}

/* Copy what is no block of zeros, where the source cannot tell. */
static void copy_without_zeros(struct route *route, struct cp *cp, const struct item *item,
                               struct leat_writer *w, int fd)
{
    while (route->end != ROUTE_TARGET_FAILED) {
        struct leat_span window;
        enum leat_status status = leat_peek(item->reader, HOLE_LEN, &window);
        leat_assert(status == LEAT_OK || status == LEAT_END || status == LEAT_FAULT);
        if (window.len == 0 && status == LEAT_FAULT && goes_behind(route, cp, item))
            continue;
        if (window.len == 0)
            break;
        bool zeros;
        size_t len = run_of(window.data, window.len, &zeros), wrote;
        if (zeros)
            go_to(route, w, fd, route->done + len);
        else if (leat_write(w, window.data, len, &wrote) == LEAT_FAULT)
            fails(route, leat_writer_fault(w));
        leat_consume(item->reader, len);
        route->done += len;
        progress_add(&cp->progress, len);
    }
    route_flush(route, w, LEAT_FLUSH_FINISH);
    if (route->end != ROUTE_TARGET_FAILED && ftruncate(fd, (off_t)route->done) < 0)
        target_fails(route, errno);
}

/* --- All of it --- */

/* The reader was at its beginning, and its bytes have gone over behind its back: it counts them,
 * but one that looks for layers, of which there are none, counts those that it looked at. */
static void passes_by(struct leat_reader *r, uint64_t len)
{
    struct leat_offer offer;
    size_t seen = (size_t)(r->end - r->pos);
    seen = seen < len ? seen : (size_t)len;
    leat_consume(r, seen);
    if (seen < len && leat_offer(r, &offer) == LEAT_OK)
        leat_offer_pulled(r, len - seen);
}

/* Have the two files share their blocks: nothing is copied until one of them changes. Where the
 * file system cannot, nobody asks again for another file of its. */
static bool shares_blocks(struct route *route, struct cp *cp, const struct item *item, int fd)
{
    struct stat stat;
    if (item->descriptor < 0 || (cp->unshared && cp->unshared_device == item->from.device))
        return false;
    if (ioctl(fd, FICLONE, item->descriptor) < 0) {
        cp->unshared = errno == EOPNOTSUPP || errno == EXDEV || errno == ENOTTY;
        cp->unshared_device = item->from.device;
        return false;
    }
    if (fstat(fd, &stat) < 0)
        return false;
    route->name = "reflink";
    route->done = (uint64_t)stat.st_size;
    passes_by(item->reader, route->done);
    progress_add(&cp->progress, route->done);
    return true;
}

/* How much to ask for of what is copied in one piece: of an ordinary file what it had when it was
 * opened, so that it need not be asked for an end. The system's own files say nothing, or too much.
 */
static uint64_t limit_of(const struct item *item, uint64_t start)
{
    bool says = item->descriptor >= 0 && item->about.size > start;
    return says ? item->about.size - start : UINT64_MAX;
}

static bool wants_zeros_found(const struct cp *cp, const struct item *item)
{
    const char *method = item->about.method;
    return cp->flags.sparse || (method != NULL && strcmp(method, "sparse") == 0);
}

void route_to_file(struct route *route, struct cp *cp, const struct item *item, int fd,
                   uint64_t start, const char *label)
{
    if (start == 0 && !cp->flags.sparse && shares_blocks(route, cp, item, fd))
        return;
    struct leat_writer *w = leat_descriptor_writer(&cp->ctx, fd, false, label);
    const char *how = NULL;
    route->done = start;
    if (holes_are_in(item)) {
        copy_between_holes(route, cp, item, w, fd, start);
        how = "around the holes";
    } else if (start == 0 && wants_zeros_found(cp, item)) {
        copy_without_zeros(route, cp, item, w, fd);
        how = "without zeros";
    } else {
        route_to_writer(route, cp, item, w, limit_of(item, start));
        /* What could be read before a fault of the source is to be there. */
        route_flush(route, w, LEAT_FLUSH_FINISH);
    }
    route->name = how != NULL ? how : leat_descriptor_route(w);
    leat_writer_close(w);
}
