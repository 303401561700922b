/* Shows that what 7-Zip packed as Deflate64 decodes whatever way the input is cut, with the lengths
 * and distances that deflate does not have, and that what is wrong is named. */

#include "leat/stage/deflate64/deflate64.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"

/* What the files of the corpus hold: made here as it was made for 7-Zip. */
enum { FAR_HALF = 50000, LONG_LEN = 300000, TEXT_LINES = 60 };

/* Noise of one bit a byte, and then the same again: only distances of 50,000 help. */
static void far_text(struct sink *plain)
{
    static char half[FAR_HALF];
    uint32_t state = 1;
    for (size_t i = 0; i < FAR_HALF; i++) {
        state = state * 1103515245 + 12345;
        half[i] = (char)('0' + (state >> 16 & 1));
    }
    sink_add(plain, (const uint8_t *)half, FAR_HALF);
    sink_add(plain, (const uint8_t *)half, FAR_HALF);
}

static void long_text(struct sink *plain)
{
    static char same[LONG_LEN];
    memset(same, 'a', sizeof(same));
    sink_add(plain, (const uint8_t *)same, sizeof(same));
}

static void lines_text(struct sink *plain)
{
    for (unsigned i = 0; i < TEXT_LINES; i++) {
        char line[64];
        int len = snprintf(line, sizeof(line), "line %u of a text, %u\n", i, i * i * 7919 % 1000);
        sink_add(plain, (const uint8_t *)line, (size_t)len);
    }
}

static struct codec_case load(const char *folder, const char *name, void (*text)(struct sink *))
{
    struct codec_case c = { .name = name, .decoder = &leat_stage_inflate64 };
    char path[4096];
    char data[16384];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    leat_assert(file != NULL);
    size_t len = fread(data, 1, sizeof(data), file);
    leat_assert(len < sizeof(data));
    fclose(file);
    sink_add(&c.packed, (const uint8_t *)data, len);
    text(&c.plain);
    return c;
}

static void test_corpus(const char *folder)
{
    static const struct {
        const char *name;
        void (*text)(struct sink *);
        bool small;
    } files[] = {
        { "far", far_text, false },
        { "long", long_text, true },
        { "lines", lines_text, true },
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct codec_case c = load(folder, files[i].name, files[i].text);
        codec_unpack(c.decoder, &c.packed, &c.plain);
        codec_cuts(&c);
        if (files[i].small) {
            codec_truncates(&c);
            codec_flips(&c);
            codec_leaves(&c, "garbage", 7);
        }
        codec_case_fini(&c);
    }
}

static void expect_plain(const char *bytes, size_t len, const char *plain, size_t plain_len)
{
    struct codec_case c = { .name = "blocks", .decoder = &leat_stage_inflate64 };
    sink_add(&c.packed, (const uint8_t *)bytes, len);
    sink_add(&c.plain, (const uint8_t *)plain, plain_len);
    codec_unpack(c.decoder, &c.packed, &c.plain);
    codec_cuts(&c);
    codec_truncates(&c);
    codec_case_fini(&c);
}

/* Blocks as no tool makes them. */
static void test_blocks(void)
{
    static char same[3 + UINT16_MAX + 1];
    memset(same, 'a', sizeof(same));
    expect_plain("\0\3\0\xfc\xff"
                 "abc\1\0\0\xff\xff",
                 13, "abc", 3);                   /* stored, then stored and empty */
    expect_plain("\x03\x00", 2, "", 0);           /* fixed and empty */
    expect_plain("\x02\x08\x30\x00", 4, "", 0);   /* three of those, sharing bytes */
    expect_plain("\x4b\x84\x01\x00", 4, same, 9); /* 'a', and a match of 8 */
    expect_plain("\x4b\x1c\xfd\xff\x07\x00", 6, same, sizeof(same)); /* 'a', and the longest */
}

/* What fills the decoder's window, and nothing behind it but the block's end, which is the rest of
 * a byte: 'a', a match of 65,534, and a byte of 9 bits. */
static void test_full_window(void)
{
    static char plain[1 << 16];
    memset(plain, 'a', sizeof(plain));
    plain[sizeof(plain) - 1] = '\x90';
    expect_plain("\x4b\x1c\xdd\xff\x07\x13\x00", 7, plain, sizeof(plain));
}

static void expect_fault(const char *bytes, size_t len, const char *reason, uint64_t offset)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r = leat_pull(leat_memory(&ctx, bytes, len), &leat_stage_inflate64, NULL);
    struct leat_span span;
    leat_assert(leat_peek(r, 1000, &span) == LEAT_FAULT);
    const struct leat_fault *fault = leat_reader_fault(r);
    leat_assert(fault->code == LEAT_FAULT_CORRUPT);
    if (strcmp(fault->reason, reason) != 0 || fault->offset != offset) {
        fprintf(stderr, "%s at %d, not %s at %d\n", fault->reason, (int)fault->offset, reason,
                (int)offset);
        abort();
    }
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
}

static void test_faults(void)
{
    expect_fault("\7\0", 2, "bad block header", 1);
    expect_fault("\1\3\0\xfb\xff", 5, "bad length of a stored block", 5);
    expect_fault("\xfd\x00\x00", 3, "bad code lengths", 3);
    expect_fault("\x1b\x03\x00\x00", 4, "bad code", 1);
    expect_fault("\x4b\x04\x42\x00", 4, "distance too far back", 3);
}

int main(int argc, char **argv)
{
    leat_assert(argc == 2);
    test_corpus(argv[1]);
    test_blocks();
    test_full_window();
    test_faults();
    return 0;
}
