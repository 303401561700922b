/* Shows of each method that what is packed comes out as far as its bytes are there: of an archive
 * that is cut, before the fault; and of one that trickles in, before it waits. */

#include "leat/container/lha/lha.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "tests/support/sweep.h"

enum { OUT_MAX = 1 << 17, CUTS = 150, LZ5_HELD_MAX = 144 };

struct output {
    uint8_t data[OUT_MAX];
    size_t len;
};

static struct output whole, part;
static size_t out_len[CUTS + 1]; /* of the entry, where the archive is cut */

/* Read on until it ends or would wait. */
static enum leat_status reads(struct leat_reader *r, struct output *to)
{
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK) {
        struct leat_span window;
        status = leat_peek(r, 1, &window);
        leat_assert(to->len + window.len <= OUT_MAX);
        memcpy(to->data + to->len, window.data, window.len);
        to->len += window.len;
        leat_consume(r, window.len);
    }
    return status;
}

/* Go to the first entry that is packed. Whether there is one. */
static bool packed_next(struct leat_container *c, struct leat_entry *entry)
{
    enum leat_status status = LEAT_AGAIN;
    bool found = false;
    while (status == LEAT_AGAIN || (status == LEAT_OK && !found)) {
        status = leat_next(c, entry);
        found = status == LEAT_OK && strcmp(entry->method, "stored") != 0;
    }
    return found;
}

/* That of the first `len` bytes. Whether there is one. */
static bool first_of(const uint8_t *data, size_t len, struct output *to, enum leat_status *ret)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = leat_lha(leat_memory(&ctx, data, len));
    struct leat_entry entry;
    bool found = packed_next(c, &entry);
    to->len = 0;
    if (found) {
        struct leat_reader *r = leat_entry_open(c, &entry, NULL);
        *ret = reads(r, to);
        leat_reader_close(r);
    }
    leat_container_close(c);
    leat_ctx_fini(&ctx);
    return found;
}

static size_t cut_at(size_t len, size_t cut)
{
    return len * cut / CUTS;
}

static void test_cuts(const uint8_t *data, size_t len)
{
    size_t most = 0;
    for (size_t cut = 0; cut <= CUTS; cut++) {
        enum leat_status status = LEAT_FAULT;
        bool found = first_of(data, cut_at(len, cut), &part, &status);
        leat_assert(status == LEAT_FAULT || part.len == whole.len);
        leat_assert(part.len <= whole.len && memcmp(part.data, whole.data, part.len) == 0);
        leat_assert(part.len >= most);
        leat_assert(found || part.len == 0);
        out_len[cut] = most = part.len;
    }
    leat_assert(most == whole.len);
}

/* At each wait all has come that comes of an archive which ends there; but lz5's decoder unpacks
 * eight items at once. */
static void test_trickle(const uint8_t *data, size_t len)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *src = trickle(&ctx, &(struct trickle_options){
                                                .data = data,
                                                .len = len,
                                                .piece = 1,
                                                .again = true,
                                            });
    struct leat_container *c = leat_lha(src);
    struct leat_entry entry;
    leat_assert(packed_next(c, &entry));
    struct leat_reader *r = leat_entry_open(c, &entry, NULL);
    enum leat_status status = LEAT_AGAIN;
    size_t cut = 0, waits = 0;
    size_t held = strcmp(entry.method, "lz5") == 0 ? LZ5_HELD_MAX : 0;
    part.len = 0;
    for (; status == LEAT_AGAIN; waits++) {
        status = reads(r, &part);
        while (cut < CUTS && cut_at(len, cut + 1) <= src->end_offset)
            cut++;
        leat_assert(part.len + held >= out_len[cut]);
    }
    leat_assert(status == LEAT_END && waits > 1);
    leat_assert(part.len == whole.len && memcmp(part.data, whole.data, part.len) == 0);
    leat_reader_close(r);
    leat_container_close(c);
    leat_ctx_fini(&ctx);
}

/* Closed in its midst. */
static void test_close(const uint8_t *data, size_t len)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = leat_lha(trickle(
        &ctx, &(struct trickle_options){ .data = data, .len = len, .piece = 100, .again = true }));
    struct leat_entry entry;
    leat_assert(packed_next(c, &entry));
    struct leat_reader *r = leat_entry_open(c, &entry, NULL);
    part.len = 0;
    leat_assert(reads(r, &part) == LEAT_AGAIN);
    leat_assert(reads(r, &part) == LEAT_AGAIN);
    leat_reader_close(r);
    leat_container_close(c);
    leat_ctx_fini(&ctx);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        size_t len;
        uint8_t *data = sweep_load(argv[i], &len);
        enum leat_status status = LEAT_FAULT;
        leat_assert(first_of(data, len, &whole, &status) && status == LEAT_END && whole.len > 0);
        test_cuts(data, len);
        test_trickle(data, len);
        test_close(data, len);
        free(data);
    }
    return 0;
}
