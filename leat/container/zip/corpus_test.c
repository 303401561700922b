/* What real programs made reads the same however it comes. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/container/zip/zip.h"
#include "tests/support/sweep.h"

static void test_corpus(const char *folder)
{
    static const char *const names[] = { "zip", "python", "zstd", "prefix", "encrypted" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s.zip", folder, names[i]);
        size_t len;
        uint8_t *data = sweep_load(path, &len);
        struct listing found = sweep_listing(leat_zip, data, len);
        leat_assert((strstr(found.text, "fault") == NULL) == (i < 4));
        leat_assert(listing_has(&found, "file a.txt "));
        listing_fini(&found);
        sweep_cuttings(leat_zip, data, len, true);
        sweep_allocations(leat_zip, data, len);
        free(data);
    }
}

static struct leat_container *zip_with_password(struct leat_reader *src)
{
    static const struct leat_keys keys = { .password = { (const uint8_t *)"secret", 6 } };
    src->ctx->keys = &keys;
    return leat_zip(src);
}

/* Contents may have zeros. */
static bool has(const struct listing *found, const char *text)
{
    return memmem(found->text, found->len, text, strlen(text)) != NULL;
}

/* Whatever is flipped, what comes out whole is what went in. A decoder may be missing here. */
static void judge_packed(const struct listing *found, size_t at)
{
    (void)at;
    leat_assert(!has(found, "file b.txt ") || has(found, "\"short\n\" end") || has(found, "fault"));
}

static void test_corpus_packed(const char *folder)
{
    static const char *const names[] = {
        "deflate64", "bzip2", "lzma", "xz", "ppmd", "aes128", "aes256", "zipcrypto",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s.zip", folder, names[i]);
        size_t len;
        uint8_t *data = sweep_load(path, &len);
        struct listing found = sweep_listing(zip_with_password, data, len);
        leat_assert(listing_has(&found, "file b.txt "));
        judge_packed(&found, 0);
        listing_fini(&found);
        sweep_cuttings(zip_with_password, data, len, true);
        sweep_allocations(zip_with_password, data, len);
        if (i >= 5) /* the libraries' own decoders are tried by their stages' tests */
            sweep_flips(zip_with_password, data, len, 0x10, judge_packed);
        free(data);
    }
}

int main(int argc, char **argv)
{
    leat_assert(argc == 2);
    test_corpus(argv[1]);
    test_corpus_packed(argv[1]);
    return 0;
}
