#include "leat/fiber/channel.h"

#include "leat/core/bytes.h"

void leat_channel_init(struct leat_channel *channel, struct leat_fibers *fibers, void *items,
                       size_t item_size, size_t capacity)
{
    leat_assert(item_size > 0);
    leat_assert(capacity == 0 || items != NULL);
    leat_assert(capacity <= SIZE_MAX / 2 / item_size);
    *channel = (struct leat_channel){
        .fibers = fibers,
        .items = items,
        .item_size = item_size,
        .capacity = capacity,
    };
}

/* Items are no payload, which is what the ledger counts. */
static void item_copy(const struct leat_channel *channel, void *to, const void *from)
{
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, to, from, channel->item_size);
}

static uint8_t *item_at(const struct leat_channel *channel, size_t index)
{
    size_t at = channel->first + index;
    if (at >= channel->capacity)
        at -= channel->capacity;
    return channel->items + at * channel->item_size;
}

static void ring_add(struct leat_channel *channel, const void *item)
{
    leat_assert(channel->len < channel->capacity);
    item_copy(channel, item_at(channel, channel->len), item);
    channel->len++;
}

static void ring_take(struct leat_channel *channel, void *ret)
{
    leat_assert(channel->len > 0);
    item_copy(channel, ret, item_at(channel, 0));
    channel->first = channel->first + 1 < channel->capacity ? channel->first + 1 : 0;
    channel->len--;
}

enum leat_status leat_channel_try_send(struct leat_channel *channel, const void *item)
{
    if (channel->closed)
        return LEAT_END;
    if (channel->receivers.first != NULL) {
        leat_assert(channel->len == 0);
        item_copy(channel, channel->receivers.first->item, item);
        leat_waiters_wake(&channel->receivers, LEAT_OK);
        return LEAT_OK;
    }
    if (channel->len == channel->capacity)
        return LEAT_FULL;
    ring_add(channel, item);
    return LEAT_OK;
}

enum leat_status leat_channel_try_receive(struct leat_channel *channel, void *ret)
{
    struct leat_waiter *sender = channel->senders.first;
    leat_assert(sender == NULL || channel->len == channel->capacity);
    if (channel->len > 0)
        ring_take(channel, ret);
    else if (sender != NULL)
        item_copy(channel, ret, sender->item);
    else
        return channel->closed ? LEAT_END : LEAT_AGAIN;
    if (sender == NULL)
        return LEAT_OK;
    /* The place that became free is his who waited for it longest. */
    if (channel->len < channel->capacity)
        ring_add(channel, sender->item);
    leat_waiters_wake(&channel->senders, LEAT_OK);
    return LEAT_OK;
}

enum leat_status leat_channel_send(struct leat_channel *channel, const void *item)
{
    if (leat_fiber_cancelled(channel->fibers) != 0)
        return LEAT_FAULT;
    enum leat_status status = leat_channel_try_send(channel, item);
    if (status != LEAT_FULL)
        return status;
    /* It stays on the sender's stack, and is only read. */
    return leat_waiters_wait(&channel->senders, channel->fibers, (void *)(uintptr_t)item);
}

enum leat_status leat_channel_receive(struct leat_channel *channel, void *ret)
{
    if (leat_fiber_cancelled(channel->fibers) != 0)
        return LEAT_FAULT;
    enum leat_status status = leat_channel_try_receive(channel, ret);
    if (status != LEAT_AGAIN)
        return status;
    return leat_waiters_wait(&channel->receivers, channel->fibers, ret);
}

void leat_channel_close(struct leat_channel *channel)
{
    channel->closed = true;
    leat_waiters_wake_all(&channel->senders, LEAT_END);
    leat_waiters_wake_all(&channel->receivers, LEAT_END);
}
