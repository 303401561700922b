#ifndef LEAT_STAGE_HASH_DIGEST_H
#define LEAT_STAGE_HASH_DIGEST_H

#include "leat/core/fault.h"
#include "leat/core/span.h"

/* Digests of bytes: checksums and hashes, by name. */

#define LEAT_DIGEST_LEN_MAX 64

/* "blake2b:", two digits a byte, and the NUL. */
#define LEAT_DIGEST_TEXT_MAX (16 + 2 * LEAT_DIGEST_LEN_MAX + 1)

struct leat_digest_kind;

/* A digest on its way. The caller's memory; zeroed, nothing is held. */
struct leat_digester {
    const struct leat_digest_kind *kind;
    uint64_t number; /* of checksums, which need no more */
    void *library;   /* of hashes: a library's state, in memory that it takes for itself */
};

/* A digest, as bytes in the order in which they are written. */
struct leat_digest {
    const struct leat_digest_kind *kind;
    uint8_t bytes[LEAT_DIGEST_LEN_MAX];
};

/* A way to digest. */
struct leat_digest_kind {
    const char *name; /* "sha256" */
    size_t len;       /* of a digest, 1 .. LEAT_DIGEST_LEN_MAX */

    /* Begin, in a zeroed digester. NONE, or why not: MEMORY, or UNSUPPORTED where the library was
     * told to refuse it or cannot be loaded. */
    enum leat_fault_code (*start)(struct leat_digester *digester);

    /* Add bytes; len > 0. */
    void (*update)(struct leat_digester *digester, const uint8_t *data, size_t len);

    /* Begin a second one, in a zeroed digester, where the first stands. Left out: by value. */
    enum leat_fault_code (*copy)(struct leat_digester *digester, const struct leat_digester *from);

    /* Write the digest of all that was added, after which only stop may follow. */
    void (*finish)(struct leat_digester *digester, uint8_t *ret);

    /* Let go of what start took. Left out: nothing. */
    void (*stop)(struct leat_digester *digester);
};

LEAT_BEGIN_DECLS

/* Those that this build has, NULL-terminated. */
LEAT_API extern const struct leat_digest_kind *const leat_digest_kinds[];

/* Those that it lacks, with what would bring them: "sha256: libssl-dev". NULL-terminated. */
LEAT_API extern const char *const leat_digests_missing[];

/* The CRC-32 of gzip and zip, which every build has. */
LEAT_API extern const struct leat_digest_kind leat_digest_crc32;

/* The kind of a name, in any case, with '-' or without: "SHA-256" is sha256. NULL: none. */
LEAT_API const struct leat_digest_kind *leat_digest_find(struct leat_span name);

/* Read "sha256:" and the digest in hexadecimal digits of either case.
 *
 * ret_reason  why not, static text
 * Status      OK; UNSUPPORTED (a name of leat_digests_missing); FAULT (anything else is wrong) */
LEAT_API LEAT_MUST_USE enum leat_status leat_digest_parse(const char *text, struct leat_digest *ret,
                                                          const char **ret_reason);

/* Write it as leat_digest_parse reads it, NUL-terminated. */
LEAT_API void leat_digest_format(const struct leat_digest *digest, char text[LEAT_DIGEST_TEXT_MAX]);

/* Whether both are of the same kind and the same bytes. */
LEAT_API bool leat_digest_equal(const struct leat_digest *a, const struct leat_digest *b);

/* Begin a digest, of nothing yet. NONE, MEMORY or UNSUPPORTED, and then nothing is held. */
LEAT_API LEAT_MUST_USE enum leat_fault_code leat_digester_start(
    struct leat_digester *digester, const struct leat_digest_kind *kind);

/* Add bytes to one that was begun. */
LEAT_API void leat_digester_update(struct leat_digester *digester, const void *data, size_t len);

/* The digest of what was added, followed by `len` bytes that are not. NONE, or MEMORY. */
LEAT_API LEAT_MUST_USE enum leat_fault_code leat_digester_value(
    const struct leat_digester *digester, const void *data, size_t len, struct leat_digest *ret);

/* Let go. A zeroed one is fine. */
LEAT_API void leat_digester_stop(struct leat_digester *digester);

LEAT_END_DECLS

#endif
