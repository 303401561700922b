/* Shows that what is sealed comes back, by any key, chunk and algorithm, in any pieces; that what
 * another program made from the header's description is read; and that nothing is shown without
 * the right key, or of what was changed. */

#include <stdio.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/stage/seal/seal.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"

enum { HEADER_LEN = 76, TAG_LEN = 16 };

static struct leat_span span_of(const char *text)
{
    return (struct leat_span){ (const uint8_t *)text, strlen(text) };
}

/* The decoder with the key of memory_keys, for support that has none to give. */
static enum leat_status keyed_start(struct leat_codec *codec, const void *none)
{
    static struct leat_seal_options options;
    (void)none;
    options.key = memory_keys.key;
    return leat_stage_unseal.start(codec, &options);
}

static struct leat_stage keyed(void)
{
    struct leat_stage stage = leat_stage_unseal;
    stage.start = keyed_start;
    return stage;
}

static struct codec_case make(const struct leat_stage *decoder, size_t len, size_t chunk,
                              enum leat_seal_algorithm algorithm)
{
    struct leat_seal_options options = { .chunk = chunk, .algorithm = algorithm };
    struct codec_case c = { .name = "seal", .decoder = decoder, .checked = true };
    codec_text(&c.plain, len, len, 20);
    codec_pack(&leat_stage_seal, &options, &c.plain, &c.packed);
    return c;
}

static void test_codec(void)
{
    static const struct {
        size_t len;
        size_t chunk;
    } cases[] = {
        { 0, 0 },       { 1, 1024 },       { 1023, 1024 },       { 1024, 1024 },
        { 1025, 1024 }, { 65536, 0 },      { 65537, 0 },         { 300000, 4096 },
        { 2500000, 0 }, { 400000, 65536 }, { 3000000, 1 << 20 },
    };
    struct leat_stage decoder = keyed();
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        enum leat_seal_algorithm algorithm =
            i % 2 == 0 ? LEAT_SEAL_AES_256_GCM : LEAT_SEAL_CHACHA20_POLY1305;
        struct codec_case c = make(&decoder, cases[i / 2].len, cases[i / 2].chunk, algorithm);
        check_says("case", i);
        size_t chunk = cases[i / 2].chunk > 0 ? cases[i / 2].chunk : 65536;
        size_t chunks = c.plain.len == 0 ? 1 : (c.plain.len + chunk - 1) / chunk;
        check_equal(c.packed.len, HEADER_LEN + c.plain.len + chunks * TAG_LEN);
        codec_cuts(&c);
        codec_case_fini(&c);
    }
}

/* What a reader with these options gives of a sealed text, in a ctx with these keys. */
static void unseal(const struct sink *sealed, const struct leat_seal_options *options,
                   const struct leat_keys *keys, size_t derive_max, struct read *ret)
{
    struct leat_ctx ctx;
    struct leat_ctx_options how = { .keys = keys, .limits = { .derive_max = derive_max } };
    leat_ctx_init(&ctx, &how);
    struct leat_reader *r = leat_unseal(leat_memory(&ctx, sealed->data, sealed->len), options);
    drive_read(r, UINT64_MAX, ret);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
}

static void check_refused(const struct sink *sealed, const struct leat_seal_options *options,
                          const struct leat_keys *keys, size_t derive_max,
                          enum leat_fault_code code, const char *reason)
{
    struct read read;
    check_says_text("reason", reason);
    unseal(sealed, options, keys, derive_max, &read);
    check_status(read.status, LEAT_FAULT);
    check_text(leat_fault_code_name(read.fault.code), leat_fault_code_name(code));
    check_text(read.fault.reason, reason);
    check_equal(read.bytes.len, 0);
    drive_read_fini(&read);
}

static void check_opened(const struct sink *sealed, const struct leat_seal_options *options,
                         const struct leat_keys *keys, const struct sink *plain)
{
    struct read read;
    unseal(sealed, options, keys, 0, &read);
    check_status(read.status, LEAT_END);
    check_bytes(read.bytes.data, read.bytes.len, plain->data, plain->len);
    drive_read_fini(&read);
}

static void seal(const struct leat_seal_options *options, const struct leat_keys *keys,
                 const struct sink *plain, struct sink *sealed)
{
    struct leat_ctx ctx;
    struct leat_ctx_options how = { .keys = keys };
    struct split_plan plan = { .seed = 1 };
    leat_ctx_init(&ctx, &how);
    struct leat_writer *w = leat_seal(sink_writer(sealed, &ctx, &plan), options);
    check_status(drive_write(w, plain->data, plain->len, SIZE_MAX), LEAT_OK);
    check_status(drive_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
    leat_writer_close(w);
    leat_ctx_fini(&ctx);
}

static void test_keys(void)
{
    const struct leat_keys other = { .key = span_of("32 bytes that nobody else knows.") };
    const struct leat_keys none = { 0 };
    const struct leat_seal_options named = { .key = memory_keys.key };
    const struct leat_seal_options here = { .key = other.key, .associated = span_of("here") };
    const struct leat_seal_options there = { .key = other.key, .associated = span_of("there") };
    const struct leat_seal_options brief = { .key = span_of("too short") };
    struct sink plain = { 0 };
    struct sink sealed = { 0 };
    struct sink bound = { 0 };
    codec_text(&plain, 5000, 1, 20);
    seal(NULL, &memory_keys, &plain, &sealed);
    check_opened(&sealed, NULL, &memory_keys, &plain);
    check_opened(&sealed, &named, &other, &plain);
    check_refused(&sealed, NULL, NULL, 0, LEAT_FAULT_UNSUPPORTED, "needs a key");
    check_refused(&sealed, NULL, &none, 0, LEAT_FAULT_UNSUPPORTED, "needs a key");
    check_refused(&sealed, &brief, &none, 0, LEAT_FAULT_UNSUPPORTED, "key is not of 32 bytes");
    check_refused(&sealed, NULL, &other, 0, LEAT_FAULT_CHECKSUM, "wrong key, or a damaged header");
    seal(&here, NULL, &plain, &bound);
    check_opened(&bound, &here, NULL, &plain);
    check_refused(&bound, &there, NULL, 0, LEAT_FAULT_CHECKSUM, "wrong key, or a damaged header");
    check_refused(&bound, NULL, &other, 0, LEAT_FAULT_CHECKSUM, "wrong key, or a damaged header");
    sink_fini(&plain);
    sink_fini(&sealed);
    sink_fini(&bound);
}

static void test_password(void)
{
    const struct leat_keys right = { .password = span_of("leat and mill") };
    const struct leat_keys wrong = { .password = span_of("leat and Mill") };
    const struct leat_keys empty = { .password = span_of("") };
    const struct leat_seal_options quick = { .work = 15 };
    struct sink plain = { 0 };
    struct sink sealed = { 0 };
    struct sink again = { 0 };
    codec_text(&plain, 100, 1, 20);
    seal(&quick, &right, &plain, &sealed);
    check_opened(&sealed, NULL, &right, &plain);
    check_refused(&sealed, NULL, &memory_keys, 0, LEAT_FAULT_UNSUPPORTED, "needs a password");
    check_refused(&sealed, NULL, &wrong, 0, LEAT_FAULT_CHECKSUM, "wrong key, or a damaged header");
    check_refused(&sealed, NULL, &empty, 0, LEAT_FAULT_CHECKSUM, "wrong key, or a damaged header");
    check_refused(&sealed, NULL, &right, 32 * LEAT_MIB - 1, LEAT_FAULT_BOUND,
                  "password takes more than the limit");
    /* The same bytes by the same password have nothing in common. */
    seal(&quick, &right, &plain, &again);
    check_equal(again.len, sealed.len);
    check(memcmp(again.data + HEADER_LEN, sealed.data + HEADER_LEN, 100) != 0);
    sink_fini(&plain);
    sink_fini(&sealed);
    sink_fini(&again);
}

static void test_without_any(void)
{
    struct leat_ctx ctx;
    struct read read;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r = leat_pull(leat_memory(&ctx, "x", 1), &leat_stage_seal, NULL);
    drive_read(r, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_text(read.fault.reason, "needs a key or a password");
    check_equal(read.bytes.len, 0);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    drive_read_fini(&read);
}

static void test_header(void)
{
    static const struct {
        size_t at;
        uint8_t value;
        enum leat_fault_code code;
        const char *reason;
    } faults[] = {
        { 0, 0, LEAT_FAULT_CORRUPT, "no sealed data" },
        { 7, 0, LEAT_FAULT_CORRUPT, "no sealed data" },
        { 8, 2, LEAT_FAULT_UNSUPPORTED, "unknown version" },
        { 9, 3, LEAT_FAULT_UNSUPPORTED, "unknown algorithm" },
        { 9, 2, LEAT_FAULT_CHECKSUM, "wrong key, or a damaged header" },
        { 10, 9, LEAT_FAULT_UNSUPPORTED, "unknown length of chunks" },
        { 10, 25, LEAT_FAULT_UNSUPPORTED, "unknown length of chunks" },
        { 10, 17, LEAT_FAULT_CHECKSUM, "wrong key, or a damaged header" },
        { 11, 23, LEAT_FAULT_UNSUPPORTED, "unknown work for a password" },
        { 12, 1, LEAT_FAULT_CHECKSUM, "wrong key, or a damaged header" },
        { 75, 1, LEAT_FAULT_CHECKSUM, "wrong key, or a damaged header" },
    };
    struct leat_stage decoder = keyed();
    struct codec_case c = make(&decoder, 10, 0, LEAT_SEAL_AES_256_GCM);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        uint8_t was = c.packed.data[faults[i].at];
        /* The salt and the check are by chance what they are. */
        c.packed.data[faults[i].at] = faults[i].value != was ? faults[i].value : (uint8_t)~was;
        check_refused(&c.packed, NULL, &memory_keys, 0, faults[i].code, faults[i].reason);
        c.packed.data[faults[i].at] = was;
    }
    codec_case_fini(&c);
}

/* Cut at every byte: whole chunks, then a fault. */
static void check_cut(const struct codec_case *c, size_t chunk)
{
    for (size_t len = 0; len < c->packed.len; len++) {
        struct read read;
        check_says("cut at", len);
        drive_stage(c->decoder, NULL, c->packed.data, len, UINT64_MAX, &read);
        check_status(read.status, LEAT_FAULT);
        check(read.fault.code == LEAT_FAULT_TRUNCATED || read.fault.code == LEAT_FAULT_CHECKSUM);
        size_t whole = len < HEADER_LEN ? 0 : (len - HEADER_LEN) / (chunk + TAG_LEN);
        check_bytes(read.bytes.data, read.bytes.len, c->plain.data, whole * chunk);
        drive_read_fini(&read);
    }
}

static void test_damage(void)
{
    struct leat_stage decoder = keyed();
    for (unsigned i = 0; i < 4; i++) {
        static const size_t lens[] = { 0, 100, 1024, 2100 };
        struct codec_case c = make(&decoder, lens[i], 1024, 1 + i % 2);
        check_cut(&c, 1024);
        if (i < 2)
            codec_flips(&c);
        codec_lacks_memory(&c, &leat_stage_seal);
        codec_case_fini(&c);
    }
}

/* From memory to the reader's window nothing is copied. */
static void test_ledger(void)
{
    struct leat_stage decoder = keyed();
    struct codec_case c = make(&decoder, 5000000, 0, LEAT_SEAL_AES_256_GCM);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r =
        leat_pull(leat_memory(&ctx, c.packed.data, c.packed.len), &decoder, NULL);
    uint64_t done;
    check_status(leat_skip(r, c.plain.len, &done), LEAT_OK);
    leat_reader_close(r);
    check_equal(leat_counts_copied(&ctx.counts), 0);
    leat_ctx_fini(&ctx);
    codec_case_fini(&c);
}

/* Made by another program, in another language, from what the header's docstring says. */
static void test_corpus(const char *folder)
{
    static const struct {
        const char *name;
        const char *associated;
        const char *plain; /* or as far as it goes, where there is a fault */
        size_t len;
        const char *reason;
    } files[] = {
        { "gcm", "", "0 leats to the mill\n1 leats", 1250, NULL },
        { "chacha", "", "0 leats to the mill\n1 leats", 1024, NULL },
        { "empty", "", "", 0, NULL },
        { "password", "", "behind a password\n", 18, NULL },
        { "associated", "the place", "for one place only\n", 19, NULL },
        { "associated", "", "", 0, "wrong key, or a damaged header" },
        { "cut", "", "0 leats", 1024, "unexpected end of input" },
        { "swapped", "", "", 0, "chunk damaged or out of place" },
        { "behind", "", "0 leats", 1024, "bytes behind the last chunk" },
    };
    const struct leat_keys keys = { .key = memory_keys.key, .password = span_of("leat and mill") };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char command[300];
        struct sink nothing = { 0 };
        struct sink sealed = { 0 };
        struct read read;
        struct leat_seal_options options = { .associated = span_of(files[i].associated) };
        check_says_text("file", files[i].name);
        snprintf(command, sizeof(command), "cat %s/%s.sealed", folder, files[i].name);
        sink_add(&nothing, (const uint8_t *)"", 0);
        check_equal(codec_command(command, &nothing, &sealed), 0);
        unseal(&sealed, &options, &keys, 0, &read);
        check_status(read.status, files[i].reason == NULL ? LEAT_END : LEAT_FAULT);
        if (files[i].reason != NULL)
            check_text(read.fault.reason, files[i].reason);
        check_equal(read.bytes.len, files[i].len);
        size_t some = strlen(files[i].plain);
        check_bytes(read.bytes.data, some, files[i].plain, some);
        drive_read_fini(&read);
        sink_fini(&nothing);
        sink_fini(&sealed);
    }
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_keys);
    check_run(test_password);
    check_run(test_without_any);
    check_run(test_header);
    check_run(test_damage);
    check_run(test_codec);
    check_run(test_ledger);
    check(argc > 1);
    test_corpus(argv[1]);
    return 0;
}
