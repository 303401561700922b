/* Shows that each digest is the one that its standard and the real tools give, in one piece and in
 * many, that names and digits are read as people write them, and that a digest can be looked at
 * without being ended. */

#include <stdio.h>
#include <string.h>

#include "leat/stage/hash/digest.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/random.h"

/* Of nothing, "abc" and a million 'a': FIPS 180-4's examples, RFC 1321 (A.5), RFC 7693 (A, B), RFC
 * 3720 (B.4), RFC 1950, and the xxHash specification; the rest by other implementations. */
static const struct {
    const char *nothing, *abc, *million;
} answers[] = {
    { "crc32:00000000", "crc32:352441c2", "crc32:dc25bfbc" },
    { "crc32c:00000000", "crc32c:364b3fb7", "crc32c:436fe240" },
    { "adler32:00000001", "adler32:024d0127", "adler32:15d870f9" },
    { "md5:d41d8cd98f00b204e9800998ecf8427e", "md5:900150983cd24fb0d6963f7d28e17f72",
      "md5:7707d6ae4e027c70eea2a935c2296f21" },
    { "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709",
      "sha1:a9993e364706816aba3e25717850c26c9cd0d89d",
      "sha1:34aa973cd4c4daa4f61eeb2bdbad27316534016f" },
    { "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      "sha256:cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
    { "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
      "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
      "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
      "sha512:e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
      "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b" },
    { "blake2b:786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419"
      "d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce",
      "blake2b:ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
      "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
      "blake2b:98fb3efb7206fd19ebf69b6f312cf7b64e3b94dbe1a17107913975a793f177e1"
      "d077609d7fba363cbba00d05f7aa4e4fa8715d6428104c0a75643b0ff3fd3eaf" },
    { "blake2s:69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9",
      "blake2s:508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982",
      "blake2s:bec0c0e6cde5b67acb73b81f79a67a4079ae1c60dac9d2661af18e9f8b50dfa5" },
    { "xxh64:ef46db3751d8e999", "xxh64:44bc2cf5ad770999", "xxh64:dc483aaa9b4fdc40" },
    { "xxh3-64:2d06800538d394c2", "xxh3-64:78af5f94892f3950", "xxh3-64:b1fd6fae5285c4eb" },
    { "xxh3-128:99aa06d3014798d86001c324468d497f", "xxh3-128:06b05ab6733a618578af5f94892f3950",
      "xxh3-128:a545df8e384a9579b1fd6fae5285c4eb" },
};

static const struct leat_digest_kind *kind_of(const char *name)
{
    return leat_digest_find((struct leat_span){ (const uint8_t *)name, strlen(name) });
}

/* An answer, or false where this build lacks the algorithm, and says so. */
static bool parse(const char *text, struct leat_digest *ret)
{
    const char *reason = NULL;
    enum leat_status status = leat_digest_parse(text, ret, &reason);
    check(status == LEAT_OK || status == LEAT_UNSUPPORTED);
    check((status == LEAT_OK) == (reason == NULL));
    return status == LEAT_OK;
}

static void digests_to(const struct leat_digest *wanted, const uint8_t *data, size_t len,
                       size_t piece)
{
    struct leat_digester digester;
    struct leat_digest digest;
    check_says_text("kind", wanted->kind->name);
    check_says("len", len);
    check_equal(leat_digester_start(&digester, wanted->kind), LEAT_FAULT_NONE);
    for (size_t at = 0; at < len; at += piece) {
        size_t some = len - at < piece ? len - at : piece;
        /* A look on the way, with what is still to come, changes nothing. */
        check_equal(leat_digester_value(&digester, data + at, len - at, &digest), LEAT_FAULT_NONE);
        check(leat_digest_equal(&digest, wanted));
        leat_digester_update(&digester, data + at, some);
    }
    check_equal(leat_digester_value(&digester, NULL, 0, &digest), LEAT_FAULT_NONE);
    check(leat_digest_equal(&digest, wanted));
    leat_digester_stop(&digester);
    leat_digester_stop(&digester);
}

static void test_answers(void)
{
    static uint8_t million[1000000];
    struct leat_digest digest;
    memset(million, 'a', sizeof(million));
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        if (!parse(answers[i].nothing, &digest))
            continue;
        digests_to(&digest, million, 0, 1);
        check(parse(answers[i].abc, &digest));
        digests_to(&digest, (const uint8_t *)"abc", 3, 1);
        check(parse(answers[i].million, &digest));
        digests_to(&digest, million, sizeof(million), 333333);
    }
}

/* Every kind there is has an answer above. */
static void test_all_are_known(void)
{
    for (size_t i = 0; leat_digest_kinds[i] != NULL; i++) {
        const char *name = leat_digest_kinds[i]->name;
        bool found = false;
        for (size_t j = 0; j < sizeof(answers) / sizeof(answers[0]); j++) {
            size_t len = strlen(name);
            const char *answer = answers[j].nothing;
            found = found || (strncmp(answer, name, len) == 0 && answer[len] == ':');
        }
        check_says_text("kind", name);
        check(found);
        check(kind_of(name) == leat_digest_kinds[i]);
    }
    for (size_t i = 0; leat_digests_missing[i] != NULL; i++)
        check(strstr(leat_digests_missing[i], ": lib") != NULL);
}

static void test_texts(void)
{
    static const struct {
        const char *text, *reason;
    } wrong[] = {
        { "", "no such algorithm" },
        { "crc33:cbf43926", "no such algorithm" },
        { "crc3:cbf43926", "no such algorithm" },
        { "crc32", "no ':' and digest behind the algorithm" },
        { "crc32:", "not as many hexadecimal digits as the algorithm has" },
        { "crc32:cbf4392", "not as many hexadecimal digits as the algorithm has" },
        { "crc32:cbf4392x", "not as many hexadecimal digits as the algorithm has" },
        { "crc32:cbf439260", "more digits than the algorithm has" },
    };
    struct leat_digest digest = { .kind = NULL };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const char *reason;
        check_says_text("text", wrong[i].text);
        check_status(leat_digest_parse(wrong[i].text, &digest, &reason), LEAT_FAULT);
        check_text(reason, wrong[i].reason);
        check(digest.kind == NULL);
    }
    char text[LEAT_DIGEST_TEXT_MAX];
    check(parse("CRC-32:CBF43926", &digest));
    leat_digest_format(&digest, text);
    check_text(text, "crc32:cbf43926");
    digests_to(&digest, (const uint8_t *)"123456789", 9, 4);
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        if (!parse(answers[i].million, &digest))
            continue;
        leat_digest_format(&digest, text);
        check_text(text, answers[i].million);
    }
}

/* What a tool prints of `plain` begins with the digest's digits. */
static void tool_agrees(const char *name, const char *command, const struct sink *plain)
{
    struct sink printed = { 0 };
    struct leat_digest digest;
    char text[LEAT_DIGEST_TEXT_MAX];
    check_says_text("command", command);
    if (kind_of(name) != NULL && codec_command(command, plain, &printed) == 0) {
        size_t len = 2 * kind_of(name)->len;
        check(printed.len >= len);
        snprintf(text, sizeof(text), "%s:%.*s", name, (int)len, (const char *)printed.data);
        check(parse(text, &digest));
        digests_to(&digest, plain->data, plain->len, 1 + plain->len / 3);
    }
    sink_fini(&printed);
}

#define PYTHON(code)                                                                               \
    "python3 -c 'import sys,zlib,hashlib; i=sys.stdin.buffer.read(); print(" code ")'"

static void test_tools(void)
{
    static const struct {
        const char *name, *command;
    } tools[] = {
        { "md5", "md5sum" },
        { "sha1", "sha1sum" },
        { "sha256", "sha256sum" },
        { "sha512", "sha512sum" },
        { "blake2b", "b2sum" },
        { "blake2s", PYTHON("hashlib.blake2s(i).hexdigest()") },
        { "crc32", PYTHON("\"%08x\" % zlib.crc32(i)") },
        { "adler32", PYTHON("\"%08x\" % zlib.adler32(i)") },
        { "xxh64", "xxh64sum" },
        { "xxh3-128", "xxh128sum" },
    };
    static const size_t lens[] = { 0, 1, 63, 64, 65, 5000, 300000 };
    for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
        for (size_t j = 0; j < sizeof(lens) / sizeof(lens[0]); j++) {
            struct sink plain = { 0 };
            codec_text(&plain, lens[j], j + 1, 300);
            tool_agrees(tools[i].name, tools[i].command, &plain);
            sink_fini(&plain);
        }
    }
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_all_are_known);
    check_run(test_answers);
    check_run(test_texts);
    check_run(test_tools);
    return 0;
}
