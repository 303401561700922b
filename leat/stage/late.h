#ifndef LEAT_STAGE_LATE_H
#define LEAT_STAGE_LATE_H

#include "leat/core/compiler.h"

/* Libraries that are loaded on first use. Those that a program is linked with are mapped and
 * relocated before main, in each run, though few runs decode what needs them: so they would cost
 * several times what the rest of a start does. Not installed.
 *
 * A part lists the functions that it calls, once, in a header of its own behind the library's:
 *
 *     #define LEAT_LIBBZ2_FUNCTIONS(FUNCTION) \
 *         FUNCTION(BZ2_bzCompress)         \
 *         FUNCTION(BZ2_bzCompressEnd)
 *     LEAT_LATE_TABLE(leat_libbz2, LEAT_LIBBZ2_FUNCTIONS);
 *
 * defines the table in one file,
 *
 *     LEAT_LATE_LIBRARY(leat_libbz2, LEAT_LIBBZ2_FUNCTIONS, LEAT_SONAME_BZ2)
 *
 * has the build name the library, `leat_late += {'bz2': bz2}`, from which LEAT_SONAME_BZ2 follows,
 * and then calls leat_libbz2()->BZ2_bzCompress(...), with the type that the library's header gives
 * it. leat_libbz2() is NULL where the library, or any of those functions, cannot be had: a stage
 * asks once, at its start. What was not NULL stays as it is. */

/* Declare `struct table`, with a pointer for each function, and `table()`, which gives it. */
#define LEAT_LATE_TABLE(table, FUNCTIONS)                                                          \
    struct table {                                                                                 \
        FUNCTIONS(LEAT_LATE_POINTER)                                                               \
    };                                                                                             \
    const struct table *table(void)

/* Define `table()`, by the library of that soname. */
#define LEAT_LATE_LIBRARY(table, FUNCTIONS, library_soname)                                        \
    const struct table *table(void)                                                                \
    {                                                                                              \
        static const char *const names[] = { FUNCTIONS(LEAT_LATE_NAME) };                          \
        enum { COUNT = sizeof(names) / sizeof(names[0]) };                                         \
        static union {                                                                             \
            struct table functions;                                                                \
            void *symbols[COUNT];                                                                  \
        } found;                                                                                   \
        static struct leat_late late = { (library_soname), names, found.symbols, COUNT };          \
        _Static_assert(sizeof(found.functions) == sizeof(found.symbols), "as large as any other"); \
        return leat_late_load(&late) ? &found.functions : NULL;                                    \
    }

#define LEAT_LATE_POINTER(function) __typeof__(function) *function;
#define LEAT_LATE_NAME(function)    #function,

/* A library, and what is wanted of it. Static, since it is never unloaded: libraries leave handlers
 * behind for the thread's end and for the process's. */
struct leat_late {
    const char *soname;
    const char *const *names; /* of its functions, */
    void **symbols;           /* and where to put each one's address */
    size_t count;

    /* The loader's own. */
    void *handle;
    int state;
};

/* Whether the library is there, with all that is wanted of it; it is looked for at the first call,
 * and the answer stays. It must be where the system looks for libraries that programs are linked
 * with.
 *
 * Blocks  the first time, on the file system.   Allocates  then, from the C library.
 * Threads any, at any time; with some 8 KiB of stack. */
bool leat_late_load(struct leat_late *late);

#endif
