/* Shows that framed snappy decodes whatever way the input is cut, names what is wrong and where,
 * goes on behind it at the next stream, and that its checksum is that of the specification. */

#include <string.h>

#include "leat/core/load.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/snappy/chunk.h"
#include "leat/stage/snappy/snappy.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"

static struct codec_case make(size_t len, unsigned noise)
{
    struct codec_case c = { .name = "snappy", .decoder = &leat_stage_unsnappy };
    codec_text(&c.plain, len, len + noise, noise);
    codec_pack(&leat_stage_snappy, NULL, &c.plain, &c.packed);
    return c;
}

/* CRC-32C of RFC 3720, B.4, turned and added to by hand. */
static void test_check(void)
{
    uint8_t zeros[32] = { 0 };
    uint32_t crc = 0x8a9136aa;
    check_equal(leat_snappy_check(zeros, sizeof(zeros)), (crc >> 15 | crc << 17) + 0xa282ead8u);
    check_equal(leat_snappy_check((const uint8_t *)"123456789", 9),
                (0xe3069283u >> 15 | 0xe3069283u << 17) + 0xa282ead8u);
}

static void test_codec(void)
{
    static const size_t lens[] = { 0, 1, 1000, 65536, 65537, 300000 };
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        for (unsigned noise = 20; noise <= 1000; noise += 980) {
            struct codec_case c = make(lens[i], noise);
            codec_cuts(&c);
            codec_case_fini(&c);
        }
    }
}

/* What was pushed can be decoded at once, though more follows. */
static void test_push(void)
{
    struct sink packed = { 0 };
    struct sink plain = { 0 };
    struct split_plan plan = { 0 };
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_writer *w = leat_snappy(sink_writer(&packed, &ctx, &plan));
    for (size_t i = 1; i < 20; i++) {
        size_t at = plain.len;
        codec_text(&plain, i * i * 600, i, 50);
        check_status(drive_write(w, plain.data + at, plain.len - at, SIZE_MAX), LEAT_OK);
        check_status(drive_flush(w, LEAT_FLUSH_PUSH), LEAT_OK);
        codec_unpack(&leat_stage_unsnappy, &packed, &plain);
    }
    check_status(drive_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
    codec_unpack(&leat_stage_unsnappy, &packed, &plain);
    leat_writer_close(w);
    leat_ctx_fini(&ctx);
    sink_fini(&packed);
    sink_fini(&plain);
}

static void test_damage(void)
{
    for (unsigned noise = 20; noise <= 1000; noise += 980) {
        struct codec_case c = make(400, noise);
        codec_flips(&c);
        codec_lacks_memory(&c, &leat_stage_snappy);
        codec_resyncs(&c);
        codec_case_fini(&c);
    }
}

static void add_chunk(struct sink *sink, unsigned kind, size_t len)
{
    uint8_t header[LEAT_SNAPPY_HEADER_LEN];
    leat_store_u32le(header, (uint32_t)len << 8 | kind);
    sink_add(sink, header, sizeof(header));
    for (size_t i = 0; i < len; i++)
        sink_add(sink, &(uint8_t){ (uint8_t)i }, 1);
}

/* Streams in a row, with padding and what may be skipped between them, however long. */
static void test_chunks(void)
{
    struct codec_case c = { .name = "chunks", .decoder = &leat_stage_unsnappy };
    for (unsigned i = 0; i < 5; i++) {
        struct codec_case more = make(i * i * 9000, 30);
        sink_add(&c.packed, more.packed.data, more.packed.len);
        sink_add(&c.plain, more.plain.data, more.plain.len);
        add_chunk(&c.packed, 0xfe, i * 40000);
        add_chunk(&c.packed, 0x80 + i, i);
        codec_case_fini(&more);
    }
    codec_cuts(&c);
    codec_case_fini(&c);
}

#define START LEAT_SNAPPY_START

static void test_faults(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        enum leat_fault_code code;
        const char *reason;
        uint64_t offset;
    } faults[] = {
        { "text", 4, LEAT_FAULT_CORRUPT, "no snappy data", 0 },
        { START "\xff\6\0\0sNaPpy", 20, LEAT_FAULT_CORRUPT, "no snappy data", 10 },
        { START "\2\1\0\0x", 15, LEAT_FAULT_UNSUPPORTED, "unknown chunk that may not be skipped",
          10 },
        { START "\x7f\1\0\0x", 15, LEAT_FAULT_UNSUPPORTED, "unknown chunk that may not be skipped",
          10 },
        { START "\0\3\0\0", 14, LEAT_FAULT_CORRUPT, "bad chunk length", 11 },
        { START "\1\0\0\2", 14, LEAT_FAULT_CORRUPT, "bad chunk length", 11 },
        { START "\0\4\0\0!!!!", 18, LEAT_FAULT_CORRUPT, "bad chunk", 18 },
        { START "\0\7\0\0!!!!\x81\x80\x04", 21, LEAT_FAULT_CORRUPT, "bad chunk", 18 },
        { START "\0\7\0\0!!!!\5\0x", 21, LEAT_FAULT_CORRUPT, "bad chunk", 18 },
        { START "\1\5\0\0!!!!x", 19, LEAT_FAULT_CHECKSUM, "wrong checksum", 14 },
        { START "\0\7\0\0!!!!\1\0x", 21, LEAT_FAULT_CHECKSUM, "wrong checksum", 14 },
        { START "\1\5\0\0!!", 16, LEAT_FAULT_TRUNCATED, "unexpected end of input", 16 },
        { START "\xfe\5\0\0!!", 16, LEAT_FAULT_TRUNCATED, "unexpected end of input", 16 },
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct read read;
        check_says("fault", i);
        drive_stage(&leat_stage_unsnappy, NULL, faults[i].bytes, faults[i].len, UINT64_MAX, &read);
        check_status(read.status, LEAT_FAULT);
        check_text(read.fault.reason, faults[i].reason);
        check_equal(read.fault.code, faults[i].code);
        check_equal(read.fault.offset, faults[i].offset);
        drive_read_fini(&read);
    }
}

/* The one other implementation that may be about; where it is not, that proves nothing. */
static void test_tool(void)
{
    static const size_t lens[] = { 0, 100, 1500000 };
    for (size_t i = 0; i < 3; i++) {
        codec_reads_tool(&leat_stage_unsnappy, "snzip -c", lens[i]);
        codec_read_by_tool(&leat_stage_snappy, NULL, "snzip -dc", lens[i]);
    }
}

static void test_probe(void)
{
    const struct leat_format *format = &leat_format_snappy;
    const uint8_t *start = (const uint8_t *)START;
    for (size_t len = 0; len < format->probe_max; len++)
        check(format->probe(start, len) == LEAT_MATCH_MORE);
    check(format->probe(start, format->probe_max) == LEAT_MATCH_YES);
    check(format->probe((const uint8_t *)"\xff\xfetext", 6) == LEAT_MATCH_NO);
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_probe);
    check_run(test_check);
    check_run(test_faults);
    check_run(test_chunks);
    check_run(test_codec);
    check_run(test_push);
    check_run(test_damage);
    check_run(test_tool);
    return 0;
}
