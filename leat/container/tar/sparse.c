#include "leat/container/tar/sparse.h"
#include "leat/core/bytes.h"

#define PIECES_FIRST ((size_t)64)
#define PIECES_MAX   ((size_t)1 << 20)

static enum leat_status map_grows(struct tar_map *map, struct leat_container *c)
{
    if (map->len < map->size)
        return LEAT_OK;
    if (map->len >= PIECES_MAX)
        return leat_container_fails(c, LEAT_FAULT_BOUND,
                                    "more pieces of a sparse file than allowed", leat_tell(c->src));
    size_t size = map->size > 0 ? map->size * 2 : PIECES_FIRST;
    struct leat_piece *pieces = leat_allocate(&c->ctx->alloc, size * sizeof(*pieces));
    if (pieces == NULL)
        return leat_container_fails(c, LEAT_FAULT_MEMORY, NULL, leat_tell(c->src));
    leat_bytes_copy(NULL, LEAT_CAUSE_GROW, pieces, map->pieces, map->len * sizeof(*pieces));
    leat_deallocate(&c->ctx->alloc, map->pieces);
    map->pieces = pieces;
    map->size = size;
    return LEAT_OK;
}

enum leat_status leat_tar_map_add(struct tar_map *map, struct leat_container *c, uint64_t number)
{
    leat_assert(map->len <= map->size);
    if (!map->half) {
        map->offset = number;
        map->half = true;
        return LEAT_OK;
    }
    if (map_grows(map, c) != LEAT_OK)
        return LEAT_FAULT;
    map->pieces[map->len++] = (struct leat_piece){ .offset = map->offset, .len = number };
    map->half = false;
    return LEAT_OK;
}

bool leat_tar_map_holds(const struct tar_map *map, uint64_t packed)
{
    uint64_t at = 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < map->len; i++) {
        const struct leat_piece *piece = &map->pieces[i];
        if (piece->offset < at || piece->offset > map->file_size ||
            piece->len > map->file_size - piece->offset)
            return false;
        at = piece->offset + piece->len;
        sum += piece->len;
    }
    leat_assert(sum <= map->file_size);
    return !map->half && !map->broken && sum == packed;
}

static enum leat_status map_text_byte(struct tar_map_text *text, struct tar_map *map,
                                      struct leat_container *c, uint8_t byte)
{
    uint64_t number = text->number;
    if (byte >= '0' && byte <= '9' && number <= (INT64_MAX - 9) / 10) {
        text->number = number * 10 + (byte - '0');
        text->digits++;
        return LEAT_OK;
    }
    if (byte != '\n' || text->digits == 0) {
        map->broken = true;
        return LEAT_OK;
    }
    text->number = 0;
    text->digits = 0;
    if (text->counted) {
        text->numbers_left--;
        return leat_tar_map_add(map, c, number);
    }
    text->counted = true;
    text->numbers_left = number <= INT64_MAX / 2 ? number * 2 : 0;
    return LEAT_OK;
}

enum leat_status leat_tar_map_text(struct tar_map_text *text, struct tar_map *map,
                                   struct leat_container *c, struct leat_span block)
{
    enum leat_status status = LEAT_OK;
    for (size_t i = 0; i < block.len && status == LEAT_OK; i++) {
        if (leat_tar_map_text_ends(text, map))
            break;
        status = map_text_byte(text, map, c, block.data[i]);
    }
    return status;
}

bool leat_tar_map_text_ends(const struct tar_map_text *text, const struct tar_map *map)
{
    return map->broken || (text->counted && text->numbers_left == 0);
}

void leat_tar_map_clear(struct tar_map *map)
{
    *map = (struct tar_map){ .pieces = map->pieces, .size = map->size };
}

void leat_tar_map_fini(struct tar_map *map, struct leat_container *c)
{
    leat_deallocate(&c->ctx->alloc, map->pieces);
    *map = (struct tar_map){ 0 };
}

/* --- The stage --- */

struct sparse {
    struct leat_codec codec;
    const struct tar_map *map;
    size_t piece;
    uint64_t at; /* in the file */
};

static enum leat_status sparse_start(struct leat_codec *codec, const void *options)
{
    leat_assert(options != NULL);
    ((struct sparse *)codec)->map = options;
    return LEAT_OK;
}

static enum leat_status sparse_zeros(struct sparse *self, struct leat_writer *out, uint64_t until)
{
    struct leat_room room;
    enum leat_status status = leat_reserve(out, 1, &room);
    if (status != LEAT_OK)
        return status;
    size_t some = until - self->at < room.len ? (size_t)(until - self->at) : room.len;
    leat_bytes_zero(room.data, some);
    leat_commit(out, some);
    self->at += some;
    return LEAT_OK;
}

static enum leat_status sparse_data(struct sparse *self, struct leat_reader *in,
                                    struct leat_writer *out, uint64_t until)
{
    struct leat_room room;
    struct leat_span window;
    enum leat_status status = leat_reserve(out, 1, &room);
    if (status == LEAT_OK)
        status = leat_peek(in, 1, &window);
    if (status != LEAT_OK)
        return status;
    size_t some = room.len < window.len ? room.len : window.len;
    if (until - self->at < some)
        some = (size_t)(until - self->at);
    leat_bytes_copy(self->codec.counts, LEAT_CAUSE_CODEC, room.data, window.data, some);
    leat_consume(in, some);
    leat_commit(out, some);
    self->at += some;
    return LEAT_OK;
}

static enum leat_status sparse_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    struct sparse *self = (struct sparse *)codec;
    const struct tar_map *map = self->map;
    const struct leat_piece *piece = NULL;
    for (; self->piece < map->len; self->piece++) {
        piece = &map->pieces[self->piece];
        if (self->at < piece->offset + piece->len)
            break;
    }
    uint64_t hole_end = self->piece < map->len ? piece->offset : map->file_size;
    if (self->at < hole_end)
        return sparse_zeros(self, out, hole_end);
    if (self->piece < map->len)
        return sparse_data(self, in, out, piece->offset + piece->len);
    leat_assert(self->at == map->file_size);
    return LEAT_DONE;
}

const struct leat_stage leat_tar_sparse_stage = {
    .name = "tar",
    .self_size = sizeof(struct sparse),
    .out_min = 1,
    .start = sparse_start,
    .step = sparse_step,
};
