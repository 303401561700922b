/* Shows that a source which ends before an exact limit does is a fault, whether or not its end was
 * in sight when its last bytes were shown. */

#include "leat/endpoint/memory/memory.h"
#include "leat/stage/limit/limit.h"
#include "tests/support/check.h"
#include "tests/support/drive.h"
#include "tests/support/memory.h"
#include "tests/support/split.h"

static struct memory memory;
static struct leat_ctx ctx;

static void reads(struct leat_reader *src, uint64_t len, bool exact, enum leat_status status)
{
    struct read read;
    struct leat_reader *r = leat_limit(src, len, exact);
    drive_read(r, UINT64_MAX, &read);
    check_status(read.status, status);
    check_equal(read.bytes.len, len < 5 ? len : 5);
    check(status != LEAT_FAULT || read.fault.code == LEAT_FAULT_TRUNCATED);
    check(status != LEAT_FAULT || read.fault.offset == 5);
    drive_read_fini(&read);
    leat_reader_close(r);
}

int main(void)
{
    for (uint64_t len = 0; len < 9; len++) {
        check_says("limit", len);
        memory_ctx_init(&ctx, &memory);
        enum leat_status exact = len > 5 ? LEAT_FAULT : LEAT_END;
        reads(leat_memory(&ctx, "12345", 5), len, false, LEAT_END);
        reads(leat_memory(&ctx, "12345", 5), len, true, exact);
        /* Whose end is known as soon as its last bytes are shown. */
        reads(leat_limit(leat_memory(&ctx, "12345", 5), 5, false), len, true, exact);
        struct split_plan plan = { .seed = len, .piece_max = 2, .again_percent = 30 };
        reads(split_reader(leat_memory(&ctx, "12345", 5), &plan), len, true, exact);
        memory_ctx_fini(&ctx, &memory);
    }
    return 0;
}
