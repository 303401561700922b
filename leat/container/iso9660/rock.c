#include "leat/container/iso9660/rock.h"
#include "leat/container/iso9660/record.h"

/* SUSP 4.1: a field is a name of two letters, its length, its version, and what it says. */
enum { FIELD_LEN_MIN = 4, FIELD_LEN = 2 };

/* RRIP 4.1.3: a component of a link's target. */
enum {
    COMPONENT_CONTINUES = 1,
    COMPONENT_CURRENT = 2,
    COMPONENT_PARENT = 4,
    COMPONENT_ROOT = 8,
};

/* RRIP 4.1.4 */
enum { NAME_CURRENT = 2, NAME_PARENT = 4 };

/* RRIP 4.1.6: times follow one another, each where its bit is set. */
enum { TIME_CREATION = 1, TIME_MODIFY = 2, TIME_LONG = 128, TIME_LEN = 7, TIME_LONG_LEN = 17 };

static bool is_field(const uint8_t *at, const char *name, size_t len_min)
{
    return at[0] == (uint8_t)name[0] && at[1] == (uint8_t)name[1] && at[FIELD_LEN] >= len_min;
}

/* The next field of an area, which it is taken from; NULL at its end, or where there is none. */
static const uint8_t *next_field(struct leat_span *area)
{
    if (area->len < FIELD_LEN_MIN)
        return NULL;
    const uint8_t *at = area->data;
    size_t len = at[FIELD_LEN];
    if (len < FIELD_LEN_MIN || len > area->len || is_field(at, "ST", FIELD_LEN_MIN))
        return NULL;
    area->data += len;
    area->len -= len;
    return at;
}

enum leat_status leat_iso_rock_add(struct leat_gather *fields, struct leat_container *c,
                                   struct leat_span area, uint32_t block_size,
                                   struct iso_continuation *ret_more)
{
    enum leat_status status = LEAT_OK;
    const uint8_t *at = next_field(&area);
    *ret_more = (struct iso_continuation){ 0 };
    for (; at != NULL && status == LEAT_OK; at = next_field(&area)) {
        if (!is_field(at, "CE", 28)) {
            status = leat_gather_add(fields, c, at, at[FIELD_LEN]);
            continue;
        }
        ret_more->at = (uint64_t)leat_load_u32le(at + 4) * block_size + leat_load_u32le(at + 12);
        ret_more->len = leat_load_u32le(at + 20);
    }
    return status;
}

/* The text of one component, and the slash after it. */
static enum leat_status add_component(struct leat_gather *target, struct leat_container *c,
                                      const uint8_t *at)
{
    uint8_t flags = at[0];
    struct leat_span text = { .data = at + 2, .len = at[1] };
    if (flags & COMPONENT_CURRENT)
        text = (struct leat_span){ .data = (const uint8_t *)".", .len = 1 };
    else if (flags & COMPONENT_PARENT)
        text = (struct leat_span){ .data = (const uint8_t *)"..", .len = 2 };
    else if (flags & COMPONENT_ROOT)
        text.len = 0;
    enum leat_status status = leat_gather_add(target, c, text.data, text.len);
    if (status == LEAT_OK && !(flags & COMPONENT_CONTINUES))
        status = leat_gather_add(target, c, "/", 1);
    return status;
}

static enum leat_status add_target(struct leat_gather *target, struct leat_container *c,
                                   const uint8_t *field)
{
    size_t at = 5;
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK && at + 2 <= field[FIELD_LEN] &&
           field[at + 1] <= field[FIELD_LEN] - at - 2) {
        status = add_component(target, c, field + at);
        at += 2u + field[at + 1];
    }
    return status;
}

static void read_times(const uint8_t *field, struct iso_rock *rock)
{
    size_t len = field[4] & TIME_LONG ? TIME_LONG_LEN : TIME_LEN;
    size_t at = 5 + (field[4] & TIME_CREATION ? len : 0);
    if (!(field[4] & TIME_MODIFY) || at + len > field[FIELD_LEN])
        return;
    rock->has_mtime = true;
    rock->mtime_s =
        len == TIME_LONG_LEN ? leat_iso_time_long(field + at) : leat_iso_time(field + at);
}

/* How the file is packed. The size of the first version is in both byte orders, that of the second
 * takes all eight bytes. */
static void read_zisofs(const uint8_t *field, struct iso_zisofs *zisofs)
{
    bool first = field[4] == 'p' && field[5] == 'z';
    bool second = field[4] == 'P' && field[5] == 'Z';
    zisofs->version = first ? ISO_ZISOFS_1 : second ? ISO_ZISOFS_2 : ISO_ZISOFS_UNKNOWN;
    zisofs->header_words = field[6];
    zisofs->block_log = field[7];
    zisofs->size = second ? leat_load_u64le(field + 8) : leat_load_u32le(field + 8);
}

static enum leat_status read_field(const uint8_t *field, uint32_t block_size,
                                   struct leat_container *c, struct leat_gather *name,
                                   struct leat_gather *target, struct iso_rock *rock)
{
    if (is_field(field, "NM", 5) && !(field[4] & (NAME_CURRENT | NAME_PARENT)))
        return leat_gather_add(name, c, field + 5, field[FIELD_LEN] - 5u);
    if (is_field(field, "SL", 5))
        return add_target(target, c, field);
    if (is_field(field, "PX", 12)) {
        rock->mode = leat_load_u32le(field + 4);
    } else if (is_field(field, "TF", 5)) {
        read_times(field, rock);
    } else if (is_field(field, "RE", 4)) {
        rock->relocated = true;
    } else if (is_field(field, "CL", 12)) {
        rock->elsewhere = true;
        rock->child_at = (uint64_t)leat_load_u32le(field + 4) * block_size;
    } else if (is_field(field, "ZF", 16) || is_field(field, "Z2", 16)) {
        read_zisofs(field, &rock->zisofs);
    }
    return LEAT_OK;
}

enum leat_status leat_iso_rock_read(struct leat_span fields, uint32_t block_size,
                                    struct leat_container *c, struct leat_gather *name,
                                    struct leat_gather *target, struct iso_rock *ret)
{
    struct iso_rock rock = { 0 };
    size_t target_at = target->len;
    enum leat_status status = LEAT_OK;
    const uint8_t *field = next_field(&fields);
    for (; field != NULL && status == LEAT_OK; field = next_field(&fields))
        status = read_field(field, block_size, c, name, target, &rock);
    if (target->len > target_at + 1)
        target->len--; /* the slash after the last component, unless it is all there is */
    *ret = rock;
    return status;
}

bool leat_iso_rock_begins(struct leat_span fields, size_t *ret_skip)
{
    bool sharing = false;
    bool posix = false;
    for (const uint8_t *at = next_field(&fields); at != NULL; at = next_field(&fields)) {
        if (is_field(at, "SP", 7) && at[4] == 0xbe && at[5] == 0xef) {
            sharing = true;
            *ret_skip = at[6];
        }
        posix = posix || is_field(at, "PX", 12) || is_field(at, "RR", 5);
    }
    return sharing && posix;
}
