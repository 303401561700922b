/* What one block says: numbers as each format writes them, and whether bytes can be a header, also
 * before all of them are there. */

#include "leat/container/tar/header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/core/assert.h"

static void test_numbers(void)
{
    int64_t n = 0;
    leat_assert(leat_tar_number("0000644", 8, &n) && n == 0644);
    leat_assert(leat_tar_number("   644 ", 8, &n) && n == 0644);
    leat_assert(leat_tar_number("77777777", 8, &n) && n == 077777777);
    leat_assert(leat_tar_number("\0\0\0\0\0\0\0\0", 8, &n) && n == 0);
    leat_assert(leat_tar_number("\0 000644", 8, &n) && n == 0644);
    leat_assert(leat_tar_number("\0\0"
                                "00644",
                                8, &n) &&
                n == 0);
    leat_assert(leat_tar_number("00000001234", 12, &n) && n == 01234);
    leat_assert(leat_tar_number("12345670123", 12, &n) && n == 012345670123);
    leat_assert(leat_tar_number("777777777777", 12, &n) && n == 0777777777777);
    leat_assert(leat_tar_number("1 xxxxxxxxx", 12, &n) && n == 1);
    leat_assert(leat_tar_number(" 12345670123", 12, &n) && n == 012345670123);
    leat_assert(!leat_tar_number("123456701238", 12, &n));
    leat_assert(!leat_tar_number("12345670x", 12, &n));
    leat_assert(!leat_tar_number("0000648", 8, &n));
    leat_assert(!leat_tar_number("-000644", 8, &n));
    leat_assert(leat_tar_number("\x80\0\0\0\0\0\1\2", 8, &n) && n == 258);
    leat_assert(leat_tar_number("\xff\xff\xff\xff\xff\xff\xff\xfe", 8, &n) && n == -2);
    leat_assert(leat_tar_number("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12, &n));
    leat_assert(n == INT64_MAX);
    leat_assert(!leat_tar_number("\x80\0\0\0\x80\0\0\0\0\0\0\0", 12, &n));
    leat_assert(leat_tar_number("\xff\xff\xff\xff\x80\0\0\0\0\0\0\0", 12, &n) && n == INT64_MIN);
    leat_assert(!leat_tar_number("\xbf\0\0\0\0\0\0\0\0\0\0\0", 12, &n));
    leat_assert(n == INT64_MIN);
}

/* A header with the checksum that it should have. */
static void make_header(uint8_t *block, const char *name, const char *magic)
{
    struct tar_header *header = (struct tar_header *)block;
    memset(header, 0, sizeof(*header));
    memcpy(header->name, name, strlen(name));
    memcpy(header->size, "00000000000", 11);
    memcpy(header->magic, magic, strlen(magic));
    memset(header->checksum, ' ', sizeof(header->checksum));
    unsigned sum = 0;
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += block[i];
    leat_assert(snprintf(header->checksum, sizeof(header->checksum), "%06o", sum % (1 << 18)) == 6);
}

/* Sums of bytes from 128 on, unsigned as POSIX has it and signed as some programs had it. */
static void test_checksums(void)
{
    uint8_t block[TAR_BLOCK] = { 0 };
    for (unsigned high = 0; high < 256; high += 85) {
        make_header(block, "name", "ustar");
        struct tar_header *header = (struct tar_header *)block;
        memset(header->user_name, (int)high, sizeof(header->user_name));
        memset(header->prefix, (int)high, sizeof(header->prefix));
        memset(header->checksum, ' ', sizeof(header->checksum));
        int sums[2] = { 0 };
        for (size_t i = 0; i < TAR_BLOCK; i++) {
            sums[0] += block[i];
            sums[1] += (int8_t)block[i];
        }
        for (unsigned i = 0; i < 2; i++) {
            for (int off = -1; off <= 1 && sums[i] > 0; off++) {
                snprintf(header->checksum, sizeof(header->checksum), "%06o",
                         (unsigned)(sums[i] + off) % (1 << 18));
                leat_assert(leat_tar_checksum_holds(header) == (off == 0));
            }
        }
    }
}

static void test_probe(void)
{
    static const char *const lines[] = { "\n", "one line\n", "a,b\r\n", "tab\t\n" };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        size_t len = strlen(lines[i]);
        leat_assert(leat_tar_probe((const uint8_t *)lines[i], len) == LEAT_MATCH_NO);
        leat_assert(leat_tar_probe((const uint8_t *)lines[i], len - 1) == LEAT_MATCH_MORE);
    }
    uint8_t letters[TAR_BLOCK];
    memset(letters, 'x', sizeof(letters));
    leat_assert(leat_tar_probe(letters, 100) == LEAT_MATCH_MORE);
    leat_assert(leat_tar_probe(letters, 101) == LEAT_MATCH_NO);
    uint8_t blocks[2 * TAR_BLOCK] = { 0 };
    make_header(blocks, "a", "ustar");
    make_header(blocks + TAR_BLOCK, "v7", "");
    for (size_t at = 0; at < sizeof(blocks); at += TAR_BLOCK) {
        for (size_t len = 0; len < TAR_BLOCK; len++)
            leat_assert(leat_tar_probe(blocks + at, len) == LEAT_MATCH_MORE);
        leat_assert(leat_tar_probe(blocks + at, TAR_BLOCK) == LEAT_MATCH_YES);
        blocks[at + 300] ^= 1;
        leat_assert(leat_tar_probe(blocks + at, TAR_BLOCK) == LEAT_MATCH_NO);
    }
}

/* Names of any bytes, with anything behind their NUL: the first bytes say no more than all do. */
static void test_odd_names(void)
{
    static const char names[][8] = { "", "tab\there", "a\0rest\n", "\x1b[31mr", "Icon\r", "\xff" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        uint8_t block[TAR_BLOCK] = { 0 };
        make_header(block, "", "ustar");
        memcpy(block, names[i], sizeof(names[i]));
        struct tar_header *header = (struct tar_header *)block;
        unsigned sum = 8 * ' ';
        memset(header->checksum, 0, sizeof(header->checksum));
        for (size_t at = 0; at < TAR_BLOCK; at++)
            sum += block[at];
        snprintf(header->checksum, sizeof(header->checksum), "%06o", sum);
        for (size_t len = 0; len < TAR_BLOCK; len++)
            leat_assert(leat_tar_probe(block, len) == LEAT_MATCH_MORE);
        leat_assert(leat_tar_probe(block, TAR_BLOCK) == LEAT_MATCH_YES);
    }
}

int main(void)
{
    test_numbers();
    test_checksums();
    test_probe();
    test_odd_names();
    return 0;
}
