/* Shows that hexadecimal digits are written as asked for, read in either case and in any lines,
 * whatever way they are cut, that what is wrong is named with its place, and that the loops with
 * vectors and without agree. */

#include <string.h>

#include "leat/stage/hex/digits.h"
#include "leat/stage/hex/hex.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"

static void encodes(const char *plain, const struct leat_hex_options *options, const char *digits)
{
    struct sink from = { 0 };
    struct sink packed = { 0 };
    check_says_text("digits", digits);
    sink_add(&from, (const uint8_t *)plain, strlen(plain));
    codec_pack(&leat_stage_hex, options, &from, &packed);
    check_bytes(packed.data, packed.len, digits, strlen(digits));
    codec_unpack(&leat_stage_unhex, &packed, &from);
    sink_fini(&from);
    sink_fini(&packed);
}

static void test_forms(void)
{
    struct leat_hex_options upper = { .upper = true, .line_len = LEAT_HEX_ONE_LINE };
    encodes("", NULL, "");
    encodes("foo\xfa", NULL, "666f6ffa\n");
    encodes("foo\xfa", &upper, "666F6FFA");
    encodes("foo\xfa", &(struct leat_hex_options){ .line_len = 5, .crlf = true },
            "666f\r\n6ffa\r\n");
    encodes("foo", &(struct leat_hex_options){ .line_len = 1 }, "66\n6f\n6f\n");
}

static void reads(const char *digits, enum leat_status status, enum leat_fault_code code,
                  size_t offset, const char *plain)
{
    struct read read;
    check_says_text("digits", digits);
    drive_stage(&leat_stage_unhex, NULL, digits, strlen(digits), UINT64_MAX, &read);
    check_status(read.status, status);
    check_bytes(read.bytes.data, read.bytes.len, plain, strlen(plain));
    check_equal(read.fault.code, code);
    check_equal(read.fault.offset, offset);
    drive_read_fini(&read);
}

static void test_reads(void)
{
    reads(" 6\t6 6\r\nF6f\n\v\f", LEAT_END, LEAT_FAULT_NONE, 0, "foo");
    reads("666", LEAT_FAULT, LEAT_FAULT_TRUNCATED, 3, "f");
    reads("666\n", LEAT_FAULT, LEAT_FAULT_TRUNCATED, 4, "f");
    reads("66 6g", LEAT_FAULT, LEAT_FAULT_CORRUPT, 4, "f");
    reads("666f:", LEAT_FAULT, LEAT_FAULT_CORRUPT, 4, "fo");
    reads("0x66", LEAT_FAULT, LEAT_FAULT_CORRUPT, 1, "");
}

static void test_codec(void)
{
    static const size_t lens[] = { 0, 1, 31, 32, 33, 1000, 100000 };
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct leat_hex_options options = { .line_len = 60 + 7 * (i % 3), .upper = i % 2 };
        struct codec_case c = { .name = "hex", .decoder = &leat_stage_unhex };
        codec_text(&c.plain, lens[i], i, 500);
        codec_pack(&leat_stage_hex, &options, &c.plain, &c.packed);
        codec_cuts(&c);
        if (lens[i] == 1000) {
            codec_flips(&c);
            codec_lacks_memory(&c, &leat_stage_hex);
        }
        codec_case_fini(&c);
    }
}

/* Whatever bytes there are, in memory of just their size. */
static void test_loops_agree(void)
{
    struct random random = { 7 };
    for (unsigned round = 0; round < 20000; round++) {
        size_t len = (size_t)random_below(&random, 150);
        uint8_t *in = memory_get(len);
        uint8_t a[300];
        uint8_t b[300];
        for (size_t i = 0; i < len; i++)
            in[i] = (uint8_t) "0123456789abcdefABCDEF"[random_below(&random, 22)];
        if (len > 0 && round % 4 > 0)
            in[random_below(&random, len)] = (uint8_t)random_next(&random);
        size_t room = (size_t)random_below(&random, 100);
        check_says("round", round);
        size_t pairs = leat_hex_decode_plain(in, len, a, room);
        check_equal(leat_hex_decoder()(in, len, b, room), pairs);
        check_bytes(b, pairs, a, pairs);
        leat_hex_encode_plain(in, len, a, "0123456789ABCDEF");
        leat_hex_encoder()(in, len, b, "0123456789ABCDEF");
        check_bytes(b, 2 * len, a, 2 * len);
        memory_put(in);
    }
}

/* Each byte in each place of a block is told to be a digit or not. */
static void test_every_byte(void)
{
    uint8_t in[64];
    uint8_t out[64];
    memset(in, '0', sizeof(in));
    for (unsigned byte = 0; byte < 256; byte++) {
        bool digit = byte != 0 && strchr("0123456789abcdefABCDEF", (int)byte) != NULL;
        for (size_t at = 0; at < sizeof(in); at++) {
            in[at] = (uint8_t)byte;
            check_says("byte", byte);
            size_t pairs = leat_hex_decoder()(in, sizeof(in), out, sizeof(out));
            check_equal(pairs, digit ? sizeof(in) / 2 : at / 2);
            in[at] = '0';
        }
    }
}

static void test_tools(void)
{
    static const struct {
        const char *encodes, *decodes;
        struct leat_hex_options options;
    } tools[] = {
        { "xxd -p", "xxd -r -p", { .line_len = 60 } },
        { "xxd -p -u -c 20", "xxd -r -p", { .upper = true } },
        { "basenc --base16", "basenc --base16 -d", { .upper = true } },
        { "od -An -v -tx1", "xxd -r -p", { .crlf = true } },
    };
    static const size_t lens[] = { 0, 1, 2, 1000, 300001 };
    for (size_t i = 0; i < 5 * sizeof(tools) / sizeof(tools[0]); i++) {
        codec_reads_tool(&leat_stage_unhex, tools[i / 5].encodes, lens[i % 5]);
        codec_read_by_tool(&leat_stage_hex, &tools[i / 5].options, tools[i / 5].decodes,
                           lens[i % 5]);
    }
}

static void test_probe(void)
{
    static const struct {
        const char *text;
        enum leat_match match;
    } cases[] = {
        { "", LEAT_MATCH_MORE },       { "66", LEAT_MATCH_MORE },
        { "66\n", LEAT_MATCH_YES },    { "666\n", LEAT_MATCH_NO },
        { ":10000", LEAT_MATCH_NO },   { "66 6F\r\n", LEAT_MATCH_YES },
        { "a face\n", LEAT_MATCH_NO }, { "0123456789abcdefxyz", LEAT_MATCH_YES },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_says_text("text", cases[i].text);
        const uint8_t *text = (const uint8_t *)cases[i].text;
        check_equal(leat_format_hex.probe(text, strlen(cases[i].text)), cases[i].match);
    }
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_forms);
    check_run(test_reads);
    check_run(test_probe);
    check_run(test_every_byte);
    check_run(test_loops_agree);
    check_run(test_codec);
    check_run(test_tools);
    return 0;
}
