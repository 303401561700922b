/* What a header says in each form, and whether bytes can begin one, also before all of them are
 * there. */

#include "leat/container/cpio/header.h"

#include <string.h>

#include "leat/core/assert.h"

static const char newc[] = "070701"
                           "0000000b000081a4000003e8000003e8000000026553f10000000009"
                           "00000008000000010000000000000000"
                           "0000000600000000";
static const char odc[] = "070707"
                          "000010000013100644001750001750000002000000"
                          "14524770400"
                          "000006"
                          "00000000011";
static const uint8_t words[] = "\xc7\x71\x01\0\x0b\0\xa4\x81\0\0\0\0\x02\0\0\0"
                               "\x53\x65\x00\xf1\x06\0\x01\0\x09\0";

static void says(const void *data, size_t len, uint64_t size)
{
    struct cpio_header header;
    uint8_t bytes[CPIO_HEADER_MAX] = { 0 };
    memcpy(bytes, data, len);
    leat_assert(leat_cpio_probe(bytes, len) == LEAT_MATCH_YES);
    leat_cpio_header(bytes, &header);
    leat_assert(header.mode == 0100644 && header.links == 2 && header.name_len == 6);
    leat_assert(header.mtime_s == 1700000000 && header.size == size);
    leat_assert(!header.summed && header.sum == 0);
    leat_assert(leat_cpio_first(bytes, sizeof(bytes)) == LEAT_MATCH_YES);
    leat_assert((leat_cpio_anywhere(bytes, sizeof(bytes)) == LEAT_MATCH_YES) == (bytes[0] == '0'));
    for (size_t n = 0; n < len; n++)
        leat_assert(leat_cpio_probe(bytes, n) == LEAT_MATCH_MORE);
}

static void test_forms(void)
{
    says(newc, sizeof(newc) - 1, 9);
    says(odc, sizeof(odc) - 1, 9);
    says(words, sizeof(words) - 1, 0x10009);
    uint8_t big[sizeof(words) - 1] = { 0 };
    for (size_t i = 0; i < sizeof(big); i++)
        big[i] = words[i ^ 1];
    says(big, sizeof(big), 0x10009);
}

static void test_sum(void)
{
    struct cpio_header header;
    char bytes[sizeof(newc)];
    memcpy(bytes, newc, sizeof(bytes));
    memcpy(bytes + 5, "2", 1);
    memcpy(bytes + 102, "FFfffFfe", 8);
    leat_cpio_header((const uint8_t *)bytes, &header);
    leat_assert(header.summed && header.sum == 0xfffffffe);
    leat_assert(header.form->last_link_has_data);
}

/* One byte of a header is otherwise: is it still one? */
static void without(const char *header, size_t len, size_t at, char byte)
{
    char bytes[CPIO_HEADER_MAX];
    memcpy(bytes, header, len);
    bytes[at] = byte;
    leat_assert(leat_cpio_probe((const uint8_t *)bytes, len) == LEAT_MATCH_NO);
    leat_assert(leat_cpio_probe((const uint8_t *)bytes, at + 1) == LEAT_MATCH_NO || byte == '0' ||
                byte == '3');
}

static void test_no_header(void)
{
    without(newc, sizeof(newc) - 1, 0, '1');
    without(newc, sizeof(newc) - 1, 5, '3');
    without(newc, sizeof(newc) - 1, 50, 'g');
    without(newc, sizeof(newc) - 1, 109, ' ');
    without(newc, sizeof(newc) - 1, 18, '3');  /* there is no such kind */
    without(newc, sizeof(newc) - 1, 101, '0'); /* nor a name without its NUL */
    without(odc, sizeof(odc) - 1, 30, '8');
    without(odc, sizeof(odc) - 1, 75, '\0');
    without(odc, sizeof(odc) - 1, 64, '0');
    leat_assert(leat_cpio_probe((const uint8_t *)"07070", 5) == LEAT_MATCH_MORE);
    leat_assert(leat_cpio_probe((const uint8_t *)"\xc7q", 2) == LEAT_MATCH_MORE);
    leat_assert(leat_cpio_probe((const uint8_t *)"\xc7\xc7", 2) == LEAT_MATCH_NO);
}

/* The short magic alone tells no format. */
static void test_first(void)
{
    uint8_t bytes[sizeof(words)];
    memcpy(bytes, words, sizeof(bytes));
    bytes[21] = 0x40;
    leat_assert(leat_cpio_probe(bytes, sizeof(bytes)) == LEAT_MATCH_YES);
    leat_assert(leat_cpio_first(bytes, sizeof(bytes)) == LEAT_MATCH_NO);
    memcpy(bytes, words, sizeof(bytes));
    bytes[12] = 0;
    leat_assert(leat_cpio_first(bytes, sizeof(bytes)) == LEAT_MATCH_NO);
}

static void test_alignment(void)
{
    struct cpio_header header;
    leat_cpio_header((const uint8_t *)newc, &header);
    leat_assert(leat_cpio_aligned(header.form, 116) == 116);
    leat_assert(leat_cpio_aligned(header.form, 117) == 120);
    leat_cpio_header((const uint8_t *)odc, &header);
    leat_assert(leat_cpio_aligned(header.form, 117) == 117);
}

int main(void)
{
    test_forms();
    test_sum();
    test_no_header();
    test_first();
    test_alignment();
    return 0;
}
