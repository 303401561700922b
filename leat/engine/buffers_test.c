/* Blocks go and come home, from the owner's thread and from others, before and after their owner
 * has gone; under the sanitizers nothing is lost and nothing is touched late. */

#include <pthread.h>
#include <string.h>

#include "leat/engine/buffers.h"
#include "tests/support/check.h"

enum { COUNT = 16, BYTES = 4096 };

static void test_last_home_is_first_out(void)
{
    struct leat_block *blocks[COUNT];
    struct leat_buffers *buffers = leat_buffers_create(&leat_alloc_hosted, COUNT, BYTES);
    for (unsigned i = 0; i < COUNT; i++) {
        blocks[i] = leat_buffers_take(buffers);
        check(blocks[i] != NULL && blocks[i]->size == BYTES);
        check(leat_block_is_sole(blocks[i]));
        memset(blocks[i]->data, (int)i, BYTES);
    }
    check(leat_buffers_take(buffers) == NULL);
    check_equal(leat_buffers_home(buffers), 0);
    for (unsigned i = 0; i < COUNT; i++)
        check(blocks[i]->data[0] == i && blocks[i]->data[BYTES - 1] == i);
    leat_block_release(blocks[3]);
    leat_block_release(blocks[5]);
    check(leat_buffers_take(buffers) == blocks[5]);
    check(leat_buffers_take(buffers) == blocks[3]);
    struct leat_slice slice = { blocks[3]->data, 1, leat_block_take(blocks[3]) };
    for (unsigned i = 0; i < COUNT; i++)
        leat_block_release(blocks[i]);
    check_equal(leat_buffers_home(buffers), COUNT - 1);
    leat_buffers_destroy(buffers);
    check_equal(slice.data[0], 3); /* it is still there */
    leat_slice_release(&slice);
}

static void *release_all(void *arg)
{
    struct leat_block **blocks = arg;
    for (unsigned i = 0; i < COUNT; i++)
        leat_block_release(blocks[i]);
    return NULL;
}

static void test_from_another_thread(bool destroyed_meanwhile)
{
    struct leat_block *blocks[COUNT];
    pthread_t thread;
    struct leat_buffers *buffers = leat_buffers_create(&leat_alloc_hosted, COUNT, BYTES);
    for (unsigned i = 0; i < COUNT; i++)
        blocks[i] = leat_buffers_take(buffers);
    check(pthread_create(&thread, NULL, release_all, blocks) == 0);
    if (destroyed_meanwhile) {
        leat_buffers_destroy(buffers);
        pthread_join(thread, NULL);
        return;
    }
    pthread_join(thread, NULL);
    check_equal(leat_buffers_home(buffers), 0);
    struct leat_block *again = leat_buffers_take(buffers);
    check(again != NULL);
    check_equal(leat_buffers_home(buffers), COUNT - 1);
    leat_block_release(again);
    leat_buffers_destroy(buffers);
}

static void count_wake(void *user)
{
    __atomic_fetch_add((unsigned *)user, 1, __ATOMIC_RELAXED);
}

/* An owner who waits is told by the first that comes home, from here or from there. */
static void test_await(void)
{
    struct leat_block *blocks[COUNT];
    unsigned woken = 0;
    pthread_t thread;
    struct leat_buffers *buffers = leat_buffers_create(&leat_alloc_hosted, COUNT, BYTES);
    for (unsigned i = 0; i < COUNT; i++)
        blocks[i] = leat_buffers_take(buffers);
    check(leat_buffers_await(buffers, count_wake, &woken));
    leat_block_release(blocks[0]);
    check_equal(woken, 1);
    blocks[0] = leat_buffers_take(buffers);
    check(leat_buffers_await(buffers, count_wake, &woken));
    check(pthread_create(&thread, NULL, release_all, blocks) == 0);
    pthread_join(thread, NULL);
    check_equal(woken, 2);
    check(!leat_buffers_await(buffers, count_wake, &woken));
    check(leat_buffers_collect(buffers));
    leat_buffers_destroy(buffers);
}

struct served {
    unsigned ids[3 * COUNT], len;
};

static void serve(void *user, unsigned id)
{
    struct served *served = user;
    served->ids[served->len++] = id;
}

static void test_by_id(void)
{
    struct served served = { .len = 0 };
    struct leat_buffers *buffers = leat_buffers_create(&leat_alloc_hosted, COUNT, BYTES);
    leat_buffers_serve(buffers, serve, &served);
    check_equal(served.len, COUNT);
    struct leat_block *block = leat_buffers_take_by_id(buffers, 7);
    check_equal(leat_buffers_id(buffers, block), 7);
    check(block->data == leat_buffers_region(buffers).data + (size_t)7 * BYTES);
    leat_block_release(block);
    check_equal(served.len, COUNT + 1);
    check_equal(served.ids[COUNT], 7);
    block = leat_buffers_take_by_id(buffers, 7);
    pthread_t thread;
    struct leat_block *blocks[COUNT] = { block };
    for (unsigned i = 1; i < COUNT; i++)
        blocks[i] = leat_buffers_take_by_id(buffers, i == 7 ? 0 : i);
    check(pthread_create(&thread, NULL, release_all, blocks) == 0);
    pthread_join(thread, NULL);
    check(leat_buffers_collect(buffers));
    check(!leat_buffers_collect(buffers));
    check_equal(served.len, 2 * COUNT + 1);
    leat_buffers_destroy(buffers);
}

int main(void)
{
    test_last_home_is_first_out();
    test_by_id();
    test_await();
    for (unsigned round = 0; round < 100; round++) {
        test_from_another_thread(false);
        test_from_another_thread(true);
    }
    return 0;
}
