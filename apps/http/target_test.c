/* Shows which file a target means, by a table of targets good and bad, and that a path that was
 * encoded is read back as it was. */

#include "apps/http/target.h"

#include <stdlib.h>
#include <string.h>

#include "apps/http/text.h"
#include "tests/support/check.h"

enum { ROOM = 256 };

/* In memory of just its length, so that reading past it shows; it lives until the next. */
static unsigned parse(const char *text, uint8_t room[ROOM], struct http_target *ret)
{
    static uint8_t *copy;
    const size_t len = strlen(text);
    check_says_text("target", text);
    check(len < ROOM);
    free(copy);
    copy = malloc(len > 0 ? len : 1);
    check(copy != NULL);
    memcpy(copy, text, len);
    return http_target_parse((struct leat_span){ copy, len }, (struct leat_room){ room, len + 1 },
                             ret);
}

/* The names as a place on the command line, and a '/' where it ended in one. */
static void write_place(const struct http_target *target, char *to)
{
    struct leat_span inner = target->inner, name;
    size_t steps = 0;
    check_equal(target->outer.data[target->outer.len], 0);
    memcpy(to, target->outer.data, target->outer.len);
    to += target->outer.len;
    for (; http_target_next(&inner, &name); steps++) {
        check_equal(name.data[name.len], 0);
        *to++ = '!';
        memcpy(to, name.data, name.len);
        to += name.len;
    }
    check_equal(steps, target->steps);
    if (target->folder)
        *to++ = '/';
    *to = '\0';
}

static void test_good(void)
{
    static const struct {
        const char *target, *place, *query, *authority;
    } cases[] = {
        { "/", "/", NULL, NULL },
        { "/a", "a", NULL, NULL },
        { "/a/", "a/", NULL, NULL },
        { "/a/b%20c?d=/../%zz?", "a/b c", "d=/../%zz?", NULL },
        { "/?", "/", "", NULL },
        { "/a?", "a", "", NULL },
        { "//a///b//", "a/b/", NULL, NULL },
        { "/./a/././b/.", "a/b/", NULL, NULL },
        { "/%2e/a/%2E", "a/", NULL, NULL },
        { "/.", "/", NULL, NULL },
        { "/.a/..b/c../...", ".a/..b/c../...", NULL, NULL },
        { "/%41%7a%C3%a4\xc3\xa4", "Az\xc3\xa4\xc3\xa4", NULL, NULL },
        { "/a%0ab%5c%3f%23%25", "a\nb\\?#%", NULL, NULL },
        { "/%252e%252e/a", "%2e%2e/a", NULL, NULL },
        { "http://h", "/", NULL, "h" },
        { "http://h?a", "/", "a", "h" },
        { "HTTPS://[::1]:80/a", "a", NULL, "[::1]:80" },
        /* Steps. */
        { "/backup.tar.zst!/docs/a.html", "backup.tar.zst!docs/a.html", NULL, NULL },
        { "/a/b.zip!/", "a/b.zip!/", NULL, NULL },
        { "/a.zip!//b/./c.tar!/d/", "a.zip!b/c.tar!d/", NULL, NULL },
        { "/a.zip!/b.tar!/", "a.zip!b.tar!/", NULL, NULL },
        { "/a.zip!?b", "a.zip!", "b", NULL },
        { "/a.zip!", "a.zip!", NULL, NULL },
        { "/a!b/c", "a!b/c", NULL, NULL },
        { "/a%21/b", "a!/b", NULL, NULL },
        { "/a%21!/b", "a!!b", NULL, NULL },
        { "/a!!/b", "a!!b", NULL, NULL },
        { "/a?b!/c", "a", "b!/c", NULL },
        /* Names inside that no client would keep. */
        { "/a!/%2F/etc/passwd", "a!/etc/passwd", NULL, NULL },
        { "/a!/%2f/%2F/x", "a!//x", NULL, NULL },
        { "/a!/..%2F/%2e%2E%2f/x", "a!../../x", NULL, NULL },
        { "/a!/b/%2F/c/.%2F/d/", "a!b//c/./d/", NULL, NULL },
        { "/a!/%2F", "a!", NULL, NULL },
        { "/a!/%2F/", "a!/", NULL, NULL },
        { "/a!/x/%2F", "a!x/", NULL, NULL },
        { "/a!/%2F!/..%2F!/", "a!!..!/", NULL, NULL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_target target;
        uint8_t room[ROOM];
        char place[2 * ROOM];
        check_equal(parse(cases[i].target, room, &target), 0);
        write_place(&target, place);
        check_text(place, cases[i].place);
        check_equal(target.has_query, cases[i].query != NULL);
        if (cases[i].query != NULL)
            check_bytes(target.query.data, target.query.len, cases[i].query,
                        strlen(cases[i].query));
        check_equal(target.authority.data != NULL, cases[i].authority != NULL);
        if (cases[i].authority != NULL)
            check_bytes(target.authority.data, target.authority.len, cases[i].authority,
                        strlen(cases[i].authority));
    }
}

#define EIGHT(x) x x x x x x x x

static void test_bad(void)
{
    static const struct {
        unsigned status;
        const char *target;
    } cases[] = {
        { 400, "" },
        { 400, "*" },
        { 400, "a" },
        { 400, "?" },
        { 400, "h:80" },
        { 400, "http" },
        { 400, "http:" },
        { 400, "http:/a" },
        { 400, "http://" },
        { 400, "http:///a" },
        { 400, "http://u@h/" },
        { 400, "http://h#a" },
        { 400, "ftp://h/" },
        { 400, "httpss://h/" },
        { 400, "/a#b" },
        { 400, "/a?b#c" },
        { 400, "/a b" },
        { 400, "/a?b c" },
        { 400, "/a? b" },
        { 400, "/a?#b" },
        { 400, "/a?\x7f" },
        { 400, "/a\x7f" },
        { 400, "/a\tb" },
        { 400, "/%" },
        { 400, "/%4" },
        { 400, "/abc%" },
        { 400, "/abc%4" },
        { 400, "/%4/" },
        { 400, "/%g0" },
        { 400, "/%0g" },
        { 400, "/%%41" },
        { 400, "/%00" },
        { 400, "/a%2fb" },
        { 400, "/a%2Fb" },
        { 400, "/.." },
        { 400, "/../a" },
        { 400, "/a/../b" },
        { 400, "/%2e%2e/a" },
        { 400, "/%2E./a" },
        { 400, "/.%2e" },
        { 400, "/a.zip!/../b" },
        { 400, "/a.zip!/%2Fb" },
        { 400, "/a.zip!/b%2F/c" },
        { 400, "/a.zip!/..%2Fb" },
        { 400, "/a.zip!/..%2F%2F/b" },
        { 400, "/%2F/a" },
        { 400, "/..%2F/a" },
        { 400, "/..!/a" },
        { 0, "/a/..!" },
        { 404, "/!/a" },
        { 404, "/a/!/b" },
        { 404, "/.!/a" },
        { 404, "/a/.!/b" },
        { 404, "/a.zip!/!/b" },
        { 404, "/a.zip!/.!/b" },
        { 404, "/" EIGHT("a!/") EIGHT("a!/") "a!/" },
        { 0, "/" EIGHT("a!/") EIGHT("a!/") "a" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_target target;
        uint8_t room[ROOM];
        check_equal(parse(cases[i].target, room, &target), cases[i].status);
    }
}

/* Any room that is smaller than what is written is refused. */
static void test_room(void)
{
    static const struct leat_span text = { (const uint8_t *)"/ab/c!/d%20e!/", 14 };
    const size_t wanted = strlen("ab/c!d e!") + 1;
    for (size_t len = 0; len <= text.len + 1; len++) {
        uint8_t room[16];
        struct http_target target;
        memset(room, 0xee, sizeof(room));
        check_says("room", len);
        const unsigned status = http_target_parse(text, (struct leat_room){ room, len }, &target);
        check_equal(status, len < wanted ? 414 : 0);
        for (size_t i = len; i < sizeof(room); i++)
            check_equal(room[i], 0xee);
    }
}

static void test_encode(void)
{
    char space[1024];
    struct term_buffer buffer = term_buffer_fixed(space, sizeof(space));
    http_put_path(&buffer, http_span("a/b c!/d:e?f#g%h\"<>&'\xc3\xa4~-._09Z\n"));
    static const char encoded[] = "a/b%20c%21/d%3Ae%3Ff%23g%25h%22%3C%3E%26%27%C3%A4~-._09Z%0A";
    check_bytes(buffer.data, buffer.len, encoded, sizeof(encoded) - 1);

    /* Each byte but NULL and '/' is read back. */
    for (unsigned byte = 1; byte < 256; byte++) {
        const uint8_t name[] = { 'x', (uint8_t)byte };
        uint8_t room[ROOM];
        struct http_target target;
        if (byte == '/')
            continue;
        buffer = term_buffer_fixed(space, sizeof(space));
        term_putc(&buffer, '/');
        http_put_path(&buffer, (struct leat_span){ name, 2 });
        check_equal(http_target_parse((struct leat_span){ (uint8_t *)buffer.data, buffer.len },
                                      (struct leat_room){ room, sizeof(room) }, &target),
                    0);
        check_bytes(target.outer.data, target.outer.len, name, 2);
        check(target.steps == 0 && !target.folder && !target.has_query);
    }
}

/* Any name inside an archive is read back, from a path that has nothing for a client to resolve. */
static void test_names(void)
{
    static const char *const names[] = {
        "a",  "/a",  "//a",    "a//b",     "a/",  "/",      "",  ".",    "..",  "../a",
        "./", "a/.", "a/../b", "../../..", "...", "/./../", "!", "a!/b", "%2F", "..%2F",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char space[256];
        uint8_t room[ROOM];
        struct http_target target;
        struct term_buffer text = term_buffer_fixed(space, sizeof(space));
        struct leat_span inner, name;
        check_says_text("name", names[i]);
        term_puts(&text, "/x!/");
        http_put_name(&text, (struct leat_span){ (const uint8_t *)names[i], strlen(names[i]) });
        term_putc(&text, '\0');
        check(strstr(space, "//") == NULL && strstr(space, "/./") == NULL);
        check(strstr(space, "/../") == NULL);
        check_equal(parse(space, room, &target), 0);
        inner = target.inner;
        check(http_target_next(&inner, &name) && inner.len == 0);
        check_bytes(name.data, name.len, names[i], strlen(names[i]));
        check(!target.folder && !target.bare);
    }
}

int main(int argc, char **argv)
{
    (void)check_begin(argc, argv);
    check_run(test_good);
    check_run(test_bad);
    check_run(test_room);
    check_run(test_encode);
    check_run(test_names);
    return 0;
}
