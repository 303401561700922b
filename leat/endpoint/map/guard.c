#include "leat/endpoint/map/guard.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "leat/core/assert.h"
#include "leat/endpoint/map/map.h"

/* The table that the handler searches. It is all atomics, for a handler can hold no lock: a slot is
 * claimed by its start, which is FREE, TAKEN (being filled) or an address. A thread that faults in
 * a region keeps it alive, so the slot that the handler finds stays what it is. */
struct guard_slot {
    uintptr_t start;
    size_t size;
    size_t len; /* bytes at the start that are the file's own */
};

enum { SLOT_FREE = 0, SLOT_TAKEN = 1 };

static struct guard_slot slots[LEAT_GUARD_REGIONS_MAX];
static uint32_t slots_used; /* those from here on were never used */
static uint32_t installed;
static uintptr_t page_size;
static struct sigaction old_action;

/* --- The handler --- */

/* Lay zeros over the rest of a region, from the page of `at` on. */
static bool slot_cut(struct guard_slot *slot, uintptr_t start, uintptr_t at)
{
    size_t size = __atomic_load_n(&slot->size, __ATOMIC_ACQUIRE);
    if (at < start || at - start >= size)
        return false;
    uintptr_t page = at & ~(page_size - 1);
    size_t len = __atomic_load_n(&slot->len, __ATOMIC_RELAXED);
    while (page - start < len && !__atomic_compare_exchange_n(&slot->len, &len, page - start, false,
                                                              __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        continue;
    void *zeros = mmap((void *)page, start + size - page, PROT_READ,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    return zeros != MAP_FAILED;
}

static bool guard_cuts(uintptr_t at)
{
    uint32_t used = __atomic_load_n(&slots_used, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < used; i++) {
        uintptr_t start = __atomic_load_n(&slots[i].start, __ATOMIC_ACQUIRE);
        if (start > SLOT_TAKEN && slot_cut(&slots[i], start, at))
            return true;
    }
    return false;
}

/* What is not ours is for whoever was there before, and kills if that is nobody. */
static void guard_chains(int number, siginfo_t *info, void *context)
{
    if (old_action.sa_flags & SA_SIGINFO) {
        old_action.sa_sigaction(number, info, context);
    } else if (old_action.sa_handler != SIG_DFL && old_action.sa_handler != SIG_IGN) {
        old_action.sa_handler(number);
    } else {
        /* A fault comes again at once, and meets the default; a signal that was sent does not. */
        struct sigaction deadly = { .sa_handler = SIG_DFL };
        sigaction(number, &deadly, NULL);
        if (info->si_code <= 0)
            raise(number);
    }
}

static void guard_handles(int number, siginfo_t *info, void *context)
{
    int saved = errno;
    if (info->si_code != BUS_ADRERR || !guard_cuts((uintptr_t)info->si_addr))
        guard_chains(number, info, context);
    errno = saved;
}

enum leat_status leat_map_guard_install(void)
{
    uint32_t none = 0;
    if (!__atomic_compare_exchange_n(&installed, &none, 1, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE))
        return LEAT_OK;
    page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    leat_assert((page_size & (page_size - 1)) == 0);
    leat_assert(page_size <= LEAT_REGION_ALIGN);
    struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK };
    action.sa_sigaction = guard_handles;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGBUS, &action, &old_action) == 0) {
        __atomic_store_n(&installed, 2, __ATOMIC_RELEASE);
        return LEAT_OK;
    }
    __atomic_store_n(&installed, 0, __ATOMIC_RELEASE);
    return LEAT_UNSUPPORTED;
}

bool leat_guard_is_installed(void)
{
    return __atomic_load_n(&installed, __ATOMIC_ACQUIRE) == 2;
}

/* --- Regions --- */

/* Claim a slot. False: all are in use. */
static bool slot_claim(uint32_t *ret)
{
    for (uint32_t i = 0; i < LEAT_GUARD_REGIONS_MAX; i++) {
        uintptr_t start = SLOT_FREE;
        if (!__atomic_compare_exchange_n(&slots[i].start, &start, SLOT_TAKEN, false,
                                         __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            continue;
        uint32_t used = __atomic_load_n(&slots_used, __ATOMIC_RELAXED);
        while (used <= i && !__atomic_compare_exchange_n(&slots_used, &used, i + 1, false,
                                                         __ATOMIC_RELEASE, __ATOMIC_RELAXED))
            continue;
        *ret = i;
        return true;
    }
    return false;
}

static void slot_release(uint32_t slot)
{
    __atomic_store_n(&slots[slot].start, SLOT_FREE, __ATOMIC_RELEASE);
}

static void region_release(struct leat_block *block)
{
    struct leat_region *region = (struct leat_region *)block;
    slot_release(region->slot);
    munmap(block->data, block->size);
    struct leat_alloc alloc = block->alloc;
    leat_deallocate(&alloc, region);
}

struct leat_region *leat_region_create(const struct leat_alloc *alloc, int fd, uint64_t offset,
                                       size_t len)
{
    leat_assert(len > 0);
    leat_assert(offset % LEAT_REGION_ALIGN == 0);
    uint32_t slot;
    if (!leat_guard_is_installed() || !slot_claim(&slot))
        return NULL;
    struct leat_region *region = leat_allocate(alloc, sizeof(*region));
    size_t size = (len + page_size - 1) & ~(page_size - 1);
    void *data = MAP_FAILED;
    if (region != NULL)
        data = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, (off_t)offset);
    if (data == MAP_FAILED) {
        slot_release(slot);
        leat_deallocate(alloc, region);
        return NULL;
    }
    *region = (struct leat_region){
        .block = { .refs = 1,
                   .alloc = *alloc,
                   .data = data,
                   .size = size,
                   .release = region_release },
        .slot = slot,
    };
    __atomic_store_n(&slots[slot].len, size, __ATOMIC_RELAXED);
    __atomic_store_n(&slots[slot].size, size, __ATOMIC_RELAXED);
    __atomic_store_n(&slots[slot].start, (uintptr_t)data, __ATOMIC_RELEASE);
    return region;
}

bool leat_region_slide(struct leat_region *region, int fd, uint64_t offset, size_t len)
{
    struct leat_block *block = &region->block;
    leat_assert(len > 0);
    leat_assert(len <= block->size);
    leat_assert(offset % LEAT_REGION_ALIGN == 0);
    leat_assert(leat_block_is_sole(block));
    void *data = mmap(block->data, len, PROT_READ, MAP_SHARED | MAP_FIXED, fd, (off_t)offset);
    __atomic_store_n(&slots[region->slot].len, block->size, __ATOMIC_RELEASE);
    return data != MAP_FAILED;
}

size_t leat_region_len(const struct leat_region *region)
{
    return __atomic_load_n(&slots[region->slot].len, __ATOMIC_ACQUIRE);
}
