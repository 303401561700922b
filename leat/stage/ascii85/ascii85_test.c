/* Shows that ASCII85 is read with its frame and without, whatever way it is cut, that what is wrong
 * is named with its place, and that python3 reads what is written and writes what is read. */

#include <string.h>

#include "leat/stage/ascii85/ascii85.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"

static void encodes(const char *plain, size_t len, const struct leat_ascii85_options *options,
                    const char *digits)
{
    struct sink from = { 0 };
    struct sink packed = { 0 };
    check_says_text("digits", digits);
    sink_add(&from, (const uint8_t *)plain, len);
    codec_pack(&leat_stage_ascii85, options, &from, &packed);
    check_bytes(packed.data, packed.len, digits, strlen(digits));
    codec_unpack(&leat_stage_unascii85, &packed, &from);
    sink_fini(&from);
    sink_fini(&packed);
}

static void test_forms(void)
{
    struct leat_ascii85_options bare = { .no_frame = true, .line_len = LEAT_ASCII85_ONE_LINE };
    struct leat_ascii85_options lines = { .line_len = 8 };
    encodes("", 0, NULL, "<~~>\n");
    encodes("", 0, &bare, "");
    encodes("Man ", 4, NULL, "<~9jqo^~>\n");
    encodes("Man sure", 8, &bare, "9jqo^F*2M7");
    encodes("Man sur", 7, &bare, "9jqo^F*2L");
    encodes("Man sure.", 9, &lines, "<~9jqo^\nF*2M7/c\n~>\n");
    encodes("\0\0\0\0\0\0\0", 7, &bare, "z!!!!");
    encodes("\xff\xff\xff\xff", 4, &bare, "s8W-!");
}

static void reads(const char *digits, enum leat_fault_code code, const char *reason, size_t offset,
                  const char *plain)
{
    struct read read;
    check_says_text("digits", digits);
    drive_stage(&leat_stage_unascii85, NULL, digits, strlen(digits), UINT64_MAX, &read);
    check_status(read.status, code == LEAT_FAULT_NONE ? LEAT_END : LEAT_FAULT);
    check_equal(read.fault.code, code);
    check_bytes(read.bytes.data, read.bytes.len, plain, strlen(plain));
    if (code != LEAT_FAULT_NONE) {
        check_text(read.fault.reason, reason);
        check_equal(read.fault.offset, offset);
    }
    drive_read_fini(&read);
}

static void test_reads(void)
{
    reads(" \n<~9j qo\r\n^~ >", LEAT_FAULT_NONE, NULL, 0, "Man ");
    reads("9jqo^~>rest", LEAT_FAULT_NONE, NULL, 0, "Man ");
    reads("9jqo^F*2L", LEAT_FAULT_NONE, NULL, 0, "Man sur");
    /* '<' is a digit where no '~' follows. */
    reads("<+ohc", LEAT_FAULT_NONE, NULL, 0, "The ");
    reads("\t<\n+ohc", LEAT_FAULT_NONE, NULL, 0, "The ");
    reads("", LEAT_FAULT_NONE, NULL, 0, "");
}

static void test_faults(void)
{
    static const char *const end = "unexpected end of input";
    reads("<~9jqo^{~>", LEAT_FAULT_CORRUPT, "not an ASCII85 digit", 7, "Man ");
    reads("9jqo^v", LEAT_FAULT_CORRUPT, "not an ASCII85 digit", 5, "Man ");
    reads("9jqo^9z", LEAT_FAULT_CORRUPT, "'z' within a group", 6, "Man ");
    reads("9jqo^s8W-\"", LEAT_FAULT_CORRUPT, "a group larger than four bytes", 9, "Man ");
    reads("9jqo^uu~>", LEAT_FAULT_CORRUPT, "a group larger than four bytes", 7, "Man ");
    reads("9jqo^9~>", LEAT_FAULT_CORRUPT, "a last group of one digit", 6, "Man ");
    reads("9jqo^~x", LEAT_FAULT_CORRUPT, "'~' without '>'", 6, "Man ");
    reads("9jqo^9", LEAT_FAULT_TRUNCATED, end, 6, "Man ");
    reads("<~9jqo^9j", LEAT_FAULT_TRUNCATED, end, 9, "Man ");
    reads("9jqo^~", LEAT_FAULT_TRUNCATED, end, 6, "Man ");
    reads("<", LEAT_FAULT_TRUNCATED, end, 1, "");
}

static void test_codec(void)
{
    static const size_t lens[] = { 0, 1, 2, 3, 4, 1000, 30000 };
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct leat_ascii85_options options = { .line_len = 60 + 7 * (i % 3) };
        struct codec_case c = { .name = "ascii85", .decoder = &leat_stage_unascii85 };
        codec_text(&c.plain, lens[i], i, 500);
        codec_pack(&leat_stage_ascii85, &options, &c.plain, &c.packed);
        codec_cuts(&c);
        codec_leaves(&c, "x", 1);
        codec_leaves(&c, "\nmore", 5);
        if (lens[i] == 1000) {
            codec_flips(&c);
            codec_lacks_memory(&c, &leat_stage_ascii85);
        }
        codec_case_fini(&c);
    }
}

#define PYTHON(code)                                                                               \
    "python3 -c 'import sys,base64; i=sys.stdin.buffer.read(); o=sys.stdout.buffer; " code "'"

static void test_tools(void)
{
    static const struct {
        const char *encodes, *decodes;
        struct leat_ascii85_options options;
    } tools[] = {
        { PYTHON("o.write(base64.a85encode(i,adobe=True,wrapcol=40))"),
          PYTHON("o.write(base64.a85decode(i.strip(),adobe=True))"),
          { 0 } },
        { PYTHON("o.write(base64.a85encode(i))"),
          PYTHON("o.write(base64.a85decode(i))"),
          { .no_frame = true } },
    };
    static const size_t lens[] = { 0, 1, 1000, 300001 };
    for (size_t i = 0; i < 4 * sizeof(tools) / sizeof(tools[0]); i++) {
        codec_reads_tool(&leat_stage_unascii85, tools[i / 4].encodes, lens[i % 4]);
        codec_read_by_tool(&leat_stage_ascii85, &tools[i / 4].options, tools[i / 4].decodes,
                           lens[i % 4]);
    }
}

static void test_probe(void)
{
    static const struct {
        const char *text;
        enum leat_match match;
    } cases[] = {
        { "", LEAT_MATCH_MORE },       { "<~", LEAT_MATCH_YES },
        { "<", LEAT_MATCH_MORE },      { "9jqo^\n", LEAT_MATCH_YES },
        { "9jqo^~>", LEAT_MATCH_YES }, { "some text", LEAT_MATCH_NO },
        { "\n", LEAT_MATCH_NO },       { "abcdefghijklmnopq", LEAT_MATCH_YES },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_says_text("text", cases[i].text);
        const uint8_t *text = (const uint8_t *)cases[i].text;
        check_equal(leat_format_ascii85.probe(text, strlen(cases[i].text)), cases[i].match);
    }
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_forms);
    check_run(test_reads);
    check_run(test_faults);
    check_run(test_probe);
    check_run(test_codec);
    check_run(test_tools);
    return 0;
}
