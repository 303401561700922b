#ifndef LEAT_CORE_LOAD_H
#define LEAT_CORE_LOAD_H

#include "leat/core/compiler.h"

/* Numbers in memory, at any alignment, in either byte order: one instruction each where the
 * machine has it.
 *
 *     uint32_t leat_load_u32le(const uint8_t *from);
 *     void leat_store_u32le(uint8_t *to, uint32_t value);
 *
 * and so for u16, u32, u64, i16, i32, i64, f32 and f64, each in le and be; and u8 and i8. */

#define LEAT_TO_LE(bits, x) (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? (x) : LEAT_SWAP_##bits(x))
#define LEAT_TO_BE(bits, x) (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? (x) : LEAT_SWAP_##bits(x))
#define LEAT_SWAP_16(x)     __builtin_bswap16(x)
#define LEAT_SWAP_32(x)     __builtin_bswap32(x)
#define LEAT_SWAP_64(x)     __builtin_bswap64(x)

/* A number that may lie anywhere and alias anything. */
struct leat_any_16 {
    uint16_t n;
} __attribute__((packed, may_alias));
struct leat_any_32 {
    uint32_t n;
} __attribute__((packed, may_alias));
struct leat_any_64 {
    uint64_t n;
} __attribute__((packed, may_alias));

/* One pair for a type of `bits` bits; the union turns the unsigned number into the type. */
#define LEAT_LOAD_STORE(name, type, bits, ORDER)                                                   \
    static inline type leat_load_##name(const uint8_t *from)                                       \
    {                                                                                              \
        union {                                                                                    \
            uint##bits##_t n;                                                                      \
            type value;                                                                            \
        } as;                                                                                      \
        as.n = LEAT_TO_##ORDER(bits, ((const struct leat_any_##bits *)(const void *)from)->n);     \
        return as.value;                                                                           \
    }                                                                                              \
    static inline void leat_store_##name(uint8_t *to, type value)                                  \
    {                                                                                              \
        union {                                                                                    \
            type value;                                                                            \
            uint##bits##_t n;                                                                      \
        } as;                                                                                      \
        as.value = value;                                                                          \
        ((struct leat_any_##bits *)(void *)to)->n = LEAT_TO_##ORDER(bits, as.n);                   \
    }

#define LEAT_LOAD_STORE_BOTH(name, type, bits)                                                     \
    LEAT_LOAD_STORE(name##le, type, bits, LE)                                                      \
    LEAT_LOAD_STORE(name##be, type, bits, BE)

LEAT_LOAD_STORE_BOTH(u16, uint16_t, 16)
LEAT_LOAD_STORE_BOTH(u32, uint32_t, 32)
LEAT_LOAD_STORE_BOTH(u64, uint64_t, 64)
LEAT_LOAD_STORE_BOTH(i16, int16_t, 16)
LEAT_LOAD_STORE_BOTH(i32, int32_t, 32)
LEAT_LOAD_STORE_BOTH(i64, int64_t, 64)
LEAT_LOAD_STORE_BOTH(f32, float, 32)
LEAT_LOAD_STORE_BOTH(f64, double, 64)

static inline uint8_t leat_load_u8(const uint8_t *from)
{
    return *from;
}

static inline void leat_store_u8(uint8_t *to, uint8_t value)
{
    *to = value;
}

static inline int8_t leat_load_i8(const uint8_t *from)
{
    return (int8_t)*from;
}

static inline void leat_store_i8(uint8_t *to, int8_t value)
{
    *to = (uint8_t)value;
}

#undef LEAT_LOAD_STORE
#undef LEAT_LOAD_STORE_BOTH

#endif
