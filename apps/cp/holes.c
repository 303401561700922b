#include "apps/cp/holes.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* No more than are read back out of an archive, with one that a packer may add. */
#define PIECES_MAX (((size_t)1 << 20) - 1)

bool holes_are_in(const struct item *item)
{
    return item->holes && item->descriptor >= 0 && lseek(item->descriptor, 0, SEEK_HOLE) >= 0;
}

bool holes_next(const struct item *item, uint64_t at, struct leat_piece *ret)
{
    uint64_t size = item->about.size;
    if (at >= size)
        return false;
    off_t data = lseek(item->descriptor, (off_t)at, SEEK_DATA);
    if (data < 0 && errno == ENXIO)
        return false;
    off_t hole = data >= 0 ? lseek(item->descriptor, data, SEEK_HOLE) : -1;
    if (data < 0 || hole < 0)
        data = (off_t)at, hole = (off_t)size; /* it does not know any more */
    if ((uint64_t)data >= size)
        return false;
    uint64_t end = (uint64_t)hole < size ? (uint64_t)hole : size;
    *ret = (struct leat_piece){ .offset = (uint64_t)data, .len = end - (uint64_t)data };
    return true;
}

struct pieces {
    struct leat_piece *data;
    size_t len, size;
};

static bool pieces_add(struct pieces *pieces, struct leat_piece piece)
{
    if (pieces->len == pieces->size) {
        size_t size = pieces->size > 0 ? pieces->size * 2 : 64;
        struct leat_piece *larger = reallocarray(pieces->data, size, sizeof(*larger));
        if (larger == NULL)
            return false;
        pieces->data = larger;
        pieces->size = size;
    }
    pieces->data[pieces->len++] = piece;
    return true;
}

bool holes_pieces(const struct item *item, struct leat_piece **ret, size_t *ret_len)
{
    struct pieces pieces = { 0 };
    struct leat_piece piece = { 0 };
    uint64_t at = 0;
    bool sparse = holes_are_in(item);
    while (sparse && holes_next(item, at, &piece)) {
        at = piece.offset + piece.len;
        sparse =
            piece.len < item->about.size && pieces.len < PIECES_MAX && pieces_add(&pieces, piece);
    }
    /* A file that is all hole has one piece, of no length. */
    if (sparse && pieces.len == 0)
        sparse = pieces_add(&pieces, (struct leat_piece){ .offset = item->about.size });
    if (!sparse) {
        free(pieces.data);
        return false;
    }
    *ret = pieces.data;
    *ret_len = pieces.len;
    return true;
}
