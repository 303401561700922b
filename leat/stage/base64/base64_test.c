/* Shows that base64 is written as RFC 4648 and mail have it, that it is read in either alphabet, in
 * any lines, whatever way it is cut, that what is wrong is named with its place, and that the loops
 * with vectors and without agree. */

#include <string.h>

#include "leat/stage/base64/base64.h"
#include "leat/stage/base64/blocks.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"

static void decodes(const char *digits, const char *plain)
{
    struct sink packed = { 0 };
    struct sink wanted = { 0 };
    check_says_text("digits", digits);
    sink_add(&packed, (const uint8_t *)digits, strlen(digits));
    sink_add(&wanted, (const uint8_t *)plain, strlen(plain));
    codec_unpack(&leat_stage_unbase64, &packed, &wanted);
    sink_fini(&packed);
    sink_fini(&wanted);
}

static void encodes(const char *plain, const struct leat_base64_options *options,
                    const char *digits)
{
    struct sink from = { 0 };
    struct sink packed = { 0 };
    check_says_text("digits", digits);
    sink_add(&from, (const uint8_t *)plain, strlen(plain));
    codec_pack(&leat_stage_base64, options, &from, &packed);
    check_bytes(packed.data, packed.len, digits, strlen(digits));
    sink_fini(&from);
    sink_fini(&packed);
}

/* RFC 4648, section 10. */
static void test_rfc(void)
{
    static const char *const pairs[][2] = {
        { "", "" },
        { "f", "Zg==" },
        { "fo", "Zm8=" },
        { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" },
        { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" },
    };
    struct leat_base64_options line = { .line_len = LEAT_BASE64_ONE_LINE };
    struct leat_base64_options bare = { .line_len = LEAT_BASE64_ONE_LINE, .no_padding = true };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        char digits[16] = "";
        strncat(digits, pairs[i][1], strcspn(pairs[i][1], "="));
        encodes(pairs[i][0], &line, pairs[i][1]);
        encodes(pairs[i][0], &bare, digits);
        decodes(pairs[i][1], pairs[i][0]);
        decodes(digits, pairs[i][0]);
    }
}

static void test_lines(void)
{
    struct leat_base64_options mail = { .line_len = 9, .crlf = true };
    encodes("foobarfoo", &mail, "Zm9vYmFy\r\nZm9v\r\n");
    encodes("foobar", &mail, "Zm9vYmFy\r\n");
    encodes("fooba", &(struct leat_base64_options){ .line_len = 1 }, "Zm9v\nYmE=\n");
    encodes("\x03\xff\xfe?", NULL, "A//+Pw==\n");
    encodes("\x03\xff\xfe?", &(struct leat_base64_options){ .url = true }, "A__-Pw==\n");
    decodes("A//+Pw==A__-Pw==", "\x03\xff\xfe?\x03\xff\xfe?");
    decodes(" Z\tm\r\n9v\n\n\v\fYg =\n=\n Zg=\n=", "foobf");
    /* Bits behind the last whole byte are not looked at. */
    decodes("Zh==", "f");
    decodes("Zh", "f");
}

static void faults(const char *digits, enum leat_fault_code code, const char *reason, size_t offset,
                   const char *plain)
{
    struct read read;
    check_says_text("digits", digits);
    drive_stage(&leat_stage_unbase64, NULL, digits, strlen(digits), UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_equal(read.fault.code, code);
    check_text(read.fault.reason, reason);
    check_equal(read.fault.offset, offset);
    check_bytes(read.bytes.data, read.bytes.len, plain, strlen(plain));
    drive_read_fini(&read);
}

static void test_faults(void)
{
    faults("Zm9v!", LEAT_FAULT_CORRUPT, "not a base64 digit", 4, "foo");
    faults("Zm9vZm8\x80", LEAT_FAULT_CORRUPT, "not a base64 digit", 7, "foofo");
    faults("Zm9v\n=", LEAT_FAULT_CORRUPT, "padding out of place", 5, "foo");
    faults("Z=", LEAT_FAULT_CORRUPT, "padding out of place", 1, "");
    faults("Zg===", LEAT_FAULT_CORRUPT, "padding out of place", 4, "f");
    faults("Zg=A", LEAT_FAULT_CORRUPT, "a digit where padding must be", 3, "f");
    faults("Zm9vZ", LEAT_FAULT_TRUNCATED, "unexpected end of input", 5, "foo");
    faults("Zg=\n", LEAT_FAULT_TRUNCATED, "unexpected end of input", 4, "f");
}

static void test_codec(void)
{
    static const size_t lens[] = { 0, 1, 56, 57, 58, 1000, 100000 };
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct leat_base64_options options = { .line_len = 76 - 20 * (i % 3), .url = i % 2 };
        struct codec_case c = { .name = "base64", .decoder = &leat_stage_unbase64 };
        codec_text(&c.plain, lens[i], i, 500);
        codec_pack(&leat_stage_base64, &options, &c.plain, &c.packed);
        codec_cuts(&c);
        if (lens[i] == 1000) {
            codec_flips(&c);
            codec_lacks_memory(&c, &leat_stage_base64);
        }
        codec_case_fini(&c);
    }
}

/* --- The loops --- */

/* Whatever bytes there are, in memory of just their size. */
static void test_loops_agree(void)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";
    struct random random = { 7 };
    for (unsigned round = 0; round < 20000; round++) {
        size_t len = (size_t)random_below(&random, 150);
        uint8_t *in = memory_get(len);
        uint8_t a[160];
        uint8_t b[160];
        for (size_t i = 0; i < len; i++)
            in[i] = (uint8_t)digits[random_below(&random, 66)];
        if (len > 0 && round % 4 > 0)
            in[random_below(&random, len)] = (uint8_t)random_next(&random);
        size_t room = (size_t)random_below(&random, sizeof(a));
        size_t groups = leat_base64_decode_plain(in, len, a, room);
        check_says("round", round);
        check_equal(leat_base64_decoder()(in, len, b, room), groups);
        check_bytes(b, 3 * groups, a, 3 * groups);
        groups = len / 3 < 40 ? len / 3 : 40;
        leat_base64_encode_plain(in, len, groups, a, 4 * groups, round % 2);
        leat_base64_encoder()(in, len, groups, b, 4 * groups, round % 2);
        check_bytes(b, 4 * groups, a, 4 * groups);
        memory_put(in);
    }
}

/* Each byte in each place of a block is told to be a digit or not. */
static void test_every_byte(void)
{
    uint8_t in[64];
    uint8_t out[128];
    memset(in, 'A', sizeof(in));
    for (unsigned byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < sizeof(in); at++) {
            bool digit = leat_base64_values[byte] < 64;
            in[at] = (uint8_t)byte;
            check_says("byte", byte);
            size_t groups = leat_base64_decoder()(in, sizeof(in), out, sizeof(out));
            check_equal(groups, digit ? sizeof(in) / 4 : at / 4);
            in[at] = 'A';
        }
    }
}

/* --- Real tools --- */

#define PYTHON(code)                                                                               \
    "python3 -c 'import sys,base64; i=sys.stdin.buffer.read(); o=sys.stdout.buffer; " code "'"

static void test_tools(void)
{
    static const struct {
        const char *encodes, *decodes;
        struct leat_base64_options options;
    } tools[] = {
        { "base64", "base64 -d", { 0 } },
        { "base64 -w0", "base64 -d", { .line_len = LEAT_BASE64_ONE_LINE } },
        { "base64 -w13", "base64 -d", { .line_len = 4 } },
        { "basenc --base64url", "basenc --base64url -d", { .url = true } },
        { "openssl base64", "openssl base64 -d", { .line_len = 64 } },
        { PYTHON("o.write(base64.encodebytes(i))"),
          PYTHON("o.write(base64.decodebytes(i))"),
          { .crlf = true } },
    };
    static const size_t lens[] = { 0, 1, 2, 1000, 300001 };
    for (size_t i = 0; i < 5 * sizeof(tools) / sizeof(tools[0]); i++) {
        codec_reads_tool(&leat_stage_unbase64, tools[i / 5].encodes, lens[i % 5]);
        codec_read_by_tool(&leat_stage_base64, &tools[i / 5].options, tools[i / 5].decodes,
                           lens[i % 5]);
    }
}

/* By default it writes what base64(1) writes. */
static void test_same_as_tool(void)
{
    struct sink plain = { 0 };
    struct sink ours = { 0 };
    struct sink theirs = { 0 };
    codec_text(&plain, 10000, 3, 500);
    codec_pack(&leat_stage_base64, NULL, &plain, &ours);
    if (codec_command("base64", &plain, &theirs) == 0)
        check_bytes(ours.data, ours.len, theirs.data, theirs.len);
    sink_fini(&plain);
    sink_fini(&ours);
    sink_fini(&theirs);
}

static void test_probe(void)
{
    static const struct {
        const char *text;
        enum leat_match match;
    } cases[] = {
        { "", LEAT_MATCH_MORE },
        { "Zg", LEAT_MATCH_MORE },
        { "Zg==", LEAT_MATCH_YES },
        { "Zm9v\n", LEAT_MATCH_YES },
        { "Zm9vY\n", LEAT_MATCH_NO },
        { "one\ntwo\n", LEAT_MATCH_NO },
        { "Z=", LEAT_MATCH_NO },
        { "Zg=x", LEAT_MATCH_NO },
        { "\n", LEAT_MATCH_NO },
        { "some text", LEAT_MATCH_NO },
        { "abcdefghijklmnop and", LEAT_MATCH_YES },
        { "-----BEGIN", LEAT_MATCH_MORE },
        { "-----BEGIN CERT", LEAT_MATCH_NO },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_says_text("text", cases[i].text);
        const uint8_t *text = (const uint8_t *)cases[i].text;
        check_equal(leat_format_base64.probe(text, strlen(cases[i].text)), cases[i].match);
    }
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_rfc);
    check_run(test_lines);
    check_run(test_faults);
    check_run(test_probe);
    check_run(test_every_byte);
    check_run(test_loops_agree);
    check_run(test_codec);
    check_run(test_same_as_tool);
    check_run(test_tools);
    return 0;
}
