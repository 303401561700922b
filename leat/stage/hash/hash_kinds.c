#include "leat/stage/hash/hash.h"

#include <errno.h>
#include <fcntl.h>

#include "leat/endpoint/descriptor/descriptor.h"
#include "tests/kinds/bench.h"
#include "tests/kinds/ends.h"
#include "tests/support/check.h"

/* Each kind that there is has its turn. */
static const struct leat_digest_kind *any_kind(const struct kind_end *end)
{
    size_t n = 0;
    while (leat_digest_kinds[n] != NULL)
        n++;
    return leat_digest_kinds[end->len % n];
}

static struct leat_reader *open_crc32(struct kind_end *end, struct leat_reader *src)
{
    (void)end;
    return leat_hash(src, &leat_digest_crc32);
}

static struct leat_reader *open_any(struct kind_end *end, struct leat_reader *src)
{
    return leat_hash(src, any_kind(end));
}

/* The digest is that of the content's first `len` bytes. */
static void is_digest(const struct leat_digest *digest, uint64_t len)
{
    struct leat_digester digester;
    struct leat_digest wanted;
    check_equal(leat_digester_start(&digester, digest->kind), LEAT_FAULT_NONE);
    check_equal(leat_digester_value(&digester, bench_bytes(), (size_t)len, &wanted),
                LEAT_FAULT_NONE);
    leat_digester_stop(&digester);
    check(leat_digest_equal(digest, &wanted));
}

static void judge(struct kind_end *end, struct leat_reader *r)
{
    struct leat_digest digest;
    (void)end;
    check_status(leat_hash_value(r, &digest), LEAT_OK);
    is_digest(&digest, leat_tell(r));
}

static const struct kind_view views[] = {
    {
        .name = "hash",
        .promises = KIND_SHARES | KIND_COPIES_NOTHING | KIND_LOOKS | KIND_OWN_OFFSETS,
        .open = open_crc32,
        .judge = judge,
    },
    {
        .name = "hash of any kind",
        .promises = KIND_SHARES | KIND_COPIES_NOTHING | KIND_LOOKS | KIND_OWN_OFFSETS,
        .open = open_any,
        .judge = judge,
    },
    { 0 },
};

/* --- What is written --- */

static struct leat_writer *open_file_writer(struct kind_end *end)
{
    int fd = open(end->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct leat_writer *w = leat_descriptor_writer(end->ctx, fd, true, end->path);
    return leat_hash_writer(w, &leat_digest_crc32);
}

static struct leat_writer *open_stream_writer(struct kind_end *end)
{
    struct leat_writer *w = leat_descriptor_writer(end->ctx, end->near_fd, true, "stream");
    return leat_hash_writer(w, &leat_digest_crc32);
}

static const struct kind_sink sinks[] = {
    {
        .name = "hash of what is written to a file",
        .promises = KIND_OVER,
        .open = open_file_writer,
        .take = ends_take_file,
        .refuse = ends_refuse_file,
        .refusal = LEAT_FAULT_SYSTEM,
        .refusal_code = EFBIG,
        .unmake = ends_unmake,
    },
    {
        .name = "hash of what is written to a pipe",
        .promises = KIND_STREAM | KIND_OVER,
        .make = ends_pipe_out,
        .open = open_stream_writer,
        .take = ends_take,
        .refuse = ends_hang_up,
        .refusal = LEAT_FAULT_SYSTEM,
        .refusal_code = EPIPE,
        .unmake = ends_unmake,
    },
    { 0 },
};

const struct kinds kinds_hash = { .name = "hash", .views = views, .sinks = sinks };
