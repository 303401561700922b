/* The four functions that gcc may call in any freestanding program. */

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);

void *memcpy(void *to, const void *from, size_t len)
{
    return memmove(to, from, len);
}

void *memmove(void *to, const void *from, size_t len)
{
    unsigned char *out = to;
    const unsigned char *in = from;
    if (out < in) {
        for (size_t i = 0; i < len; i++)
            out[i] = in[i];
    } else {
        for (size_t i = len; i > 0; i--)
            out[i - 1] = in[i - 1];
    }
    return to;
}

void *memset(void *to, int byte, size_t len)
{
    unsigned char *out = to;
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t len)
{
    const unsigned char *one = a;
    const unsigned char *other = b;
    for (size_t i = 0; i < len; i++) {
        if (one[i] != other[i])
            return one[i] < other[i] ? -1 : 1;
    }
    return 0;
}
