#include "leat/stage/lz4/xxh32.h"
#include "leat/core/assert.h"
#include "leat/core/load.h"

enum { STRIPE_LEN = LEAT_XXH32_STRIPE_LEN };

#define PRIME_1 0x9e3779b1u
#define PRIME_2 0x85ebca77u
#define PRIME_3 0xc2b2ae3du
#define PRIME_4 0x27d4eb2fu
#define PRIME_5 0x165667b1u

static uint32_t turn(uint32_t n, unsigned bits)
{
    return n << bits | n >> (32 - bits);
}

static uint32_t mix(uint32_t lane, const uint8_t *from)
{
    return turn(lane + leat_load_u32le(from) * PRIME_2, 13) * PRIME_1;
}

/* Whole stripes. The lanes are locals here, so that they stay in registers. */
static void add_stripes(struct leat_xxh32 *self, const uint8_t *data, size_t stripes)
{
    uint32_t a = self->lanes[0];
    uint32_t b = self->lanes[1];
    uint32_t c = self->lanes[2];
    uint32_t d = self->lanes[3];
    for (; stripes > 0; stripes--, data += STRIPE_LEN) {
        a = mix(a, data);
        b = mix(b, data + 4);
        c = mix(c, data + 8);
        d = mix(d, data + 12);
    }
    self->lanes[0] = a;
    self->lanes[1] = b;
    self->lanes[2] = c;
    self->lanes[3] = d;
}

void leat_xxh32_init(struct leat_xxh32 *self)
{
    *self = (struct leat_xxh32){ .lanes = { PRIME_1 + PRIME_2, PRIME_2, 0, 0 - PRIME_1 } };
}

void leat_xxh32_add(struct leat_xxh32 *self, const uint8_t *data, size_t len)
{
    leat_assert(data != NULL || len == 0);
    size_t held = self->len % STRIPE_LEN;
    self->len += len;
    if (held > 0) {
        for (; held < STRIPE_LEN && len > 0; len--)
            self->held[held++] = *data++;
        if (held < STRIPE_LEN)
            return;
        add_stripes(self, self->held, 1);
    }
    add_stripes(self, data, len / STRIPE_LEN);
    size_t rest = len % STRIPE_LEN;
    for (size_t i = 0; i < rest; i++)
        self->held[i] = data[len - rest + i];
    leat_assert(self->len % STRIPE_LEN == rest);
}

uint32_t leat_xxh32_digest(const struct leat_xxh32 *self)
{
    const uint32_t *lanes = self->lanes;
    size_t held = self->len % STRIPE_LEN;
    uint32_t sum = PRIME_5;
    if (self->len >= STRIPE_LEN)
        sum = turn(lanes[0], 1) + turn(lanes[1], 7) + turn(lanes[2], 12) + turn(lanes[3], 18);
    sum += (uint32_t)self->len;
    size_t at = 0;
    for (; at + 4 <= held; at += 4)
        sum = turn(sum + leat_load_u32le(self->held + at) * PRIME_3, 17) * PRIME_4;
    for (; at < held; at++)
        sum = turn(sum + self->held[at] * PRIME_5, 11) * PRIME_1;
    sum = (sum ^ sum >> 15) * PRIME_2;
    sum = (sum ^ sum >> 13) * PRIME_3;
    return sum ^ sum >> 16;
}

uint32_t leat_xxh32(const uint8_t *data, size_t len)
{
    struct leat_xxh32 all;
    leat_xxh32_init(&all);
    leat_xxh32_add(&all, data, len);
    return leat_xxh32_digest(&all);
}
