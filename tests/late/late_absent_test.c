/* What is said where a library that is loaded on first use cannot be had, and when it is looked
 * for: the system's loader is replaced by one that finds nothing. */

#include <string.h>

#include "leat/core/format.h"
#include "leat/core/ctx.h"
#include "leat/core/stage.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/layer/catalogue.h"
#include "leat/stage/hash/hash.h"
#include "leat/stage/utf/utf.h"
#include "tests/support/check.h"

/* --- A loader that finds nothing --- */

static unsigned asked;

void *__wrap_dlopen(const char *soname, int mode);
void *__wrap_dlopen(const char *soname, int mode)
{
    (void)mode;
    check(soname != NULL);
    asked++;
    return NULL;
}

/* --- What stands on which library --- */

static const struct needs {
    const char *name; /* of a format */
    const char *decoder;
    const char *encoder; /* NULL: the same */
} needs[] = {
    { "age", "libcrypto cannot be loaded", NULL },
    { "brotli", "libbrotlidec cannot be loaded", "libbrotlienc cannot be loaded" },
    { "bzip2", "libbz2 cannot be loaded", NULL },
    { "lzip", "liblzma cannot be loaded", NULL },
    { "lzma", "liblzma cannot be loaded", NULL },
    { "lzop", "liblzo2 cannot be loaded", NULL },
    { "seal", "libcrypto cannot be loaded", NULL },
    { "snappy", "libsnappy cannot be loaded", NULL },
    { "xz", "liblzma cannot be loaded", NULL },
};

/* Why a format cannot be decoded or encoded, or NULL where nothing is loaded for it. */
static const char *reason_of(const struct leat_format *format, bool encodes)
{
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        if (strcmp(needs[i].name, format->name) == 0)
            return encodes && needs[i].encoder != NULL ? needs[i].encoder : needs[i].decoder;
    }
    return NULL;
}

/* --- The tests --- */

/* To ask every format of a text loads nothing: most files are no more than that. */
static void test_probes(void)
{
    static const char text[] = "What most files are: some lines of text, and no format at all.\n";
    for (size_t i = 0; leat_formats[i] != NULL; i++) {
        const struct leat_format *format = leat_formats[i];
        check_says_text("format", format->name);
        if (format->probe != NULL && !(format->traits & LEAT_FORMAT_NAMED))
            (void)format->probe((const uint8_t *)text, sizeof(text) - 1);
    }
    check_equal(asked, 0);
}

/* `fault` is what came of a stage that a library lacks for `reason`, or nothing was asked for. */
static void judge(const char *reason, const struct leat_fault *fault, unsigned asked_before)
{
    if (reason == NULL) {
        check_equal(asked, asked_before);
        return;
    }
    check_equal(fault->code, LEAT_FAULT_UNSUPPORTED);
    check_text(fault->reason, reason);
}

static void test_decoders(struct leat_ctx *ctx)
{
    for (size_t i = 0; leat_formats[i] != NULL; i++) {
        const struct leat_format *format = leat_formats[i];
        struct leat_span span;
        unsigned before = asked;
        check_says_text("format", format->name);
        if (format->decoder == NULL)
            continue;
        struct leat_reader *r = leat_pull(leat_memory(ctx, "late", 4), format->decoder, NULL);
        (void)!leat_peek(r, 1, &span);
        judge(reason_of(format, false), leat_reader_fault(r), before);
        leat_reader_close(r);
    }
}

static void test_encoders(struct leat_ctx *ctx)
{
    for (size_t i = 0; leat_formats[i] != NULL; i++) {
        const struct leat_format *format = leat_formats[i];
        unsigned before = asked;
        check_says_text("format", format->name);
        if (format->encoder == NULL)
            continue;
        struct leat_writer *w = leat_push(leat_memory_writer(ctx, LEAT_MIB), format->encoder, NULL);
        (void)!leat_flush(w, LEAT_FLUSH_FINISH);
        judge(reason_of(format, true), leat_writer_fault(w), before);
        leat_writer_close(w);
    }
}

/* A digest whose library lacks cannot begin, and the view of it says why. */
static void test_digests(struct leat_ctx *ctx)
{
    for (size_t i = 0; leat_digest_kinds[i] != NULL; i++) {
        unsigned before = asked;
        struct leat_span span;
        check_says_text("digest", leat_digest_kinds[i]->name);
        struct leat_reader *r = leat_hash(leat_memory(ctx, "late", 4), leat_digest_kinds[i]);
        bool lacks = leat_peek(r, 1, &span) == LEAT_FAULT;
        bool loads = leat_digest_kinds[i]->stop != NULL; /* it holds what is a library's */
        check(lacks == loads);
        judge(lacks ? "its library cannot be loaded, or refuses it" : NULL, leat_reader_fault(r),
              before);
        leat_reader_close(r);
    }
}

/* Who lets encodings be guessed has the text as it is. */
static void test_detector(struct leat_ctx *ctx)
{
    static const struct leat_utf8_options guess = { .guess = true };
    struct leat_reader *r = leat_utf8_with(leat_memory(ctx, "caf\xe9 \xe9\n", 7), &guess);
    struct leat_span span;
    check_status(leat_peek(r, 7, &span), LEAT_OK);
    check_bytes(span.data, span.len, "caf\xe9 \xe9\n", 7);
    check(leat_utf8_guessed(r) == NULL);
    check(!leat_utf8_guesses());
    leat_reader_close(r);
}

int main(void)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    test_probes();
    test_decoders(&ctx);
    test_encoders(&ctx);
    test_digests(&ctx);
    test_detector(&ctx);
    leat_ctx_fini(&ctx);
    return 0;
}
