/* Shows that a package's payload comes out whatever way the input is cut, and that what stands
 * before it is checked; on packages built here field by field. */

#include <string.h>

#include "leat/core/load.h"
#include "leat/stage/rpm/rpm.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"

enum { LEAD_LEN = 96, HEADER_LEN = 16, ENTRY_LEN = 16 };

static void put_header(struct sink *to, uint32_t entries, uint32_t data, size_t align)
{
    static const uint8_t zeros[256];
    uint8_t header[HEADER_LEN] = "\x8e\xad\xe8\x01";
    leat_store_u32be(header + 8, entries);
    leat_store_u32be(header + 12, data);
    sink_add(to, header, sizeof(header));
    sink_add(to, zeros, (size_t)entries * ENTRY_LEN + data);
    while (to->len % align != 0)
        sink_add(to, zeros, 1);
}

/* A package with signatures of 13 bytes, so that padding follows, and this payload. */
static struct codec_case make(const char *payload)
{
    struct codec_case c = { .name = "rpm", .decoder = &leat_stage_unrpm };
    uint8_t lead[LEAD_LEN] = "\xed\xab\xee\xdb\x03";
    lead[79] = 5;
    sink_add(&c.packed, lead, sizeof(lead));
    put_header(&c.packed, 2, 13, 8);
    put_header(&c.packed, 3, 7, 1);
    sink_add(&c.packed, (const uint8_t *)payload, strlen(payload));
    sink_add(&c.plain, (const uint8_t *)payload, strlen(payload));
    return c;
}

static void test_payload(void)
{
    static const char *const payloads[] = { "", "x", "\x1f\x8b and so on, as it is packed" };
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        struct codec_case c = make(payloads[i]);
        codec_unpack(c.decoder, &c.packed, &c.plain);
        codec_cuts(&c);
        codec_flips(&c);
        codec_case_fini(&c);
    }
}

/* Cut before the payload, it is TRUNCATED at the cut. */
static void test_truncated(void)
{
    struct codec_case c = make("");
    for (size_t len = 0; len < c.packed.len; len++) {
        struct read read;
        check_says("cut", len);
        drive_stage(c.decoder, NULL, c.packed.data, len, UINT64_MAX, &read);
        check_status(read.status, LEAT_FAULT);
        check_equal(read.fault.code, LEAT_FAULT_TRUNCATED);
        check_equal(read.fault.offset, len);
        check_equal(read.bytes.len, 0);
        drive_read_fini(&read);
    }
    codec_case_fini(&c);
}

/* What one field is wrong in, and where that is told. */
static void test_bad(void)
{
    static const struct {
        size_t at;
        const char *bytes;
        size_t len;
        enum leat_fault_code code;
        size_t fault_at;
    } bad[] = {
        { 0, "\xee", 1, LEAT_FAULT_CORRUPT, 0 },        { 79, "\0", 1, LEAT_FAULT_UNSUPPORTED, 0 },
        { 96, "\x8f", 1, LEAT_FAULT_CORRUPT, 96 },      { 99, "\x02", 1, LEAT_FAULT_CORRUPT, 96 },
        { 104, "\0\0\0\0", 4, LEAT_FAULT_CORRUPT, 96 }, /* no entries */
        { 104, "\0\1\0\0", 4, LEAT_FAULT_CORRUPT, 96 }, /* too many */
        { 108, "\x10", 1, LEAT_FAULT_CORRUPT, 96 },     /* too much data */
        { 160, "?", 1, LEAT_FAULT_CORRUPT, 160 },       /* the second header */
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct codec_case c = make("payload");
        struct read read;
        check_says("bad", i);
        memcpy(c.packed.data + bad[i].at, bad[i].bytes, bad[i].len);
        drive_stage(c.decoder, NULL, c.packed.data, c.packed.len, UINT64_MAX, &read);
        check_status(read.status, LEAT_FAULT);
        check_equal(read.fault.code, bad[i].code);
        check_equal(read.fault.offset, bad[i].fault_at);
        check_equal(read.bytes.len, 0);
        drive_read_fini(&read);
        codec_case_fini(&c);
    }
}

/* A header that claims much costs nothing but the skip. */
static void test_claims(void)
{
    struct codec_case c = make("payload");
    struct read read;
    leat_store_u32be(c.packed.data + 108, 0x0fffffff);
    drive_stage(c.decoder, NULL, c.packed.data, c.packed.len, UINT64_MAX, &read);
    check_equal(read.fault.code, LEAT_FAULT_TRUNCATED);
    drive_read_fini(&read);
    codec_case_fini(&c);
}

static void test_probe(void)
{
    const struct leat_format *format = &leat_format_rpm;
    struct codec_case c = make("");
    for (size_t len = 0; len < format->probe_max; len++)
        check_equal(format->probe(c.packed.data, len), LEAT_MATCH_MORE);
    check_equal(format->probe(c.packed.data, c.packed.len), LEAT_MATCH_YES);
    c.packed.data[4] = 9;
    check_equal(format->probe(c.packed.data, c.packed.len), LEAT_MATCH_NO);
    codec_case_fini(&c);
}

int main(void)
{
    check_run(test_payload);
    check_run(test_truncated);
    check_run(test_bad);
    check_run(test_claims);
    check_run(test_probe);
    return 0;
}
