/* Shows that .Z files decode whatever way the input is cut, up to where they are cut, that bad
 * codes are named, and that the real tools' files of every width are read as they read them. */

#include <stdio.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/stage/compress/compress.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"

/* "ababababa" as compress(1) has it: a, b, ab, aba before that is whole, and ba. */
static const uint8_t small[] = { 0x1f, 0x9d, 0x90, 0x61, 0xc4, 0x04, 0x1c, 0x28, 0x10 };

static struct codec_case packed(const char *command, size_t len, unsigned noise)
{
    struct codec_case c = { .name = command, .decoder = &leat_stage_uncompress };
    codec_text(&c.plain, len, len + noise, noise);
    if (codec_command(command, &c.plain, &c.packed) != 0)
        codec_case_fini(&c);
    return c;
}

static void test_small(void)
{
    struct read read;
    drive_stage(&leat_stage_uncompress, NULL, small, sizeof(small), UINT64_MAX, &read);
    check_status(read.status, LEAT_END);
    check_bytes(read.bytes.data, read.bytes.len, "ababababa", 9);
    drive_read_fini(&read);
}

/* What gzip(1) makes of it is what we make of it. Not every file can be read that compress(1)
 * wrote: with 9 bits at most, it keeps to 9 where each reader goes on to 10. */
static void reads_as_gzip(const struct codec_case *c)
{
    struct sink theirs = { 0 };
    struct read read;
    int status = codec_command("gzip -dc", &c->packed, &theirs);
    drive_stage(c->decoder, NULL, c->packed.data, c->packed.len, UINT64_MAX, &read);
    if (status == 0) {
        check_status(read.status, LEAT_END);
        check_bytes(read.bytes.data, read.bytes.len, c->plain.data, c->plain.len);
    } else if (status != CODEC_NO_COMMAND) {
        check_status(read.status, LEAT_FAULT);
        check_equal(read.fault.code, LEAT_FAULT_CORRUPT);
        check_bytes(read.bytes.data, read.bytes.len, theirs.data, theirs.len);
    }
    drive_read_fini(&read);
    sink_fini(&theirs);
}

/* Of every width, as short as a table never filled and as long as one that is cleared. */
static void test_tool(void)
{
    static const size_t lens[] = { 0, 1, 300, 5000, 100000, 1500000 };
    for (unsigned bits = 9; bits <= 16; bits++) {
        for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
            char command[64];
            snprintf(command, sizeof(command), "compress -fc -b %u", bits);
            for (unsigned noise = 10; noise <= 1000; noise += 330) {
                struct codec_case c = packed(command, lens[i], noise);
                check_says("length", lens[i]);
                check_says("noise", noise);
                if (c.packed.len > 0)
                    reads_as_gzip(&c);
                codec_case_fini(&c);
            }
        }
    }
}

static void test_cuts(void)
{
    static const struct {
        const char *command;
        size_t len;
        unsigned noise;
    } cases[] = {
        { "compress -fc", 0, 0 },
        { "compress -fc", 1000, 100 },
        { "compress -fc -b 10", 20000, 300 },
        { "compress -fc -b 12", 300000, 1000 },
        { "compress -fc", 1500000, 30 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct codec_case c = packed(cases[i].command, cases[i].len, cases[i].noise);
        if (c.packed.len > 0)
            codec_cuts(&c);
        codec_case_fini(&c);
    }
}

/* Cut anywhere behind the header, a part of the text comes out, and an end. */
static void test_truncated(void)
{
    for (size_t len = 1; len < sizeof(small); len++) {
        struct read read;
        check_says("cut", len);
        drive_stage(&leat_stage_uncompress, NULL, small, len, UINT64_MAX, &read);
        check_status(read.status, len < 3 ? LEAT_FAULT : LEAT_END);
        check(read.bytes.len < 9);
        check_bytes(read.bytes.data, read.bytes.len, "ababababa", read.bytes.len);
        drive_read_fini(&read);
    }
}

static void test_damage(void)
{
    struct codec_case c = { .name = "small", .decoder = &leat_stage_uncompress };
    sink_add(&c.packed, small, sizeof(small));
    sink_add(&c.plain, (const uint8_t *)"ababababa", 9);
    codec_flips(&c);
    codec_case_fini(&c);
}

static void test_faults(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        enum leat_fault_code code;
        const char *reason;
        uint64_t offset;
    } faults[] = {
        { "text", 4, LEAT_FAULT_CORRUPT, "no compress data", 0 },
        { "\x1f\x8b\x08", 3, LEAT_FAULT_CORRUPT, "no compress data", 0 },
        { "\x1f\x9d\x88", 3, LEAT_FAULT_UNSUPPORTED, "unknown flags", 2 },
        { "\x1f\x9d\x91", 3, LEAT_FAULT_UNSUPPORTED, "unknown flags", 2 },
        { "\x1f\x9d\xb0", 3, LEAT_FAULT_UNSUPPORTED, "unknown flags", 2 },
        { "\x1f\x9d\x90\x00\x01", 5, LEAT_FAULT_CORRUPT, "bad code", 3 },
        { "\x1f\x9d\x90\x61\x04\x02", 6, LEAT_FAULT_CORRUPT, "bad code", 5 },
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct read read;
        check_says("fault", i);
        drive_stage(&leat_stage_uncompress, NULL, faults[i].bytes, faults[i].len, UINT64_MAX,
                    &read);
        check_status(read.status, LEAT_FAULT);
        check_text(read.fault.reason, faults[i].reason);
        check_equal(read.fault.code, faults[i].code);
        check_equal(read.fault.offset, faults[i].offset);
        drive_read_fini(&read);
    }
}

static void test_probe(void)
{
    const struct leat_format *format = &leat_format_compress;
    for (size_t len = 2; len < 5; len++) {
        check(format->probe(small, len) == LEAT_MATCH_MORE);
        check_equal(format->probe_all(small, len), len > 2);
    }
    for (size_t len = 5; len <= sizeof(small); len++)
        check(format->probe(small, len) == LEAT_MATCH_YES);
    check(format->probe((const uint8_t *)"\x1f\x9d\x90\x61\x01", 5) == LEAT_MATCH_NO);
    check(format->probe((const uint8_t *)"\x1f\x9d\x11", 3) == LEAT_MATCH_NO);
    check(format->probe((const uint8_t *)"\x1f\x8b\x08", 3) == LEAT_MATCH_NO);
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_probe);
    check_run(test_small);
    check_run(test_truncated);
    check_run(test_faults);
    check_run(test_damage);
    check_run(test_tool);
    check_run(test_cuts);
    return 0;
}
