#include "leat/container/xar/start.h"

#include <string.h>

#include "leat/container/placed.h"
#include "leat/container/xar/checked.h"
#include "leat/core/bytes.h"
#include "leat/core/load.h"
#include "leat/stage/gzip/gzip.h"
#include "leat/stage/limit/limit.h"

/* The header, big-endian. Behind it lies the table of contents, packed by zlib, and behind that the
 * heap, in which everything else lies. */
enum {
    SIZE_AT = 4, /* of the header */
    VERSION_AT = 6,
    PACKED_LEN_AT = 8, /* of the table */
    LEN_AT = 16,
    SUM_AT = 24, /* how the packed table is digested, */
    HEADER_LEN = 28,
    SUM_NAME_LEN = 36, /* or behind that, by name, padded with NULs */
    VERSION = 1,
};

/* The header's numbers of digests: Apple's, of which SHA_256 says in other archives that there is
 * a name. */
enum { SUM_NONE, SUM_SHA_1, SUM_MD5, SUM_SHA_256, SUM_SHA_512, SUMS_LEN };

static const char magic[] = { 'x', 'a', 'r', '!' };

static xar_step step_size, step_header, step_kind, step_table, step_sum, step_check;

static enum leat_status start_fails(struct xar_start *self, enum leat_fault_code code,
                                    const char *reason, uint64_t offset)
{
    return leat_container_fails(self->c, code, reason, offset);
}

/* --- The header --- */

static enum leat_status step_size(struct xar_start *self)
{
    enum leat_status status = leat_placed_begin(self->c, &self->size);
    if (status == LEAT_OK) {
        self->strayed = true;
        self->step = step_header;
    }
    return status;
}

static enum leat_status step_header(struct xar_start *self)
{
    const struct leat_limits *limits = &self->c->ctx->limits;
    enum leat_status status = leat_gather_at(&self->header, self->c, 0, HEADER_LEN, &self->strayed);
    if (status != LEAT_OK)
        return status;
    const uint8_t *header = self->header.data;
    self->table_at = leat_load_u16be(header + SIZE_AT);
    self->table_packed_len = leat_load_u64be(header + PACKED_LEN_AT);
    self->table_len = leat_load_u64be(header + LEN_AT);
    if (self->table_at < HEADER_LEN)
        return start_fails(self, LEAT_FAULT_CORRUPT, "bad header", 0);
    if (leat_load_u16be(header + VERSION_AT) != VERSION)
        return start_fails(self, LEAT_FAULT_UNSUPPORTED, "a version that is not known", VERSION_AT);
    if (self->table_packed_len > limits->header_max || self->table_len > limits->header_max)
        return start_fails(self, LEAT_FAULT_BOUND,
                           "a table of contents longer than the limit allows", PACKED_LEN_AT);
    self->heap_at = self->table_at + self->table_packed_len;
    self->step = step_kind;
    return LEAT_OK;
}

/* How the table is digested: by a number, or by a name in a longer header. */
static enum leat_status step_kind(struct xar_start *self)
{
    static const char *const names[SUMS_LEN] = { "", "sha1", "md5", "sha256", "sha512" };
    uint32_t sum = leat_load_u32be(self->header.data + SUM_AT);
    self->sum_unknown = sum >= SUMS_LEN;
    const char *known = names[self->sum_unknown ? SUM_NONE : sum];
    struct leat_span name = { (const uint8_t *)known, strlen(known) };
    if (sum == SUM_SHA_256 && self->table_at > HEADER_LEN) {
        size_t len = HEADER_LEN + SUM_NAME_LEN;
        if (len > self->table_at)
            len = (size_t)self->table_at;
        enum leat_status status = leat_gather_at(&self->header, self->c, 0, len, &self->strayed);
        if (status != LEAT_OK)
            return status;
        name.data = self->header.data + HEADER_LEN;
        name.len = strnlen((const char *)name.data, len - HEADER_LEN);
    }
    self->sum_kind = leat_digest_find(name);
    self->step = step_table;
    return LEAT_OK;
}

/* --- The table --- */

/* The table as it is packed. */
static struct leat_reader *packed_table(struct xar_start *self)
{
    struct leat_container *c = self->c;
    self->strayed = true;
    return leat_limit(leat_placed_entry(c, c->ctx, &self->shell, self->table_at),
                      self->table_packed_len, true);
}

static void reader_close(struct xar_start *self)
{
    if (self->reader != NULL)
        leat_reader_close(self->reader);
    self->reader = NULL;
}

/* It cannot be unpacked further. Offsets are the archive's: what the source met has them. */
static enum leat_status unpacking_fails(struct xar_start *self)
{
    const struct leat_fault *fault = leat_reader_fault(self->packed);
    if (fault == NULL) {
        fault = leat_reader_fault(self->reader);
        return start_fails(self, fault->code, fault->reason, self->table_at + fault->offset);
    }
    if (fault->code == LEAT_FAULT_TRUNCATED)
        return start_fails(self, fault->code, fault->reason, self->size);
    self->c->fault = *fault;
    return LEAT_FAULT;
}

/* Read what the window shows of it. */
static enum leat_status table_takes(struct xar_start *self, struct leat_span window)
{
    uint64_t left = self->table_len - self->unpacked;
    bool longer = window.len > left;
    if (longer)
        window.len = (size_t)left;
    enum leat_status status = leat_xar_table_feed(&self->table, window, false, self->table_at);
    self->unpacked += window.len;
    leat_consume(self->reader, window.len);
    if (status == LEAT_OK && longer)
        return start_fails(self, LEAT_FAULT_CORRUPT,
                           "the table of contents is longer than the header says", self->table_at);
    return status;
}

static enum leat_status step_table(struct xar_start *self)
{
    enum leat_status status = LEAT_OK;
    if (self->reader == NULL) {
        status = leat_xar_table_begin(&self->table, self->c);
        if (status != LEAT_OK)
            return status;
        self->packed = packed_table(self);
        self->reader = leat_unzlib(self->packed);
        self->unpacked = 0;
    }
    while (status == LEAT_OK) {
        struct leat_span window;
        status = leat_peek(self->reader, 1, &window);
        if (status == LEAT_FAULT)
            return unpacking_fails(self);
        if (status == LEAT_OK)
            status = table_takes(self, window);
    }
    if (status != LEAT_END)
        return status;
    reader_close(self);
    const struct leat_span nothing = { (const uint8_t *)"", 0 };
    status = leat_xar_table_feed(&self->table, nothing, true, self->table_at);
    if (status == LEAT_OK && self->unpacked < self->table_len)
        return start_fails(self, LEAT_FAULT_CORRUPT,
                           "the table of contents is shorter than the header says", self->table_at);
    self->step = step_sum;
    return status;
}

/* Where the table's digest is, it says itself; which it is, the header does as well. */
static enum leat_status step_sum(struct xar_start *self)
{
    const struct leat_digest_kind *kind = self->sum_kind;
    if (self->sum_unknown)
        return start_fails(self, LEAT_FAULT_UNSUPPORTED, "a checksum of a kind that is not known",
                           SUM_AT);
    if (kind != self->table.sum_kind)
        return start_fails(self, LEAT_FAULT_CORRUPT,
                           "the table's checksum is not of the kind that the header says", SUM_AT);
    self->step = NULL;
    if (kind == NULL)
        return LEAT_OK;
    uint64_t at;
    if (self->table.sum_size != kind->len ||
        __builtin_add_overflow(self->heap_at, self->table.sum_offset, &at))
        return start_fails(self, LEAT_FAULT_CORRUPT, "no checksum of the table of contents",
                           self->heap_at);
    self->step = step_sum;
    enum leat_status status = leat_gather_at(&self->sum, self->c, at, kind->len, &self->strayed);
    if (status == LEAT_OK)
        self->step = step_check;
    return status;
}

/* Compare it with the digest of the packed table, which is read once more: while it was unpacked
 * first, nothing told what it should be. */
static enum leat_status step_check(struct xar_start *self)
{
    if (self->reader == NULL) {
        struct xar_promise promise = {
            .at = self->table_at,
            .size = self->table_packed_len,
            .sum = { .kind = self->sum_kind },
            .wrong = "wrong checksum of the table of contents",
        };
        leat_bytes_copy(NULL, LEAT_CAUSE_SEAM, promise.sum.bytes, self->sum.data, self->sum.len);
        self->reader = leat_xar_checked(packed_table(self), &promise, NULL);
    }
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK) {
        struct leat_span window;
        status = leat_peek(self->reader, 1, &window);
        leat_consume(self->reader, window.len);
    }
    if (status == LEAT_FAULT)
        self->c->fault = *leat_reader_fault(self->reader);
    if (status != LEAT_END)
        return status;
    reader_close(self);
    self->step = NULL;
    return LEAT_OK;
}

/* What can be read of the table is given; the fault comes behind that. */
static void table_breaks(struct xar_start *self)
{
    struct leat_container *c = self->c;
    if (c->fault.code == LEAT_FAULT_NONE)
        c->fault = *leat_reader_fault(c->src);
    self->broken = c->fault;
    c->fault = (struct leat_fault){ 0 };
    reader_close(self);
    self->step = NULL;
}

enum leat_status leat_xar_start_read(struct xar_start *self)
{
    enum leat_status status = LEAT_OK;
    if (self->step == NULL)
        return LEAT_OK;
    while (self->step != NULL && status == LEAT_OK)
        status = self->step(self);
    if (status == LEAT_FAULT)
        table_breaks(self);
    if (status == LEAT_AGAIN)
        return status;
    leat_xar_table_close(&self->table);
    return LEAT_OK;
}

/* --- All of it --- */

void leat_xar_start_begin(struct xar_start *self, struct leat_container *c)
{
    leat_xar_table_end(&self->table);
    self->c = c;
    self->step = step_size;
    self->header.len = self->sum.len = 0;
    self->broken = (struct leat_fault){ 0 };
}

void leat_xar_start_end(struct xar_start *self)
{
    reader_close(self);
    leat_xar_table_end(&self->table);
    leat_gather_fini(&self->header, self->c);
    leat_gather_fini(&self->sum, self->c);
}

/* Some text may begin with the magic number alone. */
enum leat_match leat_xar_probe(const uint8_t *data, size_t len)
{
    static const uint8_t version[] = { 0, VERSION };
    enum leat_match match = leat_match_magic(data, len, magic, sizeof(magic));
    if (match != LEAT_MATCH_YES || len < XAR_PROBE_LEN)
        return match == LEAT_MATCH_YES ? LEAT_MATCH_MORE : match;
    bool fits = leat_load_u16be(data + SIZE_AT) >= HEADER_LEN &&
                leat_bytes_equal(data + VERSION_AT, version, sizeof(version));
    return fits ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}
