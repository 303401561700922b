/* How far names are apart, from a table worked out by hand, and the same in both directions. */

#include "apps/flags/suggest.h"
#include "apps/term/check.h"

static const struct {
    const char *a, *b;
    size_t distance;
} cases[] = {
    { "", "", 0 },
    { "", "abc", 3 },
    { "color", "color", 0 },
    { "colr", "color", 1 },
    { "colour", "color", 1 },
    { "cloor", "color", 1 },
    { "calar", "color", 2 },
    { "ignor-case", "ignore-case", 1 },
    { "abcd", "badc", 2 },
};

int main(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *a = cases[i].a, *b = cases[i].b;
        check(flags_distance(a, strlen(a), b, strlen(b)) == cases[i].distance);
        check(flags_distance(b, strlen(b), a, strlen(a)) == cases[i].distance);
    }
    static char far[100000];
    memset(far, 'a', sizeof(far));
    check(flags_distance(far, FLAGS_NAME_MAX, "", 0) == FLAGS_NAME_MAX);
    check(flags_distance(far, sizeof(far), "a", 1) == SIZE_MAX);
    return 0;
}
