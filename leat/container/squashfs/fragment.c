#include "leat/container/squashfs/fragment.h"

/* A table of places in the image, each of a block of metadata that has so many entries: a
 * fragment's place, how long it is, and four bytes that are not used. */
enum { POINTER_LEN = 8, ENTRY_LEN = 16, ENTRY_WORD = 8, ENTRIES = SQFS_META_LEN / ENTRY_LEN };

/* What stands before the bytes in a block that is kept. */
struct head {
    uint32_t number;
    size_t len;
};
enum { HEAD_LEN = 64 };
_Static_assert(sizeof(struct head) <= HEAD_LEN, "room for it, and the bytes are aligned");

static struct head *head_of(const struct leat_block *block)
{
    return (struct head *)(void *)block->data;
}

static void fragment_has(struct sqfs_fragment *fragment, struct leat_block *block)
{
    fragment->block = block;
    fragment->data = block->data + HEAD_LEN;
    fragment->len = head_of(block)->len;
}

/* --- Those that are kept --- */

static void put(struct leat_block **slot, struct leat_block *block)
{
    leat_block_release(__atomic_exchange_n(slot, block, __ATOMIC_ACQ_REL));
}

/* A reference of the slot's block, if that is this fragment. */
static struct leat_block *look(struct leat_block **slot, uint32_t number)
{
    struct leat_block *found = NULL;
    struct leat_block *block = __atomic_exchange_n(slot, NULL, __ATOMIC_ACQ_REL);
    if (block == NULL)
        return NULL;
    if (head_of(block)->number == number)
        found = leat_block_take(block);
    put(slot, block);
    return found;
}

static struct leat_block **slot_of(struct sqfs_fragments *kept, uint32_t number)
{
    return &kept->slots[number % SQFS_FRAGMENTS_KEPT];
}

void leat_sqfs_fragments_fini(struct sqfs_fragments *kept)
{
    for (size_t i = 0; i < SQFS_FRAGMENTS_KEPT; i++)
        put(&kept->slots[i], NULL);
}

/* --- One that is not --- */

/* Go to its entry in the metadata. */
static enum leat_status fragment_lists(struct sqfs_fragment *fragment, struct sqfs_image *image,
                                       struct sqfs_meta *meta)
{
    const struct sqfs_super *super = &image->super;
    uint64_t pointer_at = super->fragment_table + fragment->number / ENTRIES * POINTER_LEN;
    struct leat_span pointer;
    enum leat_status status = leat_sqfs_bytes(image, pointer_at, POINTER_LEN, &pointer);
    if (status != LEAT_OK)
        return status;
    leat_sqfs_meta_go(meta, leat_load_u64le(pointer.data), fragment->number % ENTRIES * ENTRY_LEN,
                      super->used);
    fragment->state = SQFS_FRAGMENT_LISTED;
    return LEAT_OK;
}

static enum leat_status fragment_finds(struct sqfs_fragment *fragment, struct sqfs_image *image,
                                       struct sqfs_meta *meta)
{
    enum leat_status status = leat_sqfs_meta_take(meta, image, &fragment->record, ENTRY_LEN);
    if (status != LEAT_OK)
        return status;
    fragment->at = leat_load_u64le(fragment->record.data);
    fragment->word = leat_load_u32le(fragment->record.data + ENTRY_WORD);
    if (!leat_sqfs_is_block(fragment->word, image->super.block_size))
        return leat_sqfs_fails(image, LEAT_FAULT_CORRUPT, "bad length of a fragment", meta->at);
    fragment->state = SQFS_FRAGMENT_FOUND;
    return LEAT_OK;
}

static enum leat_status fragment_unpacks(struct sqfs_fragment *fragment,
                                         struct sqfs_fragments *kept, struct sqfs_image *image)
{
    uint32_t block_size = image->super.block_size;
    struct leat_span packed;
    enum leat_status status =
        leat_sqfs_bytes(image, fragment->at, leat_sqfs_block_len(fragment->word), &packed);
    if (status != LEAT_OK)
        return status;
    struct leat_block *block =
        leat_block_create(&image->src->ctx->alloc, HEAD_LEN + block_size + LEAT_UNPACK_SLACK);
    if (block == NULL)
        return leat_sqfs_fails(image, LEAT_FAULT_MEMORY, NULL, fragment->at);
    image->counts->allocations++;
    image->counts->allocated += block->size;
    struct head *head = head_of(block);
    head->number = fragment->number;
    status = leat_sqfs_unpack(image, packed, leat_sqfs_block_is_stored(fragment->word),
                              fragment->at, block->data + HEAD_LEN, block_size, &head->len);
    if (status == LEAT_OK)
        put(slot_of(kept, fragment->number), leat_block_take(block));
    fragment_has(fragment, block);
    return status;
}

enum leat_status leat_sqfs_fragment_load(struct sqfs_fragment *fragment,
                                         struct sqfs_fragments *kept, struct sqfs_image *image,
                                         struct sqfs_meta *meta)
{
    enum leat_status status = LEAT_OK;
    leat_assert(fragment->block == NULL);
    if (fragment->state == SQFS_FRAGMENT_NUMBERED) {
        struct leat_block *block = look(slot_of(kept, fragment->number), fragment->number);
        if (block != NULL) {
            fragment_has(fragment, block);
            return LEAT_OK;
        }
        status = fragment_lists(fragment, image, meta);
    }
    if (status == LEAT_OK && fragment->state == SQFS_FRAGMENT_LISTED)
        status = fragment_finds(fragment, image, meta);
    if (status == LEAT_OK)
        status = fragment_unpacks(fragment, kept, image);
    return status;
}
