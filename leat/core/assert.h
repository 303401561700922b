#ifndef LEAT_CORE_ASSERT_H
#define LEAT_CORE_ASSERT_H

#include "leat/core/compiler.h"

/* A bug asserts; the world's failures return a status. Asserts stay on in release. */
#define leat_assert(fact) (leat_likely(fact) ? (void)0 : leat_hook_panic(#fact, __FILE__, __LINE__))

/* For what is too slow to stay on: only in builds made with LEAT_CHECKED. */
#ifdef LEAT_CHECKED
#define leat_assert_slow(fact) leat_assert(fact)
#else
#define leat_assert_slow(fact) ((void)0)
#endif

LEAT_BEGIN_DECLS

/* Say which fact did not hold, and end the program. hosted.c has one that writes a line to
 * standard error and aborts; a bare-metal program brings its own. */
LEAT_API LEAT_COLD __attribute__((noreturn)) void leat_hook_panic(const char *fact,
                                                                  const char *file, int line);

LEAT_END_DECLS

#endif
