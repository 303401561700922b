/* Shows what counts as an ending of a name: the longest that the format lists, in either case, with
 * something before it. */

#include <string.h>

#include "leat/layer/ending.h"
#include "tests/support/check.h"

static size_t ending(const struct leat_format *format, const char *name)
{
    struct leat_span span = { .data = (const uint8_t *)name, .len = strlen(name) };
    return leat_format_ending(format, span);
}

int main(void)
{
    static const char *const endings[] = { ".b", ".tar.b", ".bb", NULL };
    const struct leat_format format = { .name = "b", .endings = endings };
    check(ending(&format, "x.b") == 2);
    check(ending(&format, "x.B") == 2);
    check(ending(&format, "x.tar.b") == 6);
    check(ending(&format, "x.bb") == 3);
    check(ending(&format, ".b") == 0);
    check(ending(&format, "x.c") == 0);
    check(ending(&format, "b") == 0);
    check(ending(&format, "") == 0);

    const struct leat_format nameless = { .name = "n" };
    check(ending(&nameless, "x.n") == 0);
    return 0;
}
