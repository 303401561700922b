/* Where a record's header begins and ends, and what its fields say, each rule by itself. */

#include "leat/container/warc/header.h"
#include "leat/container/warc/value.h"

#include <string.h>

#include "leat/core/assert.h"

static struct leat_span span(const char *text)
{
    return (struct leat_span){ .data = (const uint8_t *)text, .len = strlen(text) };
}

/* --- Where one begins --- */

static enum leat_match probes(const char *text)
{
    enum leat_match match = leat_warc_probe((const uint8_t *)text, strlen(text));
    for (size_t n = 0; n < strlen(text); n++) {
        enum leat_match before = leat_warc_probe((const uint8_t *)text, n);
        leat_assert(before == LEAT_MATCH_MORE || before == match);
    }
    return match;
}

static void test_probe(void)
{
    static const char *const good[] = {
        "WARC/1.0\r\nWARC-Type: x",
        "WARC/1.1\nA:",
        "WARC/0.17\r\nContent-Length:0",
    };
    static const char *const bad[] = {
        "WARD",         "WARC 1.0\r\n",  "WARC/2.0\r\n",    "WARC/1,0",         "WARC/1.\r\n",
        "WARC/1.170\r", "WARC/1.0 x",    "WARC/1.0\r\r\n:", "WARC/1.0\r\n\r\n", "WARC/1.0\r\n:",
        "WARC/1.0\n x", "WARC/1.0\nA B",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        leat_assert(probes(good[i]) == LEAT_MATCH_YES);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        leat_assert(probes(bad[i]) == LEAT_MATCH_NO);
    leat_assert(probes("WARC/1.0\r\nWARC-Ty") == LEAT_MATCH_MORE);
}

/* It never wants more than it says, whatever comes. */
static void test_probe_max(void)
{
    char longest[WARC_PROBE_MAX] = "WARC/1.17\r\n";
    size_t at = strlen(longest);
    memset(longest + at, 'a', sizeof(longest) - at);
    leat_assert(leat_warc_probe((uint8_t *)longest, sizeof(longest)) == LEAT_MATCH_NO);
    longest[sizeof(longest) - 1] = ':';
    leat_assert(leat_warc_probe((uint8_t *)longest, sizeof(longest)) == LEAT_MATCH_YES);
}

static void test_ends(void)
{
    static const char *const whole[] = { "W\r\nA: b\r\n\r\n", "W\nA: b\n\n", "W\n\r\n", "W\r\n\n" };
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
        char more[64];
        size_t len = strlen(whole[i]), passed = 0;
        memcpy(more, whole[i], len);
        memcpy(more + len, "block\n\n", 8);
        for (size_t n = 0; n < len; n++) {
            leat_assert(!leat_warc_header_ends((struct leat_span){ (uint8_t *)more, n }, &passed));
            leat_assert(passed == n);
        }
        leat_assert(leat_warc_header_ends(span(more), &passed) && passed == len);
        passed = 0;
        leat_assert(leat_warc_header_ends(span(more), &passed) && passed == len);
    }
}

/* --- What its fields say --- */

static struct warc_header reads(const char *fields)
{
    static char text[1024];
    struct warc_header header;
    leat_assert(strlen(fields) < sizeof(text) - 32);
    strcpy(text, "WARC/1.0\r\nX: y\r\n");
    strcat(text, fields);
    strcat(text, "\r\n");
    leat_warc_header(span(text), &header);
    return header;
}

static bool is(struct leat_span text, const char *other)
{
    return text.len == strlen(other) && memcmp(text.data, other, text.len) == 0;
}

static void test_fields(void)
{
    struct warc_header header = reads("warc-TYPE \t:\t response \r\n"
                                      "X-Other: 1\r\n"
                                      "Content-Type: Application/HTTP; msgtype=response\r\n"
                                      "no colon\r\n"
                                      "CONTENT-length:12\n"
                                      "WARC-Date: 2014-06-10T11:31:38.5Z\r\n"
                                      "WARC-Target-URI: <http://a/b?c#d>\r\n"
                                      "\tof a folded one: the rest\r\n"
                                      "WARC-Type: metadata\r\n");
    leat_assert(is(header.type, "response") && is(header.uri, "http://a/b?c#d"));
    leat_assert(header.has_length && header.length == 12);
    leat_assert(header.is_http && !header.is_part);
    leat_assert(header.mtime_s == 1402399898 && header.mtime_ns == 500000000);
    header = reads("WARC-Truncated: length\r\nWARC-Target-URI: http://a/\r\nWARC-Type: a/b\r\n"
                   "WARC-Date: now\r\nContent-Length: 9223372036854775807\r\n");
    leat_assert(header.is_part && is(header.uri, "http://a/") && header.type.len == 0);
    leat_assert(header.mtime_s == 0 && header.length == INT64_MAX);
    leat_assert(reads("WARC-Segment-Number: 1\r\n").is_part);
    static const char *const lengths[] = { "", "-1", "1x", "9223372036854775808", "1 2" };
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        char field[64] = "Content-Length: ";
        strcat(strcat(field, lengths[i]), "\r\n");
        leat_assert(!reads(field).has_length);
    }
    leat_assert(!reads("").has_length);
}

/* --- Values --- */

static void date_is(const char *text, int64_t seconds, uint32_t ns)
{
    int64_t found_s;
    uint32_t found_ns;
    leat_assert(leat_warc_date(span(text), &found_s, &found_ns));
    leat_assert(found_s == seconds && found_ns == ns);
}

static void test_dates(void)
{
    date_is("2014", 1388534400, 0);
    date_is("2014-06", 1401580800, 0);
    date_is("2014-06-10", 1402358400, 0);
    date_is("2014-06-10T11:31Z", 1402399860, 0);
    date_is("2014-06-10T11:31:38Z", 1402399898, 0);
    date_is("2014-06-10T11:31:38.000000001Z", 1402399898, 1);
    date_is("2014-06-10T11:31:38.12345678999Z", 1402399898, 123456789);
    date_is("2014-06-10T13:31:38+02:00", 1402399898, 0);
    date_is("2014-06-10T06:01:38-05:30", 1402399898, 0);
    date_is("1969-12-31T23:59:59Z", -1, 0);
    date_is("2016-02-29T00:00:00Z", 1456704000, 0);
    static const char *const bad[] = {
        "",
        "201",
        "2014-",
        "2014-13",
        "2014-00-10",
        "2014-06-32",
        "2014-06-10T11Z",
        "2014-06-10T11:31",
        "2014-06-10T11:60Z",
        "2014-06-10T25:00Z",
        "2014-06-10T11:31:38.Z",
        "2014-06-10T11:31:38+0200",
        "2014-06-10T11:31:38Zx",
        "20140610113138",
        "today",
    };
    int64_t s;
    uint32_t ns;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        leat_assert(!leat_warc_date(span(bad[i]), &s, &ns));
}

/* Those of no bytes; a CRC-32 is there in every build. */
static void test_digests(void)
{
    static const char *const zeros[] = { "crc32:00000000", "CRC-32:AAAAAAA", "crc32:aaaaaaa=" };
    struct leat_digest digest;
    for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++) {
        leat_assert(leat_warc_digest(span(zeros[i]), &digest));
        leat_assert(digest.kind == &leat_digest_crc32 && memcmp(digest.bytes, "\0\0\0\0", 4) == 0);
    }
    leat_assert(leat_warc_digest(span("crc32:cBF43926"), &digest));
    leat_assert(memcmp(digest.bytes, "\xcb\xf4\x39\x26", 4) == 0);
    leat_assert(leat_warc_digest(span("crc32:zp2dsJQ"), &digest));
    leat_assert(memcmp(digest.bytes, "\xcb\xf4\x39\x26", 4) == 0);
    static const char *const bad[] = {
        "",        "crc32",          "00000000",      "crc32:",        "crc32:0000000",
        "none:00", "crc32:0000000g", "crc32:AAAAAA1", "crc32:AAAAAAB", "crc32:000000000",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        leat_assert(!leat_warc_digest(span(bad[i]), &digest));
}

/* Which digest counts, and of what. */
static void test_expected(void)
{
    static const struct {
        const char *fields;
        int is; /* 0: none, 1: the block's, 2: the payload's of all, 3: of the body */
    } rows[] = {
        { "WARC-Type: warcinfo\r\n", 0 },
        { "WARC-Type: metadata\r\nWARC-Block-Digest: crc32:00000001\r\n", 1 },
        { "WARC-Type: resource\r\nWARC-Block-Digest: crc32:00000001\r\n"
          "WARC-Payload-Digest: crc32:00000002\r\n",
          1 },
        { "WARC-Type: resource\r\nWARC-Payload-Digest: crc32:00000002\r\n", 2 },
        { "WARC-Type: resource\r\nWARC-Block-Digest: other:1\r\n"
          "WARC-Payload-Digest: crc32:00000002\r\n",
          2 },
        { "WARC-Type: response\r\nContent-Type: application/http\r\n"
          "WARC-Payload-Digest: crc32:00000002\r\n",
          3 },
        { "WARC-Type: response\r\nWARC-Payload-Digest: crc32:00000002\r\n", 0 },
        { "WARC-Type: revisit\r\nWARC-Payload-Digest: crc32:00000002\r\n", 0 },
        { "WARC-Type: resource\r\nWARC-Truncated: time\r\n"
          "WARC-Payload-Digest: crc32:00000002\r\n",
          0 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct warc_header header = reads(rows[i].fields);
        bool of_body;
        const struct leat_digest *digest = leat_warc_expected(&header, &of_body);
        leat_assert((digest != NULL) == (rows[i].is > 0));
        leat_assert(digest == NULL || digest->bytes[3] == (rows[i].is > 1 ? 2 : 1));
        leat_assert(of_body == (rows[i].is == 3));
    }
}

int main(void)
{
    test_probe();
    test_probe_max();
    test_ends();
    test_fields();
    test_dates();
    test_digests();
    test_expected();
    return 0;
}
