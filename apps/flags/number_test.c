/* Numbers and sizes: what is one, what is none, and where 64 bits end. */

#include "apps/flags/number.h"
#include "apps/term/check.h"

#define NONE UINT64_C(0xDEAD)

static const struct {
    const char *text;
    uint64_t number, size; /* NONE: refused, and left untouched */
} cases[] = {
    { "0", 0, 0 },
    { "007", 7, 7 },
    { "18446744073709551615", UINT64_MAX, UINT64_MAX },
    { "18446744073709551616", NONE, NONE },
    { "99999999999999999999999999999999", NONE, NONE },
    { "", NONE, NONE },
    { "-1", NONE, NONE },
    { "+1", NONE, NONE },
    { " 1", NONE, NONE },
    { "1 ", NONE, NONE },
    { "0x10", NONE, NONE },
    { "1.5", NONE, NONE },
    { "K", NONE, NONE },
    { "1K", NONE, 1024 },
    { "1k", NONE, 1024 },
    { "64M", NONE, UINT64_C(64) << 20 },
    { "2G", NONE, UINT64_C(2) << 30 },
    { "1T", NONE, UINT64_C(1) << 40 },
    { "16777215T", NONE, UINT64_C(16777215) << 40 },
    { "16777216T", NONE, NONE },
    { "1KB", NONE, NONE },
    { "1KK", NONE, NONE },
    { "10Q", NONE, NONE },
};

int main(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t number = NONE, size = NONE;
        bool is_number = flags_read_number(cases[i].text, &number);
        bool is_size = flags_read_size(cases[i].text, &size);
        check(number == cases[i].number && is_number == (number != NONE));
        check(size == cases[i].size && is_size == (size != NONE));
    }
    return 0;
}
