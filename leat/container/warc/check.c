#include "leat/container/warc/check.h"
#include "leat/core/ctx.h"

/* The field whose presence has a message's body be coded: RFC 9112, section 6.1. */
static const char coding[] = "transfer-encoding:";

enum { CODING_LEN = sizeof(coding) - 1 };

/* A message's header on its way. */
struct head {
    uint64_t line_len; /* without the carriage return */
    bool ended;
    bool matches; /* the line begins as the field does, so far */
    bool coded;
};

struct check {
    struct leat_reader reader;
    struct leat_digester digester; /* of what was consumed and settled; kind NULL: it failed */
    enum leat_fault_code lacks;    /* why it failed */
    struct leat_digest expected;
    bool holed; /* bytes were lost: there is nothing to compare any more */
    struct head head;
};

/* How many of the bytes are the message's header. */
static size_t head_passes(struct head *head, const uint8_t *data, size_t len)
{
    size_t at = 0;
    for (; at < len && !head->ended; at++) {
        uint8_t byte = data[at];
        if (byte == '\n') {
            head->ended = head->line_len == 0;
            head->line_len = 0;
            head->matches = true;
        } else if (byte != '\r') {
            if (byte >= 'A' && byte <= 'Z')
                byte |= 0x20;
            if (head->line_len < CODING_LEN && byte != (uint8_t)coding[head->line_len])
                head->matches = false;
            head->line_len++;
            head->coded = head->coded || (head->matches && head->line_len == CODING_LEN);
        }
    }
    return at;
}

static void check_settle(struct leat_reader *r)
{
    struct check *self = (struct check *)r;
    size_t owed = leat_view_owes(r);
    size_t passed = head_passes(&self->head, r->below->pos, owed);
    if (self->digester.kind != NULL && passed < owed)
        leat_digester_update(&self->digester, r->below->pos + passed, owed - passed);
    leat_view_settle(r);
}

/* The end is behind the window: what is in it counts as well. */
static enum leat_status check_compares(struct check *self)
{
    struct leat_reader *r = &self->reader;
    struct leat_digest digest;
    struct head head = self->head;
    size_t len = (size_t)(r->end - r->pos);
    size_t passed = head_passes(&head, r->pos, len);
    if (!head.ended || head.coded || self->holed)
        return LEAT_END;
    enum leat_fault_code lacks =
        leat_digester_value(&self->digester, r->pos + passed, len - passed, &digest);
    if (lacks != LEAT_FAULT_NONE)
        return leat_reader_fails(r, lacks, NULL, r->end_offset);
    if (!leat_digest_equal(&digest, &self->expected))
        return leat_reader_fails(r, LEAT_FAULT_CHECKSUM, "wrong checksum", r->end_offset);
    return LEAT_END;
}

static enum leat_status check_fill(struct leat_reader *r, size_t min)
{
    struct check *self = (struct check *)r;
    if (self->lacks != LEAT_FAULT_NONE)
        return leat_reader_fails(r, self->lacks, NULL, r->end_offset);
    enum leat_status status = leat_view_fill(r, min, UINT64_MAX);
    return status == LEAT_END ? check_compares(self) : status;
}

static enum leat_status check_resync(struct leat_reader *r)
{
    enum leat_status status = leat_view_resync(r);
    if (status == LEAT_OK)
        ((struct check *)r)->holed = true;
    return status;
}

static void check_stop(struct leat_reader *r)
{
    leat_digester_stop(&((struct check *)r)->digester);
}

struct leat_reader *leat_warc_check(struct leat_reader *src, const struct leat_digest *expected,
                                    bool of_body)
{
    static const struct leat_reader_ops ops = {
        .name = "check",
        .self_size = sizeof(struct check),
        .view = true,
        .fill = check_fill,
        .settle = check_settle,
        .share = leat_view_share,
        .resync = check_resync,
        .stop = check_stop,
    };
    struct check *self = leat_view_over(src, &ops);
    if (self == NULL)
        return src;
    self->lacks = leat_digester_start(&self->digester, expected->kind);
    self->expected = *expected;
    self->head = (struct head){ .ended = !of_body, .matches = true };
    self->reader.part = "warc";
    return &self->reader;
}
