/* Shows that uuencode is read with either sign of zero and with base64 inside, whatever way it is
 * cut and whatever was lost on the way, that what is wrong is named with its place, and that the
 * real tools read what is written and write what is read. */

#include <string.h>

#include "leat/stage/uuencode/uuencode.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"

static void encodes(const char *plain, size_t len, const struct leat_uuencode_options *options,
                    const char *lines)
{
    struct sink from = { 0 };
    struct sink packed = { 0 };
    check_says_text("lines", lines);
    sink_add(&from, (const uint8_t *)plain, len);
    codec_pack(&leat_stage_uuencode, options, &from, &packed);
    check_bytes(packed.data, packed.len, lines, strlen(lines));
    codec_unpack(&leat_stage_uudecode, &packed, &from);
    sink_fini(&from);
    sink_fini(&packed);
}

static void test_forms(void)
{
    struct leat_uuencode_options spaces = { .name = "x", .mode = 0600, .spaces = true };
    struct leat_uuencode_options base64 = { .name = "a\nb", .mode = 0755, .base64 = true };
    encodes("", 0, NULL, "begin 644 data\n`\nend\n");
    encodes("Cat", 3, NULL, "begin 644 data\n#0V%T\n`\nend\n");
    encodes("Cat\0\0", 5, NULL, "begin 644 data\n%0V%T````\n`\nend\n");
    encodes("Cat\0\0", 5, &spaces, "begin 600 x\n%0V%T    \n \nend\n");
    encodes("Cats", 4, &base64, "begin-base64 755 a_b\nQ2F0cw==\n====\n");
}

static void reads(const char *lines, enum leat_fault_code code, const char *reason, size_t offset,
                  const char *plain, size_t len)
{
    struct read read;
    check_says_text("lines", lines);
    drive_stage(&leat_stage_uudecode, NULL, lines, strlen(lines), UINT64_MAX, &read);
    check_status(read.status, code == LEAT_FAULT_NONE ? LEAT_END : LEAT_FAULT);
    check_equal(read.fault.code, code);
    check_bytes(read.bytes.data, read.bytes.len, plain, len);
    if (code != LEAT_FAULT_NONE) {
        check_text(read.fault.reason, reason);
        check_equal(read.fault.offset, offset);
    }
    drive_read_fini(&read);
}

static void gives(const char *lines, const char *plain, size_t len)
{
    reads(lines, LEAT_FAULT_NONE, NULL, 0, plain, len);
}

static void test_tolerates(void)
{
    gives("Hello,\nbegin the day\n\nbegin 644 x\r\n#0V%T\r\n`\r\nend\r\n", "Cat", 3);
    gives("begin 0644 x\n#0V%T\n`\nend", "Cat", 3);           /* no end of the last line */
    gives("begin 644 x\n#0V%T\nend\n", "Cat", 3);             /* no empty line */
    gives("begin 644 x\n#0V%T\n\n\nend\n", "Cat", 3);         /* its sign lost, and one more */
    gives("begin 644 x\n!0P\n`\nend\n", "C", 1);              /* no rest of a group */
    gives("begin 644 x\n#0V%TX\n`\nend\n", "Cat", 3);         /* a checksum */
    gives("begin 644 x\n#0V%TX  \n`\nend\n", "Cat", 3);       /* and blanks */
    gives("begin 644 x\n&0 %T\n \nend\n", "@\x01t\0\0\0", 6); /* lost spaces */
    gives("begin 644 x\n#0V%T\n`\nend\nrest", "Cat", 3);
    gives("begin-base64 644 x\nQ2F\n0cw=\n=\n====", "Cats", 4);
    gives("begin-base64 644 x\n\n Q2F0 \n====\n", "Cat", 3);
}

static void test_faults(void)
{
    static const char *const end = "unexpected end of input";
    reads("text\n", LEAT_FAULT_TRUNCATED, end, 5, "", 0);
    reads("text", LEAT_FAULT_CORRUPT, "no line that begins a file", 0, "", 0);
    reads("begin 644 x\n#0V%T\n&0V%T\n", LEAT_FAULT_CORRUPT, "a line shorter than it says", 23,
          "CatCat", 6);
    reads("begin 644 x\n&`  0 \n`\n", LEAT_FAULT_CORRUPT, "a line shorter than it says", 18,
          "\0\0\x10", 3);
    reads("begin 644 x\n#0V%TXY\n", LEAT_FAULT_CORRUPT, "a line longer than it says", 18, "Cat", 3);
    reads("begin 644 x\n&0V%T0z%T\n", LEAT_FAULT_CORRUPT, "not a digit of uuencode", 18, "Cat", 3);
    reads("begin 644 x\nx\n", LEAT_FAULT_CORRUPT, "not a length of uuencode", 12, "", 0);
    reads("begin 644 x\n`\nX\n", LEAT_FAULT_CORRUPT, "no line that ends the file", 14, "", 0);
    reads("begin-base64 644 x\nQ2F0\nQ?\n", LEAT_FAULT_CORRUPT, "not a base64 digit", 25, "Cat", 3);
    reads("begin-base64 644 x\nQ2=F\n", LEAT_FAULT_CORRUPT, "a digit behind padding", 22, "C", 1);
    reads("begin 644 x\n#0V%T\n", LEAT_FAULT_TRUNCATED, end, 18, "Cat", 3);
    reads("begin 644 x\n&0V%T0V", LEAT_FAULT_TRUNCATED, end, 19, "CatC", 4);
    reads("begin-base64 644 x\nQ2F0Q2", LEAT_FAULT_TRUNCATED, end, 25, "CatC", 4);
    reads("beg", LEAT_FAULT_TRUNCATED, end, 3, "", 0);
}

static void test_long_lines(void)
{
    char lines[1200];
    memset(lines, 'x', sizeof(lines));
    lines[sizeof(lines) - 1] = '\0';
    reads(lines, LEAT_FAULT_CORRUPT, "a line of more than 1000 bytes", 0, "", 0);
    lines[999] = '\n';
    reads(lines, LEAT_FAULT_CORRUPT, "no line that begins a file", 1000, "", 0);
}

static void test_codec(void)
{
    static const size_t lens[] = { 0, 1, 45, 46, 300, 30000 };
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        for (unsigned form = 0; form < 3; form++) {
            struct leat_uuencode_options options = { .base64 = form == 1, .spaces = form == 2 };
            struct codec_case c = { .name = "uuencode", .decoder = &leat_stage_uudecode };
            codec_text(&c.plain, lens[i], i, 500);
            codec_pack(&leat_stage_uuencode, &options, &c.plain, &c.packed);
            codec_cuts(&c);
            codec_leaves(&c, "begin", 5);
            if (lens[i] == 300) {
                codec_flips(&c);
                codec_lacks_memory(&c, &leat_stage_uuencode);
            }
            /* Without the end of its last line it is still whole. */
            c.packed.len--;
            if (lens[i] <= 300)
                codec_truncates(&c);
            codec_case_fini(&c);
        }
    }
}

static void test_tools(void)
{
    static const struct {
        const char *encodes, *decodes;
        struct leat_uuencode_options options;
    } tools[] = {
        { "uuencode x", "uudecode -o /dev/stdout", { 0 } },
        { "uuencode -m x", "uudecode -o /dev/stdout", { .base64 = true } },
        { "sh -c 'uuencode x | sed \"1i some mail\"'",
          "uudecode -o /dev/stdout",
          { .spaces = true } },
    };
    static const size_t lens[] = { 0, 1, 1000, 300001 };
    for (size_t i = 0; i < 4 * sizeof(tools) / sizeof(tools[0]); i++) {
        codec_reads_tool(&leat_stage_uudecode, tools[i / 4].encodes, lens[i % 4]);
        codec_read_by_tool(&leat_stage_uuencode, &tools[i / 4].options, tools[i / 4].decodes,
                           lens[i % 4]);
    }
}

static void test_probe(void)
{
    static const struct {
        const char *text;
        enum leat_match match;
    } cases[] = {
        { "", LEAT_MATCH_MORE },
        { "begin 64", LEAT_MATCH_MORE },
        { "begin 644 x", LEAT_MATCH_YES },
        { "begin-base64 755 x", LEAT_MATCH_YES },
        { "begin the day\n", LEAT_MATCH_NO },
        { "begin 644 \n", LEAT_MATCH_NO },
        { "begin 64x x and so on and on", LEAT_MATCH_NO },
        { "text", LEAT_MATCH_NO },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_says_text("text", cases[i].text);
        const uint8_t *text = (const uint8_t *)cases[i].text;
        check_equal(leat_format_uuencode.probe(text, strlen(cases[i].text)), cases[i].match);
    }
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_forms);
    check_run(test_tolerates);
    check_run(test_faults);
    check_run(test_long_lines);
    check_run(test_probe);
    check_run(test_codec);
    check_run(test_tools);
    return 0;
}
