/* Shows that age files are decrypted as age does it and encrypted so that age can read them, to
 * identities and by passwords, in armor and without; that all of the format's public test vectors
 * end as they must; and that nothing is shown without the right key, or of what was changed. */

#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/stage/age/age.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"

static struct leat_span span_of(const char *text)
{
    return (struct leat_span){ (const uint8_t *)text, strlen(text) };
}

/* The decoder with the keys of tests, for support that has none to give. */
static enum leat_status keyed_start(struct leat_codec *codec, const void *none)
{
    (void)none;
    return leat_stage_unage.start(codec, &memory_keys);
}

static struct leat_stage keyed(void)
{
    struct leat_stage stage = leat_stage_unage;
    stage.start = keyed_start;
    return stage;
}

static struct codec_case make(const struct leat_stage *decoder, size_t len)
{
    struct codec_case c = { .name = "age", .decoder = decoder, .checked = true };
    codec_text(&c.plain, len, len, 20);
    codec_pack(&leat_stage_age, NULL, &c.plain, &c.packed);
    return c;
}

static void test_codec(void)
{
    static const size_t lens[] = { 0, 1, 65535, 65536, 65537, 131072, 131073, 700000 };
    struct leat_stage decoder = keyed();
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct codec_case c = make(&decoder, lens[i]);
        codec_cuts(&c);
        codec_case_fini(&c);
    }
}

/* Cut short or longer by a byte, at the edges of everything: whole chunks, then a fault. */
static void check_cut(const struct codec_case *c, size_t len, size_t whole)
{
    struct read read;
    check_says("cut at", len);
    drive_stage(c->decoder, NULL, c->packed.data, len, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check(read.fault.code == LEAT_FAULT_TRUNCATED || read.fault.code == LEAT_FAULT_CHECKSUM);
    check_bytes(read.bytes.data, read.bytes.len, c->plain.data, whole * 65536);
    drive_read_fini(&read);
}

static void test_damage(void)
{
    enum { SEALED_LEN = 65536 + 16, HEAD_LEN = 168 + 16 };
    struct leat_stage decoder = keyed();
    for (unsigned i = 0; i < 4; i++) {
        static const size_t lens[] = { 0, 30, 65536, 140000 };
        struct codec_case c = make(&decoder, lens[i]);
        check_equal(c.packed.len, HEAD_LEN + lens[i] + 16 * (lens[i] / 65536 + (lens[i] != 65536)));
        for (size_t len = 0; len<c.packed.len; len += len> 300 && len % 65536 > 300 ? 4111 : 1)
            check_cut(&c, len, len < HEAD_LEN ? 0 : (len - HEAD_LEN) / SEALED_LEN);
        if (lens[i] < 100)
            codec_flips(&c);
        codec_lacks_memory(&c, &leat_stage_age);
        codec_case_fini(&c);
    }
}

/* --- Keys --- */

static void unage(const struct sink *packed, const struct leat_keys *keys, size_t derive_max,
                  struct read *ret)
{
    struct leat_ctx ctx;
    struct leat_ctx_options how = { .limits = { .derive_max = derive_max } };
    leat_ctx_init(&ctx, &how);
    struct leat_reader *r = leat_unage(leat_memory(&ctx, packed->data, packed->len), keys);
    drive_read(r, UINT64_MAX, ret);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
}

static void check_refused(const struct sink *packed, const struct leat_keys *keys,
                          size_t derive_max, enum leat_fault_code code, const char *reason)
{
    struct read read;
    check_says_text("reason", reason);
    unage(packed, keys, derive_max, &read);
    check_status(read.status, LEAT_FAULT);
    check_text(leat_fault_code_name(read.fault.code), leat_fault_code_name(code));
    check_text(read.fault.reason, reason);
    check_equal(read.bytes.len, 0);
    drive_read_fini(&read);
}

static void check_opened(const struct sink *packed, const struct leat_keys *keys,
                         const struct sink *plain)
{
    struct read read;
    unage(packed, keys, 0, &read);
    check_status(read.status, LEAT_END);
    check_bytes(read.bytes.data, read.bytes.len, plain->data, plain->len);
    drive_read_fini(&read);
}

#define IDENTITY MEMORY_IDENTITY_START "1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
#define OTHER    MEMORY_IDENTITY_START "1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0"

static void test_identities(void)
{
    static const char *const right[] = {
        IDENTITY,
        "# created: today\n# public key: " MEMORY_RECIPIENT "\r\n\r\n  " IDENTITY "\t\r\n",
        OTHER "\n" IDENTITY "\n",
        ("AGE-PLUGIN-YUBIKEY-1Q\n" MEMORY_IDENTITY_START "PQ-1QQ\n\n" IDENTITY),
    };
    static const char *const wrong[] = { OTHER, OTHER "\n" OTHER };
    static const char *const none[] = { "", "\n\n", ("# " IDENTITY), "age-secret-key-1gfpyy" };
    static const char *const damaged[] = {
        MEMORY_IDENTITY_START "1",
        MEMORY_IDENTITY_START "1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEY",
        MEMORY_IDENTITY_START "1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAE",
        MEMORY_IDENTITY_START "1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEx",
        IDENTITY "\n" MEMORY_IDENTITY_START "1BBBB",
    };
    struct sink plain = { 0 };
    struct sink packed = { 0 };
    codec_text(&plain, 1000, 1, 20);
    codec_pack(&leat_stage_age, NULL, &plain, &packed);
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
        check_opened(&packed, &(struct leat_keys){ .identity = span_of(right[i]) }, &plain);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        check_refused(&packed, &(struct leat_keys){ .identity = span_of(wrong[i]) }, 0,
                      LEAT_FAULT_UNSUPPORTED, "no identity matches");
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        check_refused(&packed, &(struct leat_keys){ .identity = span_of(none[i]) }, 0,
                      LEAT_FAULT_UNSUPPORTED, "needs an identity");
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
        check_refused(&packed, &(struct leat_keys){ .identity = span_of(damaged[i]) }, 0,
                      LEAT_FAULT_UNSUPPORTED, "damaged identity given");
    check_refused(&packed, NULL, 0, LEAT_FAULT_UNSUPPORTED, "needs an identity");
    check_refused(&packed, &(struct leat_keys){ .password = span_of("x") }, 0,
                  LEAT_FAULT_UNSUPPORTED, "needs an identity");
    sink_fini(&plain);
    sink_fini(&packed);
}

static void test_password(void)
{
    const struct leat_age_options options = { .password = span_of("leat and mill"), .work = 15 };
    const struct leat_keys right = { .password = span_of("leat and mill") };
    const struct leat_keys wrong = { .password = span_of("leat and Mill") };
    struct sink plain = { 0 };
    struct sink packed = { 0 };
    codec_text(&plain, 1000, 1, 20);
    codec_pack(&leat_stage_age, &options, &plain, &packed);
    check_opened(&packed, &right, &plain);
    check_refused(&packed, &wrong, 0, LEAT_FAULT_UNSUPPORTED, "wrong password");
    check_refused(&packed, &memory_keys, 0, LEAT_FAULT_UNSUPPORTED, "needs a password");
    check_refused(&packed, &right, 32 * LEAT_MIB - 1, LEAT_FAULT_BOUND,
                  "password takes more than the limit");
    sink_fini(&plain);
    sink_fini(&packed);
}

/* What the encoder says where there is nobody to encrypt to, in a ctx without keys. */
static void check_not_written(const struct leat_age_options *options, const char *reason)
{
    struct leat_ctx ctx;
    struct read read;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r = leat_pull(leat_memory(&ctx, "x", 1), &leat_stage_age, options);
    drive_read(r, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_equal(read.fault.code, LEAT_FAULT_UNSUPPORTED);
    check_text(read.fault.reason, reason);
    check_equal(read.bytes.len, 0);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    drive_read_fini(&read);
}

static void test_recipients(void)
{
    static const char *const bad[] = {
        "",
        "age1",
        "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwk",
        "AGE1ZVKYG2LQZRAA2LNJVQEJ32NKUU0UES2S82HZRYE869XEEXVN73EQUNUJWJ",
        (MEMORY_RECIPIENT "x"),
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPOoGQ",
    };
    check_not_written(NULL, "needs a recipient, an identity or a password");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *const recipients[] = { MEMORY_RECIPIENT, bad[i], NULL };
        const struct leat_age_options options = { .recipients = recipients };
        check_says_text("recipient", bad[i]);
        check_not_written(&options, "recipient that is no age1...");
    }
    /* As many as a header holds. */
    static const char *many[2002];
    for (size_t i = 0; i < 2001; i++)
        many[i] = MEMORY_RECIPIENT;
    const struct leat_age_options options = { .recipients = many };
    check_not_written(&options, "more recipients than a header holds");
    many[2000] = NULL;
    struct sink plain = { 0 };
    struct sink packed = { 0 };
    codec_text(&plain, 100, 1, 20);
    codec_pack(&leat_stage_age, &options, &plain, &packed);
    check_opened(&packed, &memory_keys, &plain);
    sink_fini(&plain);
    sink_fini(&packed);
}

/* --- The header --- */

#define LINE64 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define MAC    "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
#define V1     "age-encryption.org/v1\n"

static void test_header(void)
{
    static const struct {
        const char *text;
        enum leat_fault_code code;
        const char *reason;
        uint64_t offset;
    } faults[] = {
        { "x", LEAT_FAULT_CORRUPT, "no age data", 0 },
        { "age-encryption.org/v2\n", LEAT_FAULT_UNSUPPORTED, "unknown version", 0 },
        { "age-encryption.org/v1\r\n", LEAT_FAULT_UNSUPPORTED, "unknown version", 0 },
        { V1 "\n", LEAT_FAULT_CORRUPT, "bad line in the header", 22 },
        { V1 MAC, LEAT_FAULT_CORRUPT, "no stanza in the header", 22 },
        { V1 "->\n", LEAT_FAULT_CORRUPT, "bad line in the header", 22 },
        { V1 "-> \n", LEAT_FAULT_CORRUPT, "bad argument in the header", 22 },
        { V1 "-> a  b\n", LEAT_FAULT_CORRUPT, "bad argument in the header", 22 },
        { V1 "-> a \n", LEAT_FAULT_CORRUPT, "bad argument in the header", 22 },
        { V1 "-> a\x7f\n", LEAT_FAULT_CORRUPT, "bad argument in the header", 22 },
        { V1 "-> a\n" LINE64 "A\n", LEAT_FAULT_CORRUPT, "bad body in the header", 27 },
        { V1 "-> a\nAA=\n", LEAT_FAULT_CORRUPT, "bad body in the header", 27 },
        { V1 "-> a\nAB\n", LEAT_FAULT_CORRUPT, "bad body in the header", 27 },
        { V1 "-> a\nA\n", LEAT_FAULT_CORRUPT, "bad body in the header", 27 },
        { V1 "-> a\n" LINE64 "\n" MAC, LEAT_FAULT_CORRUPT, "bad body in the header", 92 },
        { V1 "-> a\n\n---\n", LEAT_FAULT_CORRUPT, "bad line in the header", 28 },
        { V1 "-> a\n\n--- A\n", LEAT_FAULT_CORRUPT, "bad last line of the header", 28 },
        { V1 "-> a\n\n" MAC, LEAT_FAULT_UNSUPPORTED, "no identity matches", 0 },
        { V1 "-> ssh-ed25519 a b\n" LINE64 "\nAAAA\n" MAC, LEAT_FAULT_UNSUPPORTED,
          "no identity matches", 0 },
        { V1 "-> X25519 AAAA\n\n" MAC, LEAT_FAULT_CORRUPT, "bad X25519 stanza", 22 },
        { V1 "-> a\n\n-> scrypt\n\n" MAC, LEAT_FAULT_CORRUPT, "scrypt stanza among others", 28 },
        { V1 "-> a", LEAT_FAULT_TRUNCATED, "unexpected end of input", 26 },
        { "age-enc", LEAT_FAULT_TRUNCATED, "unexpected end of input", 7 },
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct read read;
        check_says("fault", i);
        drive_stage(&leat_stage_unage, NULL, faults[i].text, strlen(faults[i].text), UINT64_MAX,
                    &read);
        check_status(read.status, LEAT_FAULT);
        check_text(read.fault.reason, faults[i].reason);
        check_text(leat_fault_code_name(read.fault.code), leat_fault_code_name(faults[i].code));
        check_equal(read.fault.offset, faults[i].offset);
        drive_read_fini(&read);
    }
}

/* A header without an end is read as far as the limit, once, and no further. */
static void test_long_header(void)
{
    struct sink packed = { 0 };
    struct read read;
    sink_add(&packed, (const uint8_t *)V1 "-> a\n", sizeof(V1 "-> a\n") - 1);
    while (packed.len <= LEAT_AGE_HEADER_MAX)
        sink_add(&packed, (const uint8_t *)LINE64 "\n", sizeof(LINE64));
    drive_stage(&leat_stage_unage, NULL, packed.data, packed.len, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_equal(read.fault.code, LEAT_FAULT_BOUND);
    check_text(read.fault.reason, "header over the limit");
    drive_read_fini(&read);
    sink_fini(&packed);
}

/* From memory to the reader's window nothing is copied. */
static void test_ledger(void)
{
    struct leat_stage decoder = keyed();
    struct codec_case c = make(&decoder, 5000000);
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

/* --- Armor --- */

#define FIRST "-----BEGIN AGE ENCRYPTED FILE-----\n"
#define LAST  "-----END AGE ENCRYPTED FILE-----"

static void test_armor(void)
{
    for (size_t len = 0; len < 200; len += len < 100 ? 1 : 47) {
        struct codec_case c = { .name = "armor", .decoder = &leat_stage_age_unarmor };
        codec_text(&c.plain, len, len + 1, 500);
        codec_pack(&leat_stage_age_armor, NULL, &c.plain, &c.packed);
        check_equal(c.packed.len, sizeof(FIRST LAST) + (len + 2) / 3 * 4 + (len + 47) / 48);
        codec_cuts(&c);
        codec_case_fini(&c);
    }
}

static void test_armor_faults(void)
{
    static const struct {
        const char *text;
        const char *plain;
        const char *reason;
        uint64_t offset;
    } faults[] = {
        { "", "", "unexpected end of input", 0 },
        { "  \n", "", "unexpected end of input", 3 },
        { "text\n", "", "bad first line", 0 },
        { " " FIRST, "", "bad first line", 1 },
        { FIRST "eHl6\n", "xyz", "unexpected end of input", 40 },
        { FIRST "eHl6", "", "unexpected end of input", 39 },
        { FIRST "\n" LAST, "", "bad base64", 35 },
        { FIRST "eHl6 \n" LAST, "", "bad base64", 35 },
        { FIRST "eHl\n" LAST, "", "bad base64", 35 },
        { FIRST "eHk\n" LAST, "", "bad base64", 35 },
        { FIRST "eA==\n" LAST, "x", NULL, 0 },
        { FIRST "eB==\n" LAST, "", "bad base64", 35 },
        { FIRST "e===\n" LAST, "", "bad base64", 35 },
        { FIRST "eHl6\neHl6\n" LAST, "xyz", "bad last line", 40 },
        { FIRST LINE64 "A\n" LAST, "", "line too long", 35 },
        { FIRST "eHl6\n" LAST " \n", "xyz", "line too long", 40 },
        { FIRST "eHl6\n" LAST "\n\n x", "xyz", "bytes behind the armor", 75 },
        { FIRST "eHl6\n" LAST "\r\n \n", "xyz", NULL, 0 },
        { "\r\n\n" FIRST "eHl6\r\n" LAST, "xyz", NULL, 0 },
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct read read;
        check_says("fault", i);
        drive_stage(&leat_stage_age_unarmor, NULL, faults[i].text, strlen(faults[i].text),
                    UINT64_MAX, &read);
        check_bytes(read.bytes.data, read.bytes.len, faults[i].plain, strlen(faults[i].plain));
        check_status(read.status, faults[i].reason == NULL ? LEAT_END : LEAT_FAULT);
        if (faults[i].reason != NULL) {
            check_text(read.fault.reason, faults[i].reason);
            check_equal(read.fault.offset, faults[i].offset);
        }
        drive_read_fini(&read);
    }
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_header);
    check_run(test_long_header);
    check_run(test_identities);
    check_run(test_password);
    check_run(test_recipients);
    check_run(test_armor_faults);
    check_run(test_armor);
    check_run(test_damage);
    check_run(test_codec);
    check_run(test_ledger);
    return 0;
}
