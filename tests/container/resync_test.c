/* Shows that an archive is read on behind a damaged member, frame or block of what it is packed by:
 * a tar of three files, packed in three pieces by each format that can go on, with the middle one
 * damaged. Skipped where there is no such format. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/container/tar/tar.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/layer/catalogue.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/listing.h"

enum { BLOCK = 512, SECOND_LEN = 20 * BLOCK, SKIPPED = 77 };

/* A header of ustar and its data, which fills whole blocks. */
static void put_file(struct sink *tar, const char *name, const uint8_t *data, size_t len)
{
    char block[BLOCK] = "";
    unsigned sum = 0;
    check(len % BLOCK == 0);
    snprintf(block, 100, "%s", name);
    memcpy(block + 100,
           "0000644\0"
           "0000000\0"
           "0000000\0",
           24);
    snprintf(block + 124, 25, "%011zo", len);
    snprintf(block + 136, 12, "%011o", 0u);
    memcpy(block + 148, "        0", 9);
    memcpy(block + 257,
           "ustar\0"
           "00",
           8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += (uint8_t)block[i];
    snprintf(block + 148, 8, "%06o", sum);
    sink_add(tar, (const uint8_t *)block, BLOCK);
    sink_add(tar, data, len);
}

static void make_tar(struct sink *tar)
{
    static const uint8_t zeros[2 * BLOCK];
    struct sink text = { 0 };
    codec_text(&text, SECOND_LEN, 1, 500);
    put_file(tar, "first", text.data, 2 * BLOCK);
    put_file(tar, "second", text.data, SECOND_LEN);
    put_file(tar, "third", text.data, BLOCK);
    sink_add(tar, zeros, sizeof(zeros));
    sink_fini(&text);
}

/* Three pieces, cut in the second file's data; one byte of the middle one is wrong. */
static void pack_damaged(const struct leat_format *format, const struct sink *tar, size_t where,
                         struct sink *packed)
{
    const size_t cuts[] = { 0, 6 * BLOCK, 20 * BLOCK, tar->len };
    for (size_t i = 0; i < 3; i++) {
        struct sink piece = { 0 };
        size_t at = packed->len;
        sink_add(&piece, tar->data + cuts[i], cuts[i + 1] - cuts[i]);
        codec_pack(format->encoder, NULL, &piece, packed);
        if (i == 1)
            packed->data[at + (packed->len - at) * where / 100] ^= 0x10;
        sink_fini(&piece);
    }
}

static struct listing list(const struct leat_format *format, const struct sink *packed,
                           bool resyncs)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *src = leat_memory(&ctx, packed->data, packed->len);
    struct listing found = listing_of(&(struct listing_options){
        .c = leat_tar(leat_pull(src, format->decoder, NULL)),
        .resyncs = resyncs,
    });
    leat_ctx_fini(&ctx);
    return found;
}

/* The line about an entry: its contents, as the whole archive's listing has them. */
static void must_have(const struct listing *found, const struct listing *whole, const char *entry)
{
    const char *line = strstr(whole->text, entry);
    check(line != NULL);
    char *copy = strndup(line, (size_t)(strchr(line, '\n') - line) + 1);
    if (!listing_has(found, copy))
        fprintf(stderr, "found:\n%s\nwithout: %s", found->text, copy);
    check(listing_has(found, copy));
    free(copy);
}

static void goes_on(const struct leat_format *format, const struct sink *tar)
{
    struct sink good = { 0 };
    codec_pack(format->encoder, NULL, tar, &good);
    struct listing whole = list(format, &good, false);
    sink_fini(&good);
    for (size_t where = 20; where < 100; where += 20) {
        struct sink packed = { 0 };
        unsigned long long came = 0;
        check_says("damaged at percent", where);
        pack_damaged(format, tar, where, &packed);
        struct listing found = list(format, &packed, true);
        must_have(&found, &whole, "file first ");
        must_have(&found, &whole, "file third ");
        /* Where the damage shows in nothing but a sum behind the last byte, all of it came. */
        const char *second = strstr(found.text, "file second 0644 0 stored 10240 ");
        check(second != NULL);
        second += strlen("file second 0644 0 stored 10240 ");
        if (strncmp(second, "on ", 3) == 0)
            second += 3;
        check(sscanf(second, "%llu bytes", &came) == 1);
        check(came >= SECOND_LEN - 14 * BLOCK && came <= SECOND_LEN);
        listing_fini(&found);
        sink_fini(&packed);
    }
    listing_fini(&whole);
}

int main(void)
{
    struct sink tar = { 0 };
    unsigned formats = 0;
    make_tar(&tar);
    for (const struct leat_format *const *at = leat_formats; *at != NULL; at++) {
        const struct leat_format *format = *at;
        if (format->decoder == NULL || format->decoder->resync == NULL || format->encoder == NULL ||
            (format->traits & LEAT_FORMAT_JOINS) == 0 ||
            (format->traits & LEAT_FORMAT_CHECKED) == 0)
            continue;
        check_says_text("format", format->name);
        goes_on(format, &tar);
        formats++;
    }
    sink_fini(&tar);
    return formats > 0 ? 0 : SKIPPED;
}
