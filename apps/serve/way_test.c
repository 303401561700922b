/* Shows how entries of every sort of name lie to the way of a target, and as what those below stand
 * in a list. */

#include "apps/serve/way.h"

#include <string.h>

#include "apps/http/text.h"
#include "tests/support/check.h"

#define FILE_  LEAT_ENTRY_FILE
#define FOLDER LEAT_ENTRY_FOLDER

static const struct {
    const char *target;
    size_t depth;
    const char *name;
    enum leat_entry_kind kind;
    enum way_lies lies;
    const char *row; /* of what lies below; with a '/' behind it where there is more of the name */
} cases[] = {
    { "/a!/b", 1, "b", FILE_, WAY_THERE, NULL },
    { "/a!/b", 1, "./b", FILE_, WAY_THERE, NULL },
    { "/a!/b", 1, "././b", FILE_, WAY_THERE, NULL },
    { "/a!/b", 1, ".//b", FILE_, WAY_ELSEWHERE, NULL },
    { "/a!/b", 1, "/b", FILE_, WAY_ELSEWHERE, NULL },
    { "/a!/b", 1, "bc", FILE_, WAY_ELSEWHERE, NULL },
    { "/a!/b", 1, "", FILE_, WAY_ELSEWHERE, NULL },
    { "/a!/b", 1, "b/c", FILE_, WAY_BELOW, "c" },
    { "/a!/b", 1, "b/c/d", FILE_, WAY_BELOW, "c/" },
    { "/a!/b", 1, "b//c/d", FILE_, WAY_BELOW, "/c/" },
    { "/a!/b", 1, "b/", FOLDER, WAY_THERE, NULL },
    { "/a!/b", 1, "b", FOLDER, WAY_THERE, NULL },
    { "/a!/b", 1, "b/", FILE_, WAY_BELOW, "" },
    { "/a!/b/%2F", 1, "b/", FILE_, WAY_THERE, NULL },
    { "/a!/%2F/etc/passwd", 1, "/etc/passwd", FILE_, WAY_THERE, NULL },
    { "/a!/..%2F/x", 1, "../x", FILE_, WAY_THERE, NULL },
    { "/a!/..%2F/", 1, "../x/y", FILE_, WAY_BELOW, "x/" },
    { "/a!/%2F", 1, "", FILE_, WAY_THERE, NULL },
    { "/a!/%2F/", 1, "/x", FILE_, WAY_BELOW, "x" },
    { "/a!/", 1, "", FILE_, WAY_BELOW, "" },
    { "/a!/", 1, "x", FILE_, WAY_BELOW, "x" },
    { "/a!/", 1, "./x/y", FILE_, WAY_BELOW, "x/" },
    { "/a!/", 1, "/etc/x", FILE_, WAY_BELOW, "/etc/" },
    { "/a!/", 1, "../../x", FILE_, WAY_BELOW, "../../x" },
    { "/a!/", 1, "..", FOLDER, WAY_BELOW, ".." },
    { "/a!/", 1, ".", FILE_, WAY_BELOW, "." },
    { "/a!/", 1, ".", FOLDER, WAY_THERE, NULL },
    { "/a!/", 1, "./", FOLDER, WAY_THERE, NULL },
    { "/a!/b", 1, "./", FOLDER, WAY_ELSEWHERE, NULL },
    /* What is stepped into, and names with a `!` of their own. */
    { "/a!/b!/c", 1, "b", FILE_, WAY_ON, NULL },
    { "/a!/b!/c", 1, "b/c", FILE_, WAY_ELSEWHERE, NULL },
    { "/a!/b!/c", 1, "b!c", FILE_, WAY_ELSEWHERE, NULL },
    { "/a!/b!/c", 1, "c", FILE_, WAY_ELSEWHERE, NULL },
    { "/a!/b!/c", 2, "c", FILE_, WAY_THERE, NULL },
    { "/a!/b!/c", 2, "b", FILE_, WAY_ELSEWHERE, NULL },
    { "/a!/b!/", 2, "x!y/z", FILE_, WAY_BELOW, "x!y/" },
    { "/a!/b%21/c", 1, "b!/c", FILE_, WAY_THERE, NULL },
};

static struct leat_span span_of(const char *text)
{
    return (struct leat_span){ (const uint8_t *)text, strlen(text) };
}

static void test_lies(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t room[64];
        struct http_target target;
        const struct leat_entry entry = { .name = span_of(cases[i].name), .kind = cases[i].kind };
        check_says_text("target", cases[i].target);
        check_says_text("name", cases[i].name);
        check_equal(http_target_parse(span_of(cases[i].target),
                                      (struct leat_room){ room, sizeof(room) }, &target),
                    0);
        const struct way way = way_of(&target);
        check_equal(way_lies(&way, cases[i].depth, &entry), cases[i].lies);
        if (cases[i].row == NULL)
            continue;
        bool is_all;
        const size_t len = strlen(cases[i].row);
        const bool more = len > 0 && cases[i].row[len - 1] == '/';
        const struct leat_span row = way_row(&way, &entry, &is_all);
        check_bytes(row.data, row.len, cases[i].row, len - more);
        check_equal(is_all, !more);
    }
}

int main(int argc, char **argv)
{
    (void)check_begin(argc, argv);
    check_run(test_lies);
    return 0;
}
