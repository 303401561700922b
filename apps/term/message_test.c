/* A problem is one line, whatever its parts hold and however long they are. */

#include <unistd.h>

#include "apps/term/check.h"
#include "apps/term/message.h"

static const struct {
    struct term_message message;
    const char *line;
} cases[] = {
    { { .program = "leat",
        .place = "a.tar.gz!b.txt.gz",
        .place_len = 17,
        .part = "gzip",
        .reason = "wrong checksum",
        .has_offset = true,
        .input_offset = 746601 },
      "leat: a.tar.gz!b.txt.gz: gzip: wrong checksum, at input offset 746601\n" },
    { { .program = "leat", .place = "gone", .place_len = 4, .reason = "no such file" },
      "leat: gone: no such file\n" },
    { { .program = "leat grep", .reason = "no pattern" }, "leat grep: no pattern\n" },
    { { .program = "leat", .place = "a\nb\x1b[2J", .place_len = 7, .reason = "x\ny" },
      "leat: a\\x0ab\\x1b[2J: x\\x0ay\n" },
    { { .program = "leat", .place = "cut here", .place_len = 3, .reason = "r", .has_offset = true },
      "leat: cut: r, at input offset 0\n" },
};

static void test_cases(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct term_buffer buffer = { 0 };
        term_put_message(&buffer, &cases[i].message);
        check_text(cases[i].line, &buffer, cases[i].line);
        term_buffer_fini(&buffer);
    }
}

/* Everything too long at once still is one line of one write, with its offset. */
static void test_longest(void)
{
    static char text[100000];
    memset(text, '\x1b', sizeof(text) - 1);
    int ends[2];
    check(pipe(ends) == 0);
    struct term_output output;
    term_output_init(&output, ends[1]);
    term_message(&output, &(struct term_message){ .program = text,
                                                  .place = text,
                                                  .place_len = sizeof(text) - 1,
                                                  .part = text,
                                                  .reason = text,
                                                  .has_offset = true,
                                                  .input_offset = UINT64_MAX });
    check(output.status == TERM_OK);
    char line[2 * TERM_MESSAGE_MAX];
    ssize_t len = read(ends[0], line, sizeof(line));
    check(len > 0 && len <= TERM_MESSAGE_MAX);
    check(memchr(line, '\n', (size_t)len) == line + len - 1);
    check(memmem(line, (size_t)len, "...: ", 5) != NULL);
    check(memmem(line, (size_t)len, ", at input offset 18446744073709551615\n", 39) != NULL);
    term_output_fini(&output);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    test_cases();
    test_longest();
    return 0;
}
