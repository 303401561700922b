#ifndef LEAT_CORE_COMPILER_H
#define LEAT_CORE_COMPILER_H

/* What leat asks of the compiler: C11 with GNU attributes (gcc 12, clang), also as C++. */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define LEAT_BEGIN_DECLS extern "C" {
#define LEAT_END_DECLS   }
#else
#define LEAT_BEGIN_DECLS
#define LEAT_END_DECLS
#endif

#define LEAT_API             __attribute__((visibility("default")))
#define LEAT_MUST_USE        __attribute__((warn_unused_result))
#define LEAT_PRINTF(fmt, of) __attribute__((format(printf, fmt, of)))
#define LEAT_COLD            __attribute__((cold, noinline))
#define leat_likely(x)       __builtin_expect(!!(x), 1)
#define leat_unlikely(x)     __builtin_expect(!!(x), 0)

#define LEAT_KIB ((size_t)1 << 10)
#define LEAT_MIB ((size_t)1 << 20)

/* The struct of `type` whose field `member` is at `pointer`. */
#define LEAT_CONTAINER_OF(pointer, type, member)                                                   \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
