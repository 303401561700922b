#include "apps/walk/listing.h"

#include <assert.h>
#include <errno.h>
#include <sys/types.h>

void listing_reset(struct listing *listing)
{
    listing->len = 0;
    listing->is_end = false;
    listing->code = 0;
}

bool listing_fill(struct listing *listing, int folder_fd)
{
    if (listing->is_end)
        return false;
    listing->len = 0;
    while (LISTING_BYTES - listing->len >= LISTING_ROOM_MIN) {
        ssize_t got =
            getdents64(folder_fd, listing->entries + listing->len, LISTING_BYTES - listing->len);
        if (got <= 0) {
            listing->code = got < 0 ? errno : 0;
            listing->is_end = true;
            break;
        }
        listing->len += (size_t)got;
    }
    assert(listing->len <= LISTING_BYTES);
    return listing->len > 0;
}

/* `.` and `..` */
static bool is_own(const char *name)
{
    return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

struct dirent64 *listing_next(struct listing *listing, size_t *at)
{
    while (*at < listing->len) {
        struct dirent64 *entry = (struct dirent64 *)(void *)(listing->entries + *at);
        assert(entry->d_reclen > 0 && entry->d_reclen <= listing->len - *at);
        *at += entry->d_reclen;
        if (!is_own(entry->d_name))
            return entry;
    }
    return NULL;
}
