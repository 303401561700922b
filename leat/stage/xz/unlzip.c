/* .lz, by liblzma's LZMA1: its own decoder of .lz swallows what follows the last member if that
 * begins as a member does. */

#include "leat/core/bytes.h"
#include "leat/core/load.h"
#include "leat/stage/xz/coder.h"
#include "leat/stage/xz/lzip.h"
#include "leat/stage/xz/xz.h"

enum place { AT_MEMBER, AT_DATA, AT_TRAILER, AT_NEXT, PLACES };

/* Of the magic bytes, so many make what follows a member look like a damaged one, as in lzip(1). */
enum { MAGIC_LIKE = 2 };

/* Exponents of a dictionary's size. */
enum { DICTIONARY_LOG_MIN = 12, DICTIONARY_LOG_MAX = 29 };

const uint8_t leat_lzip_magic[LEAT_LZIP_MAGIC_LEN] = { 'L', 'Z', 'I', 'P' };

struct unlzip {
    struct leat_codec codec;
    struct leat_lzma_coder coder;
    enum place place;
    bool joined;  /* a whole member came before */
    bool old;     /* the member is of version 0 */
    uint32_t crc; /* of the member's output */
};

static enum leat_status fails(struct unlzip *self, enum leat_fault_code code, const char *reason,
                              uint64_t offset)
{
    return leat_codec_fails(&self->codec, code, reason, offset);
}

/* Two to the power in the low five bits, less as many sixteenths of that as the rest says. */
uint32_t leat_lzip_dictionary_len(uint8_t coded)
{
    unsigned log = coded & 31;
    unsigned sixteenths = coded >> 5;
    if (log < DICTIONARY_LOG_MIN || log > DICTIONARY_LOG_MAX)
        return 0;
    uint32_t len = (1u << log) - (sixteenths << (log - 4));
    return len < 1u << DICTIONARY_LOG_MIN ? 0 : len;
}

static enum leat_status unlzip_start(struct leat_codec *codec, const void *options)
{
    (void)options;
    return leat_lzma_start(&((struct unlzip *)codec)->coder, codec);
}

/* Have liblzma begin. The properties are always those that the encoder of lzip has. */
static enum leat_status begin(struct unlzip *self, uint32_t dictionary_len, uint64_t at)
{
    uint8_t properties[LEAT_LZMA1_PROPERTIES_LEN] = { (LZMA_PB_DEFAULT * 5 + LZMA_LP_DEFAULT) * 9 +
                                                      LZMA_LC_DEFAULT };
    leat_store_u32le(properties + 1, dictionary_len);
    self->crc = 0;
    return leat_lzma_begin_lzma1(&self->coder, &self->codec, properties, UINT64_MAX, at);
}

static enum leat_status take_member(struct unlzip *self, struct leat_reader *in,
                                    struct leat_writer *out)
{
    (void)out;
    struct leat_span span;
    enum leat_status status = leat_peek(in, LEAT_LZIP_HEADER_LEN, &span);
    uint64_t at = leat_tell(in);
    if (leat_match_magic(span.data, span.len, leat_lzip_magic, LEAT_LZIP_MAGIC_LEN) ==
        LEAT_MATCH_NO)
        return fails(self, LEAT_FAULT_CORRUPT, self->joined ? "bad member header" : "no lzip data",
                     at);
    if (status != LEAT_OK)
        return status;
    if (span.data[LEAT_LZIP_VERSION_AT] > LEAT_LZIP_VERSION)
        return fails(self, LEAT_FAULT_UNSUPPORTED, "unknown version", at + LEAT_LZIP_VERSION_AT);
    uint32_t len = leat_lzip_dictionary_len(span.data[LEAT_LZIP_DICTIONARY_AT]);
    if (len == 0)
        return fails(self, LEAT_FAULT_CORRUPT, "bad dictionary size", at + LEAT_LZIP_DICTIONARY_AT);
    status = begin(self, len, at + LEAT_LZIP_DICTIONARY_AT);
    if (status != LEAT_OK)
        return status;
    self->old = span.data[LEAT_LZIP_VERSION_AT] == 0;
    leat_consume(in, LEAT_LZIP_HEADER_LEN);
    self->place = AT_DATA;
    return LEAT_OK;
}

static enum leat_status take_data(struct unlzip *self, struct leat_reader *in,
                                  struct leat_writer *out)
{
    lzma_ret code;
    enum leat_status status = leat_lzma_decode(&self->coder, &self->codec, in, out, &code);
    if (status != LEAT_OK)
        return status;
    self->crc = leat_liblzma()->lzma_crc32(self->coder.made, self->coder.made_len, self->crc);
    if (code == LZMA_OK)
        return LEAT_OK;
    if (code != LZMA_STREAM_END)
        return leat_lzma_fails(&self->codec, code, self->coder.taken_to);
    self->place = AT_TRAILER;
    return LEAT_OK;
}

static enum leat_status take_trailer(struct unlzip *self, struct leat_reader *in,
                                     struct leat_writer *out)
{
    (void)out;
    struct leat_span span;
    const size_t trailer_len = self->old ? LEAT_LZIP_MEMBER_LEN_AT : LEAT_LZIP_TRAILER_LEN;
    enum leat_status status = leat_peek(in, trailer_len, &span);
    if (status != LEAT_OK)
        return status;
    const lzma_stream *stream = &self->coder.stream;
    uint64_t member_len = LEAT_LZIP_HEADER_LEN + stream->total_in + LEAT_LZIP_TRAILER_LEN;
    uint64_t at = leat_tell(in);
    if (leat_load_u32le(span.data) != self->crc)
        return fails(self, LEAT_FAULT_CHECKSUM, "wrong checksum", at);
    if (leat_load_u64le(span.data + LEAT_LZIP_LEN_AT) != stream->total_out)
        return fails(self, LEAT_FAULT_CHECKSUM, "wrong length", at + LEAT_LZIP_LEN_AT);
    if (!self->old && leat_load_u64le(span.data + LEAT_LZIP_MEMBER_LEN_AT) != member_len)
        return fails(self, LEAT_FAULT_CHECKSUM, "wrong member length",
                     at + LEAT_LZIP_MEMBER_LEN_AT);
    leat_consume(in, trailer_len);
    self->joined = true;
    self->place = AT_NEXT;
    return LEAT_OK;
}

/* Behind a member: another, or what is not ours and is left alone. */
static enum leat_status take_next(struct unlzip *self, struct leat_reader *in,
                                  struct leat_writer *out)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, LEAT_LZIP_MAGIC_LEN, &span);
    if (status == LEAT_END && span.len == 0)
        return LEAT_DONE;
    bool begins = leat_match_magic(span.data, span.len, leat_lzip_magic, LEAT_LZIP_MAGIC_LEN) !=
                  LEAT_MATCH_NO;
    if (status == LEAT_END && !begins)
        return LEAT_DONE;
    if (status != LEAT_OK)
        return status;
    unsigned alike = 0;
    for (size_t i = 0; i < LEAT_LZIP_MAGIC_LEN; i++)
        alike += span.data[i] == leat_lzip_magic[i];
    if (alike < MAGIC_LIKE)
        return LEAT_DONE;
    self->place = AT_MEMBER;
    return take_member(self, in, out);
}

static enum leat_status unlzip_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    typedef enum leat_status take(struct unlzip *, struct leat_reader *, struct leat_writer *);
    static take *const takes[PLACES] = {
        [AT_MEMBER] = take_member,
        [AT_DATA] = take_data,
        [AT_TRAILER] = take_trailer,
        [AT_NEXT] = take_next,
    };
    struct unlzip *self = (struct unlzip *)codec;
    leat_assert(self->place < PLACES);
    return takes[self->place](self, in, out);
}

static void unlzip_stop(struct leat_codec *codec)
{
    leat_lzma_stop(&((struct unlzip *)codec)->coder);
}

/* --- Behind damage, and the catalogue --- */

static enum leat_match is_member(const uint8_t *data, size_t len)
{
    enum leat_match match = leat_match_magic(data, len, leat_lzip_magic, LEAT_LZIP_MAGIC_LEN);
    if (match == LEAT_MATCH_NO)
        return match;
    if (len > LEAT_LZIP_VERSION_AT && data[LEAT_LZIP_VERSION_AT] > LEAT_LZIP_VERSION)
        return LEAT_MATCH_NO;
    if (len <= LEAT_LZIP_DICTIONARY_AT)
        return LEAT_MATCH_MORE;
    return leat_lzip_dictionary_len(data[LEAT_LZIP_DICTIONARY_AT]) > 0 ? LEAT_MATCH_YES
                                                                       : LEAT_MATCH_NO;
}

/* At the next whole header of a member. */
static enum leat_status unlzip_resync(struct leat_codec *codec, struct leat_reader *in)
{
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK) {
        struct leat_span span;
        status = leat_peek(in, LEAT_LZIP_HEADER_LEN, &span);
        const uint8_t *at = leat_bytes_find(span.data, span.len, leat_lzip_magic[0]);
        size_t before = at != NULL ? (size_t)(at - span.data) : span.len;
        leat_consume(in, before);
        enum leat_match match = at != NULL ? is_member(at, span.len - before) : LEAT_MATCH_NO;
        if (match == LEAT_MATCH_YES) {
            ((struct unlzip *)codec)->place = AT_MEMBER;
            return LEAT_OK;
        }
        bool more = status == LEAT_OK || status == LEAT_AGAIN;
        if (at != NULL && (match == LEAT_MATCH_NO || !more)) {
            leat_consume(in, 1);
            status = LEAT_OK;
        }
    }
    return status;
}

const struct leat_stage leat_stage_unlzip = {
    .name = "lzip",
    .self_size = sizeof(struct unlzip),
    .in_min = LEAT_LZIP_TRAILER_LEN,
    .out_min = LEAT_LZMA_OUT_MIN,
    .start = unlzip_start,
    .step = unlzip_step,
    .resync = unlzip_resync,
    .stop = unlzip_stop,
};

struct leat_reader *leat_unlzip(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_unlzip, NULL);
}

const struct leat_format leat_format_lzip = {
    .name = "lzip",
    .summary = "lzip, members joined",
    .endings = (const char *const[]){ ".lz", NULL },
    .traits = LEAT_FORMAT_CHECKED | LEAT_FORMAT_JOINS | LEAT_FORMAT_ENDS | LEAT_FORMAT_LEVELS,
    .probe = is_member,
    .probe_max = LEAT_LZIP_HEADER_LEN,
    .decoder = &leat_stage_unlzip,
    .encoder = &leat_stage_lzip,
};
