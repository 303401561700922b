#include "leat/container/lha/header.h"

/* The first bytes of a header, of which levels differ in what stands before the method.
 *
 *      level 0, 1        level 2            level 3
 *      0   size of it    0   size, 2 bytes  0   4, the size of a size, 2 bytes
 *      1   its sum
 *      2   "-lh5-"
 *      7   bytes packed, 4;  11  bytes unpacked, 4;  15  time, 4;  19  attributes
 *      20  level
 *      21  length of the name; name; CRC (0, 1)   21  CRC of the bytes; 23  system (2, 3) */
enum {
    METHOD_AT = 2,
    LEVEL_AT = 20,
    NAME_LEN_AT = 21,
    NAME_AT = 22,
    SIZED_01_AT = 2, /* what the size and the sum of these levels count from */
    SIZE_0_MIN = 22,
    SIZE_1_MIN = 25,
    SIZE_2_MIN = 26,
};

static bool is_method(const uint8_t *at)
{
    bool family = at[0] == '-' && at[1] == 'l' && (at[2] == 'h' || at[2] == 'z') && at[4] == '-';
    bool digit = at[3] >= '0' && at[3] <= '9';
    return family && (digit || at[3] == 'd' || at[3] == 's');
}

/* Both know the sum of all their bytes. Not more of them are asked for than there are. */
static enum leat_match judge_01(const uint8_t *data, size_t len)
{
    size_t size = data[0];
    size_t min = data[LEVEL_AT] == 0 ? SIZE_0_MIN : SIZE_1_MIN;
    uint8_t sum = 0;
    if (len < NAME_AT)
        return LEAT_MATCH_MORE;
    if (size < min || data[NAME_LEN_AT] > size - min)
        return LEAT_MATCH_NO;
    if (len < SIZED_01_AT + size)
        return LEAT_MATCH_MORE;
    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + data[SIZED_01_AT + i]);
    return sum == data[1] ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

static enum leat_match judge_level(const uint8_t *data, size_t len)
{
    size_t size = data[0] | (size_t)data[1] << 8;
    switch (data[LEVEL_AT]) {
    case 0:
    case 1:
        return judge_01(data, len);
    case 2:
        return size >= SIZE_2_MIN && data[0] != 0 ? LEAT_MATCH_YES : LEAT_MATCH_NO;
    case 3:
        return size == 4 ? LEAT_MATCH_YES : LEAT_MATCH_NO;
    default:
        return LEAT_MATCH_NO;
    }
}

enum leat_match leat_lha_probe(const uint8_t *data, size_t len)
{
    if (len > METHOD_AT && data[METHOD_AT] != '-')
        return LEAT_MATCH_NO;
    if (len < METHOD_AT + 5)
        return LEAT_MATCH_MORE;
    if (!is_method(data + METHOD_AT))
        return LEAT_MATCH_NO;
    return len <= LEVEL_AT ? LEAT_MATCH_MORE : judge_level(data, len);
}
