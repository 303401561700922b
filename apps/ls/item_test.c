/* A listing's lines, as text and as JSON: by a table of whole lines, and for names of every byte,
 * the largest numbers and the most layers, where JSON is checked by the grammar and text is one
 * line that a terminal may see. */

#include "apps/ls/item.h"

#include <string.h>

#include "tests/support/check.h"
#include "tests/support/json.h"

#define SPAN(text) ((struct leat_span){ (const uint8_t *)(text), sizeof(text) - 1 })

static const struct leat_format gzip = { .name = "gzip" }, tar = { .name = "tar" };
static const struct leat_peeled both = { .decoded = { &gzip },
                                         .decoded_len = 1,
                                         .container = &tar };
static const struct leat_entry link_entry = {
    .kind = LEAT_ENTRY_LINK,
    .target = { (const uint8_t *)"\x1b[2J", 4 },
    .size = 0,
    .packed_size = LEAT_SIZE_UNKNOWN,
    .mtime_s = -1,
    .mode = 0777,
};
static const struct leat_entry file_entry = {
    .kind = LEAT_ENTRY_FILE,
    .method = "deflate",
    .size = 12,
    .packed_size = 9,
    .mtime_s = 1700000000,
    .mode = 0644,
};

static const struct {
    struct item item;
    const char *text, *json;
} cases[] = {
    { { .place = { (const uint8_t *)"a.tgz", 5 },
        .kind = "file",
        .peeled = &both,
        .size = LEAT_SIZE_UNKNOWN },
      "           -  gzip, tar             a.tgz\n",
      "{\"depth\":0,\"place\":\"a.tgz\",\"name\":\"a.tgz\",\"kind\":\"file\",\"size\":null,"
      "\"layers\":[\"gzip\"],\"container\":\"tar\"}\n" },
    { { .place = { (const uint8_t *)"a.zip!b\n", 8 },
        .name_at = 6,
        .depth = 1,
        .kind = "file",
        .entry = &file_entry,
        .size = 12 },
      "          12  deflate                 b\\x0a\n",
      "{\"depth\":1,\"place\":\"a.zip!b\\n\",\"name\":\"b\\n\",\"kind\":\"file\",\"size\":12,"
      "\"packed_size\":9,\"method\":\"deflate\",\"mode\":420,\"mtime\":1700000000}\n" },
    { { .place = { (const uint8_t *)"\xff!\xc3", 3 },
        .name_at = 2,
        .depth = 1,
        .kind = "link",
        .entry = &link_entry },
      "           0  -                       \\xc3 -> \\x1b[2J\n",
      "{\"depth\":1,\"place\":\"\xEF\xBF\xBD!\xEF\xBF\xBD\",\"name\":\"\xEF\xBF\xBD\","
      "\"kind\":\"link\",\"size\":0,\"packed_size\":null,\"target\":\"\\u001b[2J\",\"mode\":511,"
      "\"mtime\":-1,\"not_utf8\":true}\n" },
};

static const struct term_style escaping = { .escape = true };

static void check_json(const struct term_buffer *buffer)
{
    check(!buffer->cut && buffer->data[buffer->len - 1] == '\n');
    check_equal(json_check(buffer->data, buffer->len), buffer->len - 1);
    for (size_t i = 0; i + 1 < buffer->len; i++)
        check((unsigned char)buffer->data[i] >= 0x20);
}

static void check_line(const struct term_buffer *buffer)
{
    check(!buffer->cut && buffer->data[buffer->len - 1] == '\n');
    for (size_t i = 0; i + 1 < buffer->len; i++)
        check((unsigned char)buffer->data[i] >= 0x20 && buffer->data[i] != 0x7f);
}

static void test_table(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_says("case", i);
        struct term_buffer buffer = { 0 };
        item_put_text(&buffer, escaping, &cases[i].item);
        check_bytes(buffer.data, buffer.len, cases[i].text, strlen(cases[i].text));
        term_buffer_clear(&buffer);
        item_put_json(&buffer, &cases[i].item);
        check_json(&buffer);
        check_bytes(buffer.data, buffer.len, cases[i].json, strlen(cases[i].json));
        term_buffer_fini(&buffer);
    }
}

/* Every byte in a place, its name and a link's target. */
static void test_every_byte(void)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        check_says("byte", byte);
        const uint8_t text[] = { 'a', '!', (uint8_t)byte, 'b' };
        struct leat_entry entry = link_entry;
        entry.target = (struct leat_span){ text, sizeof(text) };
        const struct item item = {
            .place = { text, sizeof(text) }, .name_at = 2, .kind = "link", .entry = &entry
        };
        struct term_buffer buffer = { 0 };
        item_put_json(&buffer, &item);
        check_json(&buffer);
        term_buffer_clear(&buffer);
        item_put_text(&buffer, escaping, &item);
        check_line(&buffer);
        /* For another program, and not for a terminal, a name is as it is. */
        term_buffer_clear(&buffer);
        item_put_text(&buffer, (struct term_style){ 0 }, &item);
        check(memmem(buffer.data, buffer.len, text + 2, 2) != NULL);
        term_buffer_fini(&buffer);
    }
}

/* The most there can be of everything is all shown. */
static void test_most(void)
{
    struct leat_peeled peeled = { .decoded_len = LEAT_PEEL_LAYERS_MAX, .container = &tar };
    for (size_t i = 0; i < LEAT_PEEL_LAYERS_MAX; i++)
        peeled.decoded[i] = &gzip;
    struct leat_entry entry = { .size = UINT64_MAX - 1,
                                .packed_size = UINT64_MAX - 1,
                                .mtime_s = INT64_MIN,
                                .mode = UINT32_MAX };
    const struct item item = { .place = SPAN("a"),
                               .depth = UINT16_MAX,
                               .kind = "file",
                               .entry = &entry,
                               .peeled = &peeled,
                               .size = UINT64_MAX - 1 };
    struct term_buffer buffer = { 0 };
    item_put_json(&buffer, &item);
    check_json(&buffer);
    static const char numbers[] = "\"size\":18446744073709551614,\"packed_size\":"
                                  "18446744073709551614,\"mode\":4294967295,"
                                  "\"mtime\":-9223372036854775808,\"layers\":[\"gzip\",";
    check(memmem(buffer.data, buffer.len, numbers, strlen(numbers)) != NULL);
    term_buffer_clear(&buffer);
    item_put_text(&buffer, escaping, &item);
    check_line(&buffer);
    size_t shown = 0;
    for (size_t i = 0; i + 6 <= buffer.len; i++)
        shown += memcmp(buffer.data + i, "gzip, ", 6) == 0;
    check_equal(shown, LEAT_PEEL_LAYERS_MAX);
    check(memmem(buffer.data, buffer.len, "18446744073709551614  gzip, ", 28) != NULL);
    check(memmem(buffer.data, buffer.len, "gzip, tar  ", 11) != NULL);
    term_buffer_fini(&buffer);
}

static void test_faults(void)
{
    const struct leat_fault fault = { .code = LEAT_FAULT_CORRUPT,
                                      .part = "gzip",
                                      .reason = "wrong checksum",
                                      .name = "\x1b",
                                      .offset = 7 };
    const struct leat_fault bare = { .code = LEAT_FAULT_BOUND, .offset = UINT64_MAX - 1 };
    struct term_buffer buffer = { 0 };
    item_put_fault_json(&buffer, SPAN("a\xff"), 2, &fault);
    check_json(&buffer);
    static const char json[] = "{\"depth\":2,\"place\":\"a\xEF\xBF\xBD\",\"kind\":\"fault\","
                               "\"part\":\"gzip\",\"reason\":\"wrong checksum\","
                               "\"input_offset\":7,\"not_utf8\":true}\n";
    check_bytes(buffer.data, buffer.len, json, strlen(json));
    term_buffer_clear(&buffer);
    item_put_fault_json(&buffer, SPAN("a"), 0, &bare);
    check_json(&buffer);
    term_buffer_clear(&buffer);
    item_put_fault(&buffer, 1, &fault);
    check_line(&buffer);
    check(memmem(buffer.data, buffer.len, "  ! gzip: wrong checksum, at input offset 7\n", 44));
    term_buffer_clear(&buffer);
    item_put_fault(&buffer, 0, &bare);
    check_line(&buffer);
    term_buffer_fini(&buffer);
}

int main(int argc, char **argv)
{
    (void)check_begin(argc, argv);
    check_run(test_table);
    check_run(test_every_byte);
    check_run(test_most);
    check_run(test_faults);
    return 0;
}
