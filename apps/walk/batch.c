#include "apps/walk/batch.h"
#include "apps/walk/walk.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_ROOM_MIN = 4096, ITEMS_ROOM_MIN = 64 };

void batch_destroy(struct batch *batch)
{
    folder_let_go(batch->folder);
    folder_release(batch->folder);
    free(batch->items);
    free(batch->text);
    free(batch);
}

struct batch *batch_create(struct folder *folder)
{
    struct batch *batch = calloc(1, sizeof *batch);
    if (!batch)
        return NULL;
    batch->folder = folder_take(folder);
    folder_keep(folder);
    return batch;
}

int batch_add(struct batch *batch, uint8_t type, const char *name)
{
    size_t len = strlen(name) + 1;
    assert(len > 1);
    if (batch->bytes + len + 1 > WALK_SORT_MAX)
        return EFBIG;
    if (batch->bytes + len + 1 > batch->room) {
        size_t room = 2 * batch->room + TEXT_ROOM_MIN;
        char *text = realloc(batch->text, room);
        if (!text)
            return ENOMEM;
        batch->text = text;
        batch->room = room;
    }
    if (batch->count == batch->items_room) {
        size_t room = 2 * batch->items_room + ITEMS_ROOM_MIN;
        uint32_t *items = realloc(batch->items, room * sizeof *items);
        if (!items)
            return ENOMEM;
        batch->items = items;
        batch->items_room = room;
    }
    batch->items[batch->count++] = (uint32_t)batch->bytes;
    batch->text[batch->bytes] = (char)type;
    memcpy(batch->text + batch->bytes + 1, name, len);
    batch->bytes += len + 1;
    return 0;
}

static int compare_items(const void *a, const void *b, void *text)
{
    const char *names = text;
    return strcmp(names + *(const uint32_t *)a + 1, names + *(const uint32_t *)b + 1);
}

void batch_sort(struct batch *batch)
{
    if (batch->count)
        qsort_r(batch->items, batch->count, sizeof *batch->items, compare_items, batch->text);
}
