#include "leat/container/zip/name.h"

/* The upper half of code page 437, the IBM PC's, in Unicode. */
static const uint16_t cp437[128] = {
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef,
    0x00ee, 0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9,
    0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa,
    0x00f1, 0x00d1, 0x00aa, 0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557,
    0x255d, 0x255c, 0x255b, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f,
    0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559,
    0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580,
    0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4, 0x03a6, 0x0398, 0x03a9, 0x03b4,
    0x221e, 0x03c6, 0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248,
    0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};

/* The length of the valid UTF-8 sequence at the start of `len` > 0 bytes; 0 when there is none. */
static size_t sequence_len(const uint8_t *at, size_t len)
{
    uint8_t first = at[0];
    size_t n = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (n == 0 || n > len || first > 0xf4)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    /* Longer than it need be, a surrogate, or past the last code point. */
    if ((first == 0xe0 && at[1] < 0xa0) || (first == 0xed && at[1] >= 0xa0) ||
        (first == 0xf0 && at[1] < 0x90) || (first == 0xf4 && at[1] >= 0x90))
        return 0;
    return n;
}

bool leat_zip_is_utf8(struct leat_span text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.len && n > 0; i += n)
        n = sequence_len(text.data + i, text.len - i);
    return n > 0;
}

static enum leat_status add_cp437(struct leat_gather *to, struct leat_container *c, uint8_t byte)
{
    uint16_t code = byte < 0x80 ? byte : cp437[byte - 0x80];
    uint8_t utf8[3] = { byte };
    size_t len = 1;
    if (code >= 0x800) {
        utf8[0] = (uint8_t)(0xe0 | code >> 12);
        utf8[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
        utf8[2] = (uint8_t)(0x80 | (code & 0x3f));
        len = 3;
    } else if (code >= 0x80) {
        utf8[0] = (uint8_t)(0xc0 | code >> 6);
        utf8[1] = (uint8_t)(0x80 | (code & 0x3f));
        len = 2;
    }
    return leat_gather_add(to, c, utf8, len);
}

enum leat_status leat_zip_name(struct leat_gather *to, struct leat_container *c,
                               struct leat_span stored, bool says_utf8)
{
    to->len = 0;
    if (says_utf8 || leat_zip_is_utf8(stored))
        return leat_gather_add(to, c, stored.data, stored.len);
    enum leat_status status = LEAT_OK;
    for (size_t i = 0; i < stored.len && status == LEAT_OK; i++)
        status = add_cp437(to, c, stored.data[i]);
    return status;
}
