#include "leat/container/ppmd.h"
#include "leat/container/libarchive.h"

#include "leat/core/bytes.h"
#include "leat/stage/hash/crc32.h"

/* --- The archives around it --- */

/* Bytes put one behind the other. */
struct put {
    uint8_t *at;
};

static void put_bytes(struct put *put, const void *bytes, size_t len)
{
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, put->at, bytes, len);
    put->at += len;
}

static void put_le(struct put *put, uint64_t value, unsigned len)
{
    for (unsigned i = 0; i < len; i++)
        *put->at++ = (uint8_t)(value >> 8 * i);
}

/* A local header (APPNOTE.TXT 4.3.7) with its lengths in zip64's field (4.5.3). */
static void put_zip(struct leat_ppmd *ppmd)
{
    enum { VERSION = 63, METHOD = 98, ZIP64 = 1, IN_ZIP64 = UINT32_MAX };
    struct put put = { ppmd->head };
    put_bytes(&put, "PK\3\4", 4);
    put_le(&put, VERSION, 2);
    put_le(&put, 0, 2); /* flags */
    put_le(&put, METHOD, 2);
    put_le(&put, 0, 4); /* time and date */
    put_le(&put, 0, 4); /* checksum, which is not looked at */
    put_le(&put, IN_ZIP64, 4);
    put_le(&put, IN_ZIP64, 4);
    put_le(&put, 1, 2);
    put_le(&put, 20, 2);
    put_bytes(&put, "a", 1);
    put_le(&put, ZIP64, 2);
    put_le(&put, 16, 2);
    put_le(&put, ppmd->options.size, 8);
    put_le(&put, ppmd->options.packed_size, 8);
    ppmd->flow.prelude = (struct leat_span){ ppmd->head, (size_t)(put.at - ppmd->head) };
    leat_assert(ppmd->flow.prelude.len <= sizeof(ppmd->head));
}

/* A number of 7z's in its longest form (7zFormat.txt, "REAL_UINT64"). */
static void put_number(struct put *put, uint64_t value)
{
    put_le(put, 0xff, 1);
    put_le(put, value, 8);
}

/* The header of one file in one folder of one coder (7zFormat.txt, "Header"). */
static size_t put_7z_header(struct leat_ppmd *ppmd)
{
    static const uint8_t coder[] = {
        7, 0xb,  1, 0, /* UnpackInfo, Folder: one, here */
        1, 0x23,       /* one coder, with an id of 3 bytes and properties */
        3, 4,    1, LEAT_PPMD_PROPERTIES_LEN,
    };
    static const uint8_t file[] = {
        0, 8, 0,    0,                  /* the ends of UnpackInfo, SubStreams and Streams */
        5, 1, 0x11, 5, 0, 'a', 0, 0, 0, /* FilesInfo: one, and its name */
        0, 0,                           /* the ends of that and of all */
    };
    const struct leat_ppmd_options *options = &ppmd->options;
    struct put put = { ppmd->tail };
    put_bytes(&put, "\1\4\6", 3); /* Header, MainStreamsInfo, PackInfo */
    put_number(&put, 0);
    put_bytes(&put, "\1\11", 2); /* one stream, of this size */
    put_number(&put, options->packed_size);
    put_le(&put, 0, 1);
    put_bytes(&put, coder, sizeof(coder));
    put_bytes(&put, options->properties.data, LEAT_PPMD_PROPERTIES_LEN);
    put_bytes(&put, "\14", 1); /* CodersUnpackSize */
    put_number(&put, options->size);
    put_bytes(&put, file, sizeof(file));
    size_t len = (size_t)(put.at - ppmd->tail);
    leat_assert(len <= sizeof(ppmd->tail));
    return len;
}

/* The signature header (7zFormat.txt) says where the other is. libarchive goes there by reading
 * where that is near, and could not come back: so a gap is said to lie between. */
static void put_7z(struct leat_ppmd *ppmd)
{
    enum { SIGNATURE_LEN = 32, GAP = 64 };
    size_t len = put_7z_header(ppmd);
    struct put start = { ppmd->head + 12 };
    put_le(&start, ppmd->options.packed_size + GAP, 8);
    put_le(&start, len, 8);
    put_le(&start, leat_crc32(0, ppmd->tail, len), 4);
    struct put put = { ppmd->head };
    put_bytes(&put, "7z\xbc\xaf\x27\x1c\0\4", 8);
    put_le(&put, leat_crc32(0, ppmd->head + 12, 20), 4);
    ppmd->flow.prelude = (struct leat_span){ ppmd->head, SIGNATURE_LEN };
    ppmd->flow.trailer = (struct leat_span){ ppmd->tail, len };
    ppmd->flow.source_at = SIGNATURE_LEN;
    ppmd->flow.source_len = ppmd->options.packed_size;
    ppmd->flow.trailer_at = SIGNATURE_LEN + ppmd->options.packed_size + GAP;
}

/* --- The stage --- */

static void supports_zip(struct archive *archive)
{
    leat_libarchive()->archive_read_support_format_zip_streamable(archive);
    leat_libarchive()->archive_read_set_format_option(archive, "zip", "ignorecrc32", "1");
}

static void supports_7z(struct archive *archive)
{
    leat_libarchive()->archive_read_support_format_7zip(archive);
}

/* libarchive's decoder of 7z's form fails where a piece of its input ends within a letter, as of
 * 3.6.2: so all is one piece. */
static size_t lends_all(struct leat_container *c, struct leat_span window, uint64_t offset,
                        bool all, size_t *ret_min)
{
    const struct leat_ppmd *ppmd = (const struct leat_ppmd *)c;
    uint64_t left = ppmd->options.packed_size - (offset - ppmd->in_start);
    if (all || window.len >= left)
        return window.len;
    *ret_min = (size_t)left;
    return 0;
}

/* How much memory 7z's properties ask for. */
static uint64_t memory_of(struct leat_span properties)
{
    uint64_t bytes = 0;
    for (unsigned i = 4; i > 0; i--)
        bytes = bytes << 8 | properties.data[i];
    return bytes;
}

enum leat_status leat_ppmd_start(struct leat_ppmd *ppmd, struct leat_codec *codec,
                                 const struct leat_ppmd_options *options)
{
    static const struct leat_foreign_setup zip = { .support = supports_zip };
    static const struct leat_foreign_setup sevenz = { .support = supports_7z, .lends = lends_all };
    bool is_7z = options->form == LEAT_PPMD_H_7Z;
    if (leat_libarchive() == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED, "libarchive cannot be loaded", 0);
    if (options->packed_size > INT64_MAX / 2 || options->size > INT64_MAX / 2 ||
        (is_7z && options->properties.len != LEAT_PPMD_PROPERTIES_LEN))
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, "bad properties", 0);
    ppmd->options = *options;
    ppmd->next = LEAT_FOREIGN_BEGIN;
    leat_foreign_flow_init(&ppmd->flow, &ppmd->shell, is_7z ? &sevenz : &zip);
    if (is_7z)
        put_7z(ppmd);
    else
        put_zip(ppmd);
    return LEAT_OK;
}

/* What libarchive refused to do: somewhere in what was packed, for where is not told, and how much
 * it was given depends on how that came. */
static enum leat_status ppmd_fails(struct leat_ppmd *ppmd, struct leat_codec *codec)
{
    if (ppmd->flow.source != LEAT_OK)
        return ppmd->flow.source; /* cut short, or a fault of its own */
    return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, "bad compressed data", ppmd->in_start);
}

/* Have libarchive do what is next. OK, DONE (there are no more bytes), AGAIN, END, FAULT. */
static enum leat_status ppmd_goes_on(struct leat_ppmd *ppmd, struct leat_codec *codec)
{
    struct leat_foreign_flow *flow = &ppmd->flow;
    enum leat_status status = leat_foreign_flow_does(flow, ppmd->next);
    if (status == LEAT_FAULT)
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, "no memory for a stack", 0);
    if (status != LEAT_OK)
        return status;
    bool good = flow->said == ARCHIVE_OK || flow->said == ARCHIVE_WARN;
    if (ppmd->next == LEAT_FOREIGN_BLOCK && flow->said == ARCHIVE_EOF)
        return LEAT_DONE;
    if (!good)
        return ppmd_fails(ppmd, codec);
    if (ppmd->next == LEAT_FOREIGN_BLOCK)
        ppmd->block = flow->block;
    ppmd->next = ppmd->next == LEAT_FOREIGN_BEGIN ? LEAT_FOREIGN_HEADER : LEAT_FOREIGN_BLOCK;
    return LEAT_OK;
}

/* Ask for all of the input at once. */
static enum leat_status ppmd_asks(const struct leat_ppmd *ppmd, struct leat_codec *codec,
                                  size_t max)
{
    const struct leat_ppmd_options *options = &ppmd->options;
    if (memory_of(options->properties) > max || options->packed_size > max)
        return leat_codec_fails(codec, LEAT_FAULT_BOUND, "needs more memory than the limit allows",
                                ppmd->in_start);
    if (options->packed_size > codec->in_min)
        codec->in_min = (size_t)options->packed_size;
    return LEAT_OK;
}

/* Past what is packed, of which libarchive may have left some. */
static enum leat_status ppmd_ends(struct leat_ppmd *ppmd)
{
    struct leat_reader *in = ppmd->shell.src;
    uint64_t done;
    leat_consume(in, ppmd->flow.lent);
    ppmd->flow.lent = 0;
    uint64_t taken = leat_tell(in) - ppmd->in_start;
    if (taken >= ppmd->options.packed_size)
        return LEAT_DONE;
    enum leat_status status = leat_skip(in, ppmd->options.packed_size - taken, &done);
    return status == LEAT_OK ? LEAT_DONE : status;
}

enum leat_status leat_ppmd_step(struct leat_ppmd *ppmd, struct leat_codec *codec,
                                struct leat_reader *in, struct leat_writer *out)
{
    if (!ppmd->began) {
        ppmd->in_start = leat_tell(in);
        ppmd->began = true;
        if (ppmd->options.form == LEAT_PPMD_H_7Z)
            return ppmd_asks(ppmd, codec, in->ctx->limits.window_max);
    }
    ppmd->shell.ctx = in->ctx;
    ppmd->shell.src = in;
    enum leat_status status = LEAT_OK;
    if (ppmd->block.len == 0 && !ppmd->ended)
        status = ppmd_goes_on(ppmd, codec);
    ppmd->ended |= status == LEAT_DONE;
    if (ppmd->ended)
        return ppmd_ends(ppmd);
    if (status != LEAT_OK || ppmd->block.len == 0)
        return status;
    size_t done;
    status = leat_write(out, ppmd->block.data, ppmd->block.len, &done);
    ppmd->block.data += done;
    ppmd->block.len -= done;
    return status;
}

void leat_ppmd_stop(struct leat_ppmd *ppmd)
{
    leat_foreign_flow_fini(&ppmd->flow);
}

struct ppmd_stage {
    struct leat_codec codec;
    struct leat_ppmd ppmd;
};

static enum leat_status stage_start(struct leat_codec *codec, const void *options)
{
    return leat_ppmd_start(&((struct ppmd_stage *)codec)->ppmd, codec, options);
}

static enum leat_status stage_step(struct leat_codec *codec, struct leat_reader *in,
                                   struct leat_writer *out)
{
    return leat_ppmd_step(&((struct ppmd_stage *)codec)->ppmd, codec, in, out);
}

static void stage_stop(struct leat_codec *codec)
{
    leat_ppmd_stop(&((struct ppmd_stage *)codec)->ppmd);
}

const struct leat_stage leat_stage_ppmd = {
    .name = "ppmd",
    .self_size = sizeof(struct ppmd_stage),
    .in_min = 1,
    .out_min = 1,
    .start = stage_start,
    .step = stage_step,
    .stop = stage_stop,
};
