#include "tests/support/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"

/* Small enough that hostile input cannot make a test slow. */
static const struct leat_limits limits = { .bytes_max = 64 * LEAT_MIB };

struct listing sweep_listing(sweep_open *open, const void *data, size_t len)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits = limits });
    struct listing listing =
        listing_of(&(struct listing_options){ .c = open(leat_memory(&ctx, data, len)) });
    leat_ctx_fini(&ctx);
    return listing;
}

static void must_equal(const struct listing *a, const struct listing *b, const char *what,
                       unsigned long long value)
{
    if (a->len == b->len && memcmp(a->text, b->text, a->len) == 0)
        return;
    fprintf(stderr, "with %s %llu:\n%s\nwithout:\n%s\n", what, value, a->text, b->text);
    abort();
}

/* --- Cuttings --- */

static void cutting(sweep_open *open, const struct trickle_options *trickles, size_t peek_max,
                    const struct listing *whole)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits = limits });
    struct listing listing = listing_of(
        &(struct listing_options){ .c = open(trickle(&ctx, trickles)), .peek_max = peek_max });
    leat_ctx_fini(&ctx);
    must_equal(&listing, whole, "pieces of", trickles->piece);
    leat_assert(!trickles->again || listing.waits > 0 || trickles->len == 0);
    listing_fini(&listing);
}

/* Entries that are not read take nothing from those that are. */
static void unread(sweep_open *open, const struct trickle_options *trickles,
                   const struct listing *whole)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits = limits });
    struct listing listing = listing_of(
        &(struct listing_options){ .c = open(trickle(&ctx, trickles)), .skip_every = 2 });
    leat_ctx_fini(&ctx);
    char *rest;
    for (char *line = strtok_r(listing.text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        size_t len = strlen(line);
        if (len > 7 && strcmp(line + len - 7, " unread") == 0)
            line[len - 6] = '\0';
        leat_assert(listing_has(whole, line));
    }
    listing_fini(&listing);
}

void sweep_cuttings(sweep_open *open, const void *data, size_t len, bool seeks)
{
    static const size_t pieces[] = { 1, 2, 7, 511, 512, 513, 4096, 1 << 20 };
    struct listing whole = sweep_listing(open, data, len);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        for (unsigned way = 0; way < 16; way++) {
            struct trickle_options trickles = {
                .data = data,
                .len = len,
                .piece = pieces[i],
                .again = way & 1,
                .window_max = way & 2 ? 64 : 0,
                .forks = way & 4,
                .skips = way & 8,
                .seeks = seeks,
            };
            cutting(open, &trickles, way & 1 ? 100 : 0, &whole);
            unread(open, &trickles, &whole);
        }
    }
    listing_fini(&whole);
}

/* --- Marks --- */

/* Go to the place after `n` entries. False: there are not that many. */
static bool pass(struct leat_container *c, uint64_t n)
{
    struct leat_entry entry;
    enum leat_status status = LEAT_OK;
    while (n > 0 && (status == LEAT_OK || status == LEAT_AGAIN)) {
        status = leat_next(c, &entry);
        n -= status == LEAT_OK;
    }
    return n == 0;
}

static void resume(struct leat_container *c, const struct leat_mark *mark)
{
    enum leat_status status = LEAT_AGAIN;
    for (unsigned waits = 0; status == LEAT_AGAIN; waits++) {
        leat_assert(waits < 1000000);
        status = leat_container_resume(c, mark);
    }
    leat_assert(status == LEAT_OK);
}

static void resumes(sweep_open *open, const struct trickle_options *trickles, uint64_t n,
                    const struct leat_mark *mark, const struct listing *rest)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits = limits });
    struct leat_container *c = open(trickle(&ctx, trickles));
    if (n % 2 == 1)
        leat_assert(!pass(c, UINT64_MAX));
    resume(c, mark);
    /* Who shares an archive looks where the next turn begins, and comes back. */
    (void)pass(c, n % 3);
    resume(c, mark);
    struct listing listing = listing_of(&(struct listing_options){ .c = c });
    leat_ctx_fini(&ctx);
    must_equal(&listing, rest, "a mark after", n);
    listing_fini(&listing);
}

void sweep_marks(sweep_open *open, const void *data, size_t len)
{
    const struct trickle_options trickles = {
        .data = data, .len = len, .piece = 512, .again = true, .seeks = true
    };
    bool more = true;
    for (uint64_t n = 0; more; n++) {
        struct leat_ctx ctx;
        leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits = limits });
        struct leat_container *c = open(leat_memory(&ctx, data, len));
        more = pass(c, n);
        struct leat_mark mark = { 0 };
        bool marked = leat_container_mark(c, &mark);
        leat_assert(marked || n > 0 || c == NULL || c->ops->mark == NULL);
        if (c != NULL && c->ops->resume == NULL)
            leat_assert(leat_container_resume(c, &mark) == LEAT_UNSUPPORTED);
        struct listing rest = listing_of(&(struct listing_options){ .c = c });
        leat_ctx_fini(&ctx);
        if (marked) {
            leat_assert(mark.index == n);
            resumes(open, &trickles, n, &mark, &rest);
        }
        listing_fini(&rest);
    }
}

/* --- Damage --- */

void sweep_cuts(sweep_open *open, const void *data, size_t len, sweep_judge *judge)
{
    for (size_t at = 0; at < len; at++) {
        uint8_t *copy = malloc(at > 0 ? at : 1);
        memcpy(copy, data, at);
        struct listing listing = sweep_listing(open, copy, at);
        if (judge != NULL)
            judge(&listing, at);
        listing_fini(&listing);
        free(copy);
    }
}

void sweep_flips(sweep_open *open, const void *data, size_t len, uint8_t mask, sweep_judge *judge)
{
    uint8_t *copy = malloc(len);
    memcpy(copy, data, len);
    for (size_t at = 0; at < len; at++) {
        copy[at] ^= mask;
        struct listing listing = sweep_listing(open, copy, len);
        if (judge != NULL)
            judge(&listing, at);
        listing_fini(&listing);
        copy[at] ^= mask;
    }
    free(copy);
}

/* --- Holes --- */

enum { ENTRIES_MAX = 64 };

/* Where the entries of an archive lie, each up to the next one's first header. */
struct layout {
    uint64_t offsets[ENTRIES_MAX + 1];
    size_t len;
};

static void layout_of(sweep_open *open, const void *data, size_t len, struct layout *ret)
{
    struct leat_ctx ctx;
    struct leat_entry entry;
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits = limits });
    struct leat_container *c = open(leat_memory(&ctx, data, len));
    ret->len = 0;
    while (leat_next(c, &entry) == LEAT_OK) {
        leat_assert(ret->len < ENTRIES_MAX);
        ret->offsets[ret->len++] = entry.offset;
    }
    ret->offsets[ret->len] = len;
    leat_container_close(c);
    leat_ctx_fini(&ctx);
}

/* The listing's line about its n-th entry, with the end of the line before it. */
static struct leat_span line_of(const struct listing *listing, size_t n)
{
    const char *at = listing->text;
    const char *end = strchr(at, '\n');
    while (n-- > 0) {
        at = end;
        end = strchr(at + 1, '\n');
    }
    leat_assert(end != NULL);
    return (struct leat_span){ .data = (const uint8_t *)at, .len = (size_t)(end - at) + 1 };
}

static void holed(sweep_open *open, const struct trickle_options *trickles,
                  const struct layout *layout, const struct listing *whole)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits = limits });
    struct listing listing = listing_of(&(struct listing_options){
        .c = open(trickle(&ctx, trickles)),
        .peek_max = trickles->again ? 100 : 0,
        .resyncs = true,
    });
    leat_ctx_fini(&ctx);
    uint64_t hole_end = trickles->fails_at + trickles->hole_len;
    for (size_t n = 0; n < layout->len; n++) {
        if (layout->offsets[n] < hole_end && layout->offsets[n + 1] > trickles->fails_at)
            continue;
        struct leat_span line = line_of(whole, n);
        if (memmem(listing.text, listing.len, line.data, line.len) == NULL) {
            fprintf(stderr, "with a hole of %zu at %llu:\n", trickles->hole_len,
                    (unsigned long long)trickles->fails_at);
            fwrite(listing.text, 1, listing.len, stderr);
            fprintf(stderr, "lacks %.*s", (int)line.len, (const char *)line.data);
            abort();
        }
    }
    listing_fini(&listing);
}

void sweep_holes(sweep_open *open, const void *data, size_t len)
{
    static const size_t lens[] = { 1, 7, 60, 511, 512, 1300 };
    struct layout layout;
    layout_of(open, data, len, &layout);
    struct listing whole = sweep_listing(open, data, len);
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        for (size_t at = 1; at + lens[i] <= len; at++) {
            struct trickle_options trickles = {
                .data = data,
                .len = len,
                .piece = at % 3 == 0 ? 100 : 4096,
                .again = at % 2 == 1,
                .fails_at = at,
                .hole_len = lens[i],
            };
            holed(open, &trickles, &layout, &whole);
        }
    }
    listing_fini(&whole);
}

/* --- Memory --- */

struct failing {
    uint64_t calls;
    uint64_t fails_at;
    uint64_t live;
};

static void *failing_resize(void *user, void *old, size_t size)
{
    struct failing *self = user;
    if (old != NULL) {
        self->live--;
        free(old);
        return NULL;
    }
    if (++self->calls == self->fails_at)
        return NULL;
    self->live++;
    return malloc(size);
}

void sweep_allocations(sweep_open *open, const void *data, size_t len)
{
    struct listing whole = sweep_listing(open, data, len);
    bool failed = true;
    for (uint64_t n = 1; failed; n++) {
        struct failing failing = { .fails_at = n };
        struct leat_ctx ctx;
        leat_ctx_init(&ctx, &(struct leat_ctx_options){
                                .limits = limits,
                                .alloc = { .resize = failing_resize, .user = &failing },
                            });
        struct trickle_options trickles = {
            .data = data, .len = len, .seeks = true, .forks = true
        };
        struct listing listing =
            listing_of(&(struct listing_options){ .c = open(trickle(&ctx, &trickles)) });
        leat_ctx_fini(&ctx);
        leat_assert(failing.live == 0);
        failed = failing.calls >= n;
        if (strstr(listing.text, "fault out of memory") == NULL)
            must_equal(&listing, &whole, "failing allocation", n);
        listing_fini(&listing);
    }
    listing_fini(&whole);
}

/* --- Any bytes --- */

static void read_all(struct leat_reader *r)
{
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK || status == LEAT_AGAIN) {
        struct leat_span window;
        status = leat_peek(r, 1, &window);
        leat_consume(r, window.len);
        while (status == LEAT_FAULT)
            status = leat_resync(r);
    }
    leat_reader_close(r);
}

static enum leat_status goes_on(struct leat_container *c)
{
    enum leat_status status;
    do {
        status = leat_container_resync(c);
    } while (status == LEAT_AGAIN || status == LEAT_FAULT);
    return status;
}

static enum leat_status read_lead(struct leat_container *c)
{
    struct leat_reader *lead;
    enum leat_status status;
    while ((status = leat_container_lead(c, &lead)) == LEAT_AGAIN) {
    }
    if (status == LEAT_OK)
        read_all(lead);
    return status == LEAT_FAULT ? goes_on(c) : LEAT_OK;
}

void sweep_fuzz_from(sweep_open *open, struct leat_ctx *ctx, const struct trickle_options *trickles)
{
    struct leat_container *c = open(trickle(ctx, trickles));
    enum leat_status status = read_lead(c);
    while (status == LEAT_OK || status == LEAT_AGAIN) {
        struct leat_entry entry;
        status = leat_next(c, &entry);
        if (status == LEAT_OK && entry.index % 4 != 3)
            read_all(leat_entry_open(c, &entry, NULL));
        if (status == LEAT_FAULT)
            status = goes_on(c);
    }
    leat_container_close(c);
}

static void fuzz(sweep_open *open, const struct trickle_options *trickles)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits.bytes_max = LEAT_MIB });
    sweep_fuzz_from(open, &ctx, trickles);
    leat_ctx_fini(&ctx);
}

void sweep_fuzz(sweep_open *open, const uint8_t *data, size_t len)
{
    struct trickle_options trickles = {
        .data = data,
        .len = len,
        .piece = len & 1 ? 100 : 4096,
        .again = len & 2,
    };
    if (len & 4) {
        trickles.fails_at = len / 2;
        trickles.hole_len = len / 8 + 1;
    }
    fuzz(open, &trickles);
}

void sweep_fuzz_seeking(sweep_open *open, const uint8_t *data, size_t len)
{
    struct trickle_options trickles = {
        .data = data,
        .len = len,
        .piece = len > 0 && data[len / 2] & 1 ? 100 : 4096,
        .again = len > 0 && data[len / 2] & 2,
        .seeks = true,
        .forks = len > 0 && data[len - 1] & 1,
    };
    fuzz(open, &trickles);
}

uint8_t *sweep_load(const char *path, size_t *ret_len)
{
    FILE *file = fopen(path, "rb");
    leat_assert(file != NULL);
    leat_assert(fseek(file, 0, SEEK_END) == 0);
    size_t len = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(len > 0 ? len : 1);
    leat_assert(fread(data, 1, len, file) == len);
    fclose(file);
    *ret_len = len;
    return data;
}
