#include "apps/flags/number.h"

#include <assert.h>
#include <string.h>

/* Read the digits at the start. Returns how many there are; 0 also when they overflow. */
static size_t read_digits(const char *text, uint64_t *ret_number)
{
    assert(text != NULL);
    uint64_t number = 0;
    size_t count = 0;
    for (; text[count] >= '0' && text[count] <= '9'; count++) {
        if (__builtin_mul_overflow(number, 10u, &number) ||
            __builtin_add_overflow(number, (uint64_t)(text[count] - '0'), &number))
            return 0;
    }
    *ret_number = number;
    return count;
}

bool flags_read_number(const char *text, uint64_t *ret_number)
{
    uint64_t number;
    size_t digits = read_digits(text, &number);
    if (digits == 0 || text[digits] != '\0')
        return false;
    *ret_number = number;
    return true;
}

bool flags_read_size(const char *text, uint64_t *ret_bytes)
{
    static const char suffixes[] = "KMGTkmgt";
    uint64_t bytes;
    size_t digits = read_digits(text, &bytes);
    if (digits == 0)
        return false;
    if (text[digits] != '\0') {
        const char *suffix = strchr(suffixes, text[digits]);
        if (suffix == NULL || text[digits + 1] != '\0')
            return false;
        unsigned shift = 10 * (unsigned)((suffix - suffixes) % 4 + 1);
        if (bytes > UINT64_MAX >> shift)
            return false;
        bytes <<= shift;
    }
    *ret_bytes = bytes;
    return true;
}
