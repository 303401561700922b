#ifndef LEAT_CONTAINER_TAR_SPARSE_H
#define LEAT_CONTAINER_TAR_SPARSE_H

#include "leat/container/container.h"
#include "leat/core/stage.h"

/* A sparse file is stored as its pieces that hold data, one after another, and a map that says
 * where each belongs; the rest reads as zeros. */

/* Which pieces there are. Collected number by number, as all formats give them: offset, length. */
struct tar_map {
    struct leat_piece *pieces;
    size_t len;         /* whole pieces */
    size_t size;        /* of the allocation, in pieces */
    uint64_t file_size; /* with the holes */
    uint64_t offset;    /* of a piece whose length is not there yet */
    bool half;          /* there is one */
    bool broken;        /* something in it was no number, or makes no sense */
};

/* The next number. Status  OK, FAULT (no memory, or too many pieces; recorded in c). */
LEAT_MUST_USE enum leat_status leat_tar_map_add(struct tar_map *map, struct leat_container *c,
                                                uint64_t number);

/* Whether the pieces are in order, within the file, and `packed` bytes together. */
bool leat_tar_map_holds(const struct tar_map *map, uint64_t packed);

/* A map that stands before the data as text: numbers in decimal, each on its line, and first of all
 * how many pairs there are. GNU's manual, "Sparse Formats", 1.0. All zero: nothing was read. */
struct tar_map_text {
    uint64_t number; /* the one that is being read */
    uint64_t numbers_left;
    unsigned digits;
    bool counted; /* the first number was read */
};

/* Read on in `block`. Status  OK, FAULT (no memory, or too many pieces; recorded in c). */
LEAT_MUST_USE enum leat_status leat_tar_map_text(struct tar_map_text *text, struct tar_map *map,
                                                 struct leat_container *c, struct leat_span block);

/* Whether nothing more is to be read of it: all of it was, or the map is broken. */
bool leat_tar_map_text_ends(const struct tar_map_text *text, const struct tar_map *map);

/* Forget the pieces, keep the memory. */
void leat_tar_map_clear(struct tar_map *map);
void leat_tar_map_fini(struct tar_map *map, struct leat_container *c);

/* Stored pieces in, the file with its holes out. Options: a struct tar_map that holds, and stays.
 */
extern const struct leat_stage leat_tar_sparse_stage;

#endif
