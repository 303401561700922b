#include "apps/cp/resume.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is compared of a file: the last block, and of what lies before it so many more, evenly
 * spread. A stream is read up to there anyhow, and all of it is compared: an earlier copy of
 * something damaged may have a gap anywhere. */
enum { BLOCK_LEN = 64 * 1024, BLOCKS = 16 };

/* Whether `len` bytes at `at` are the same. The reader ends up behind them. */
static bool agrees(struct leat_reader *reader, int fd, uint64_t at, size_t len)
{
    static char mine[BLOCK_LEN];
    struct leat_span theirs;
    uint64_t passed;
    bool there = leat_seek(reader, at) == LEAT_OK;
    if (!there)
        there = at >= leat_tell(reader) &&
                leat_skip(reader, at - leat_tell(reader), &passed) == LEAT_OK;
    if (!there || leat_peek(reader, len, &theirs) != LEAT_OK)
        return false;
    bool same =
        pread(fd, mine, len, (off_t)at) == (ssize_t)len && memcmp(mine, theirs.data, len) == 0;
    leat_consume(reader, len);
    return same;
}

static bool stream_agrees(struct leat_reader *reader, int fd, uint64_t len)
{
    bool same = true;
    for (uint64_t at = 0; at < len && same; at += BLOCK_LEN)
        same = agrees(reader, fd, at, len - at < BLOCK_LEN ? (size_t)(len - at) : BLOCK_LEN);
    return same;
}

static bool file_agrees(struct leat_reader *reader, int fd, uint64_t len)
{
    size_t last = len < BLOCK_LEN ? (size_t)len : BLOCK_LEN;
    uint64_t before = (len - last) / BLOCK_LEN;
    uint64_t blocks = before > 0 ? BLOCKS - 1 : 0;
    for (uint64_t i = 0; i < blocks; i++) {
        if (!agrees(reader, fd, before * i / blocks * BLOCK_LEN, BLOCK_LEN))
            return false;
    }
    return agrees(reader, fd, len - last, last);
}

int resume_at(struct cp *cp, const struct item *item, int fd, struct leat_span label,
              uint64_t *ret_start)
{
    struct stat stat;
    *ret_start = 0;
    if (fstat(fd, &stat) < 0)
        return errno;
    uint64_t len = (uint64_t)stat.st_size;
    if (len == 0)
        return 0;
    bool fits = item->about.size == LEAT_SIZE_UNKNOWN || len <= item->about.size;
    if (fits && (item->descriptor >= 0 ? file_agrees(item->reader, fd, len)
                                       : stream_agrees(item->reader, fd, len))) {
        *ret_start = len;
        progress_add(&cp->progress, len);
        return lseek(fd, 0, SEEK_END) < 0 ? errno : 0;
    }
    if (leat_tell(item->reader) > 0 && leat_seek(item->reader, 0) != LEAT_OK) {
        cp_tell(cp, label, "the source has changed since this was begun, and is read only once");
        return -1;
    }
    bool failed = cp->failed;
    cp_tell(cp, label, "the source has changed since this was begun: copied anew");
    cp->failed = failed; /* it is no failure: what comes out is right */
    return ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0 ? errno : 0;
}
