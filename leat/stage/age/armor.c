/* ASCII armor on. */

#include "leat/stage/age/armor.h"

#include "leat/core/bytes.h"
#include "leat/stage/age/age.h"
#include "leat/stage/age/base64.h"

struct armor {
    struct leat_codec codec;
    bool begun; /* the first line was written */
};

static enum leat_status put_line(struct leat_writer *out, const char *text)
{
    struct leat_room room;
    size_t len = __builtin_strlen(text);
    enum leat_status status = leat_reserve(out, len, &room);
    if (status != LEAT_OK)
        return status;
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, room.data, text, len);
    leat_commit(out, len);
    return LEAT_OK;
}

/* As many whole lines as there are input and room for. */
static void put_whole_lines(struct leat_reader *in, struct leat_writer *out, struct leat_span span,
                            struct leat_room room)
{
    size_t used = 0;
    size_t made = 0;
    while (span.len - used >= LEAT_AGE_ARMOR_LINE_LEN && room.len - made > LEAT_AGE_ARMOR_COLUMNS) {
        leat_age_encode(span.data + used, LEAT_AGE_ARMOR_LINE_LEN, room.data + made);
        room.data[made + LEAT_AGE_ARMOR_COLUMNS] = '\n';
        used += LEAT_AGE_ARMOR_LINE_LEN;
        made += LEAT_AGE_ARMOR_COLUMNS + 1;
    }
    leat_consume(in, used);
    leat_commit(out, made);
}

/* A line that is not whole, padded. */
static void put_rest(struct leat_reader *in, struct leat_writer *out, struct leat_span span,
                     struct leat_room room)
{
    size_t made = leat_age_digits(span.len);
    leat_age_encode(span.data, span.len, room.data);
    while (made % 4 != 0)
        room.data[made++] = '=';
    room.data[made++] = '\n';
    leat_consume(in, span.len);
    leat_commit(out, made);
}

static enum leat_status armor_step(struct leat_codec *codec, struct leat_reader *in,
                                   struct leat_writer *out)
{
    struct armor *self = (struct armor *)codec;
    enum leat_status status = LEAT_OK;
    if (!self->begun) {
        status = put_line(out, LEAT_AGE_ARMOR_FIRST "\n");
        self->begun = status == LEAT_OK;
        return status;
    }
    struct leat_span span;
    status = leat_peek(in, LEAT_AGE_ARMOR_LINE_LEN, &span);
    if (status != LEAT_OK && status != LEAT_END)
        return status;
    if (span.len == 0) {
        status = put_line(out, LEAT_AGE_ARMOR_LAST "\n");
        return status == LEAT_OK ? LEAT_DONE : status;
    }
    struct leat_room room;
    enum leat_status reserved = leat_reserve(out, LEAT_AGE_ARMOR_COLUMNS + 1, &room);
    if (reserved != LEAT_OK)
        return reserved;
    if (status == LEAT_OK)
        put_whole_lines(in, out, span, room);
    else
        put_rest(in, out, span, room);
    return LEAT_OK;
}

const struct leat_stage leat_stage_age_armor = {
    .name = "age-armor",
    .self_size = sizeof(struct armor),
    .in_min = LEAT_AGE_ARMOR_LINE_LEN,
    .out_min = LEAT_AGE_ARMOR_COLUMNS + 1,
    .step = armor_step,
};

struct leat_writer *leat_age_armor(struct leat_writer *sink)
{
    return leat_push(sink, &leat_stage_age_armor, NULL);
}
