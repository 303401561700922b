#ifndef LEAT_CORE_FORMAT_H
#define LEAT_CORE_FORMAT_H

#include "leat/core/bytes.h"
#include "leat/core/stage.h"

/* A format in the catalogue: what a part says of itself, so that nobody else names it. */

struct leat_container;
struct leat_pack;
struct leat_pack_options;

/* Whether bytes look like a format. */
enum leat_match {
    LEAT_MATCH_NO,
    LEAT_MATCH_MORE, /* so far; more bytes are needed to tell */
    LEAT_MATCH_YES,
};

/* Bits of leat_format.traits, for those who use a format without knowing it. */
enum {
    LEAT_FORMAT_CHECKED = 1,    /* carries a checksum: a flipped byte never yields other bytes */
    LEAT_FORMAT_JOINS = 2,      /* members one after another decode as one stream */
    LEAT_FORMAT_ENDS = 4,       /* knows its end: a cut is a fault */
    LEAT_FORMAT_SEEKS = 8,      /* a container that needs seek and size of its source */
    LEAT_FORMAT_TEXT = 16,      /* a text encoding rather than a layer */
    LEAT_FORMAT_NAMED = 32,     /* too little to be told by: asked only of what has its ending */
    LEAT_FORMAT_LEVELS = 64,    /* its encoder's options can be given as leat_level_options */
    LEAT_FORMAT_RECOVERS = 128, /* a container that needs no seek where ctx->recover is set */
    LEAT_FORMAT_HOLDS = 256,    /* its last piece, up to 64 KiB, waits for the end of the input */
};

/* Options of an encoder that has levels, for those who do not know which it is: its own struct is
 * no larger, and begins with the level as this does. Zero is the default of all that is in it. */
struct leat_level_options {
    int level;
    uint8_t zeros[60];
};

struct leat_format {
    const char *name;           /* "gzip" */
    const char *summary;        /* one line, for `leat formats` */
    const char *const *endings; /* of file names, with the dot, NULL-terminated: ".gz" */
    unsigned traits;

    /* Judge the first `len` bytes; MORE only while len < probe_max. What it says of them, if not
     * MORE, it says whatever follows them, for what is found must not depend on how the bytes come.
     * NULL: never by content. The first format in the catalogue that says YES is taken. */
    enum leat_match (*probe)(const uint8_t *data, size_t len);
    size_t probe_max;

    /* Having said MORE of so many bytes it says MORE of all from there to probe_max, so that it is
     * not asked, and only then are they waited for. 0: it may say NO at any of them. */
    size_t probe_early;

    /* Judge all the bytes there are, where the probe said MORE to the last of them and no format
     * was found. NULL: none. */
    bool (*probe_all)(const uint8_t *data, size_t len);

    /* Judge the last `len` bytes, at most probe_end_max, of what forks and is no format by its
     * beginning: for what may stand behind a program that unpacks it, or behind anything where the
     * name has one of the endings. YES or NO, and hard to meet by chance. NULL: never. */
    enum leat_match (*probe_end)(const uint8_t *data, size_t len);
    size_t probe_end_max;

    /* The same of sources that have `size` bytes, judged by the first `len` of them, where nothing
     * at the end tells the format: it may begin somewhere in those. MORE only while len is less
     * than both size and probe_within_max. Asked after each format's probe_end. NULL: never. */
    enum leat_match (*probe_within)(const uint8_t *data, size_t len, uint64_t size);
    size_t probe_within_max;

    /* A stage both ways; either may be NULL. */
    const struct leat_stage *decoder;
    const struct leat_stage *encoder;

    /* Or a container; owns `src`. */
    struct leat_container *(*unpack)(struct leat_reader *src);

    /* And how one is written; owns `sink`. `options` may be NULL. NULL: it cannot be. */
    struct leat_pack *(*pack)(struct leat_writer *sink, const struct leat_pack_options *options);
};

/* Whether the first `len` bytes begin with `magic`: what most probes ask. The first byte is looked
 * at in place, for most of what is probed is no format at all and differs there. */
static inline enum leat_match leat_match_magic(const uint8_t *data, size_t len, const void *magic,
                                               size_t magic_len)
{
    if (len > 0 && data[0] != *(const uint8_t *)magic)
        return LEAT_MATCH_NO;
    if (!leat_bytes_equal(data, magic, len < magic_len ? len : magic_len))
        return LEAT_MATCH_NO;
    return len < magic_len ? LEAT_MATCH_MORE : LEAT_MATCH_YES;
}

#endif
