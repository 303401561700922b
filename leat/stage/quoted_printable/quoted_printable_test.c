/* Shows that quoted-printable is written in lines that mail carries, that it is read as RFC 2045
 * says and beyond that loses nothing, whatever way it is cut, and that python3 reads what is
 * written and writes what is read. */

#include <string.h>

#include "leat/stage/quoted_printable/quoted_printable.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"

static void encodes(const char *plain, const struct leat_quoted_printable_options *options,
                    const char *lines)
{
    struct sink from = { 0 };
    struct sink packed = { 0 };
    check_says_text("lines", lines);
    sink_add(&from, (const uint8_t *)plain, strlen(plain));
    codec_pack(&leat_stage_quoted_printable, options, &from, &packed);
    check_bytes(packed.data, packed.len, lines, strlen(lines));
    codec_unpack(&leat_stage_unquoted_printable, &packed, &from);
    sink_fini(&from);
    sink_fini(&packed);
}

static void decodes(const char *lines, const char *plain)
{
    struct codec_case c = { .name = lines, .decoder = &leat_stage_unquoted_printable };
    sink_add(&c.packed, (const uint8_t *)lines, strlen(lines));
    sink_add(&c.plain, (const uint8_t *)plain, strlen(plain));
    codec_unpack(c.decoder, &c.packed, &c.plain);
    codec_cuts(&c);
    codec_case_fini(&c);
}

static void test_forms(void)
{
    struct leat_quoted_printable_options binary = { .binary = true };
    encodes("", NULL, "");
    encodes("caf\xc3\xa9 = x\n", NULL, "caf=C3=A9 =3D x\n");
    encodes("a\r\nb\rc\n", NULL, "a\r\nb=0Dc\n");
    encodes("a\r\nb\n", &binary, "a=0D=0Ab=0A");
    encodes("a \nb\t\r\nc ", NULL, "a=20\nb=09\r\nc=20");
    encodes("a  b\r", NULL, "a  b=0D");
    encodes("\x01~\x7f", NULL, "=01~=7F");
}

/* Lines have 76 bytes at most, with the '=' that breaks them. */
static void test_long_lines(void)
{
    char plain[101] = "";
    char lines[110] = "";
    memset(plain, 'x', 100);
    memset(lines, 'x', 75);
    strcpy(lines + 75, "=\nxxxxxxxxxxxxxxxxxxxxxxxxx");
    encodes(plain, NULL, lines);
    strcpy(lines + 75, "=\r\nxxxxxxxxxxxxxxxxxxxxxxxxx");
    encodes(plain, &(struct leat_quoted_printable_options){ .crlf = true }, lines);
    struct sink any = { 0 };
    struct sink packed = { 0 };
    codec_text(&any, 20000, 5, 300);
    codec_pack(&leat_stage_quoted_printable, NULL, &any, &packed);
    size_t len = 0;
    for (size_t i = 0; i < packed.len; i++) {
        len = packed.data[i] == '\n' ? 0 : len + 1;
        check(len <= 76 || packed.data[i] == '\r');
    }
    sink_fini(&any);
    sink_fini(&packed);
}

static void test_reads(void)
{
    decodes("caf=c3=A9", "caf\xc3\xa9");
    decodes("a =\n b =\r\nc = \t\nd", "a  b c d");
    decodes("a \t \nb  \r\n c  ", "a\nb\r\n c");
    decodes("a  \rb", "a  \rb");
    decodes("a =", "a ");
    decodes("a=\r", "a");
    decodes("a= \t", "a");
    /* What no encoder writes stands for itself. */
    decodes("x=yz =4g =g4 == =\xe9 caf\xe9\x01", "x=yz =4g =g4 == =\xe9 caf\xe9\x01");
    decodes("x=4\ny=\rz", "x=4\ny=\rz");
    decodes("==41", "=A");
    decodes("=4=41", "=4A");
}

/* Blanks at a line's end go, but for whole thousands of them. */
static void test_many_blanks(void)
{
    static char lines[3000];
    static char plain[3000];
    for (size_t blanks = 998; blanks < 2003; blanks++) {
        if (blanks > 1003 && blanks < 1998)
            continue;
        size_t data = blanks / 1000 * 1000;
        memset(lines, ' ', sizeof(lines));
        memset(plain, ' ', sizeof(plain));
        lines[0] = plain[0] = 'a';
        check_says("blanks", blanks);
        strcpy(lines + 1 + blanks, "\nb");
        strcpy(plain + 1 + data, "\nb");
        decodes(lines, plain);
        strcpy(lines + 1 + blanks, "b");
        decodes(lines, lines);
        /* And a soft line break is one with fewer than a thousand behind its sign. */
        lines[0] = '=';
        plain[0] = '=';
        strcpy(lines + 1 + blanks, "\nb");
        decodes(lines, blanks < 1000 ? "b" : plain);
    }
}

static void test_cut_number(void)
{
    static const char lines[] = "a =4";
    struct read read;
    drive_stage(&leat_stage_unquoted_printable, NULL, lines, 4, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_equal(read.fault.code, LEAT_FAULT_TRUNCATED);
    check_equal(read.fault.offset, 4);
    check_bytes(read.bytes.data, read.bytes.len, "a ", 2);
    drive_read_fini(&read);
}

static void test_codec(void)
{
    static const size_t lens[] = { 0, 1, 75, 1000, 30000 };
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct leat_quoted_printable_options options = { .binary = i % 2, .crlf = i % 3 == 0 };
        struct codec_case c = { .name = "text", .decoder = &leat_stage_unquoted_printable };
        codec_text(&c.plain, lens[i], i, 300);
        codec_pack(&leat_stage_quoted_printable, &options, &c.plain, &c.packed);
        codec_cuts(&c);
        if (lens[i] == 1000) {
            codec_flips(&c);
            codec_lacks_memory(&c, &leat_stage_quoted_printable);
        }
        codec_case_fini(&c);
    }
}

#define PYTHON(code)                                                                               \
    "python3 -c 'import sys,binascii; i=sys.stdin.buffer.read(); o=sys.stdout.buffer; " code "'"

static void test_tools(void)
{
    static const struct {
        const char *encodes, *decodes;
        struct leat_quoted_printable_options options;
    } tools[] = {
        { PYTHON("o.write(binascii.b2a_qp(i,istext=True))"),
          PYTHON("o.write(binascii.a2b_qp(i))"),
          { 0 } },
        { PYTHON("o.write(binascii.b2a_qp(i,quotetabs=True,istext=False))"),
          PYTHON("o.write(binascii.a2b_qp(i))"),
          { .binary = true } },
        { "perl -MMIME::QuotedPrint -0777 -ne 'print encode_qp($_)'",
          "perl -MMIME::QuotedPrint -0777 -ne 'print decode_qp($_)'",
          { .crlf = true } },
    };
    static const size_t lens[] = { 0, 1, 1000, 300001 };
    for (size_t i = 0; i < 4 * sizeof(tools) / sizeof(tools[0]); i++) {
        codec_reads_tool(&leat_stage_unquoted_printable, tools[i / 4].encodes, lens[i % 4]);
        codec_read_by_tool(&leat_stage_quoted_printable, &tools[i / 4].options,
                           tools[i / 4].decodes, lens[i % 4]);
    }
}

static void test_probe(void)
{
    static const struct {
        const char *text;
        enum leat_match match;
    } cases[] = {
        { "", LEAT_MATCH_MORE },      { "some text", LEAT_MATCH_MORE },
        { "text\n", LEAT_MATCH_YES }, { "a=3D", LEAT_MATCH_YES },
        { "a=3", LEAT_MATCH_MORE },   { "a=\n", LEAT_MATCH_YES },
        { "a=x", LEAT_MATCH_NO },     { "caf\xc3\xa9=C3", LEAT_MATCH_NO },
        { "a=3x", LEAT_MATCH_NO },    { "\x01", LEAT_MATCH_NO },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_says_text("text", cases[i].text);
        const uint8_t *text = (const uint8_t *)cases[i].text;
        check_equal(leat_format_quoted_printable.probe(text, strlen(cases[i].text)),
                    cases[i].match);
    }
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_forms);
    check_run(test_long_lines);
    check_run(test_reads);
    check_run(test_many_blanks);
    check_run(test_cut_number);
    check_run(test_probe);
    check_run(test_codec);
    check_run(test_tools);
    return 0;
}
