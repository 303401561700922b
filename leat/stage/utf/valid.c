/* Whether bytes are ASCII, or UTF-8. */

#include "leat/core/load.h"
#include "leat/stage/utf/vector.h"

/* Where the character begins that is cut by the end of `data`, all of which is UTF-8 but for that.
 */
static size_t cut_at(const uint8_t *data, size_t len)
{
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        uint8_t byte = data[len - back];
        if (byte < 0x80)
            break;
        if (byte >= 0xc0) {
            size_t need = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
            return need > back ? len - back : len;
        }
    }
    return len;
}

/* The plain loop, which the vectors must agree with. */
static size_t valid_plain(const uint8_t *data, size_t len)
{
    size_t at = 0;
    while (at < len) {
        if (len - at >= 8 && (leat_load_u64le(data + at) & 0x8080808080808080) == 0) {
            at += 8;
            continue;
        }
        if (data[at] < 0x80) {
            at++;
            continue;
        }
        uint32_t c;
        size_t more;
        if (leat_utf8_get(data + at, len - at, &c, &more) != UTF_DONE)
            break;
        at += more;
    }
    return at;
}

size_t leat_utf8_valid_len(const uint8_t *data, size_t len)
{
    leat_utf8_run *run = leat_utf8_run_choose();
    size_t done = run != NULL && len > 0 ? cut_at(data, run(data, len)) : 0;
    return done + valid_plain(data + done, len - done);
}

size_t leat_ascii_len(const uint8_t *data, size_t len)
{
    enum { WORDS = 8, STEP = WORDS * sizeof(uint64_t) };
    size_t at = 0;
    for (; len - at >= STEP; at += STEP) {
        uint64_t any = 0;
        for (unsigned i = 0; i < WORDS; i++)
            any |= leat_load_u64le(data + at + i * sizeof(uint64_t));
        if ((any & 0x8080808080808080) != 0)
            break;
    }
    while (at < len && data[at] < 0x80)
        at++;
    return at;
}
