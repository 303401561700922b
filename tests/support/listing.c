#include "tests/support/listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Contents up to this are shown as they are. */
enum { SHOWN_MAX = 64 };

/* Far more waits than any test has: a machine that makes no progress ends here. */
enum { IDLE_WAITS_MAX = 1000000 };

static void put(struct listing *listing, const void *data, size_t len)
{
    if (listing->len + len + 1 > listing->size) {
        listing->size = (listing->len + len + 1) * 2;
        listing->text = realloc(listing->text, listing->size);
    }
    memcpy(listing->text + listing->len, data, len);
    listing->len += len;
    listing->text[listing->len] = '\0';
}

static LEAT_PRINTF(2, 3) void print(struct listing *listing, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    leat_assert(len >= 0 && (size_t)len < sizeof(text));
    put(listing, text, (size_t)len);
}

static void put_end(struct listing *listing, enum leat_status status,
                    const struct leat_fault *fault)
{
    print(listing, "%s", leat_status_name(status));
    if (status == LEAT_FAULT) {
        leat_assert(fault != NULL);
        leat_assert(fault->code != LEAT_FAULT_NONE);
        print(listing, " %s", fault->reason ? fault->reason : leat_fault_code_name(fault->code));
    }
    print(listing, "\n");
}

struct contents {
    uint8_t first[SHOWN_MAX];
    uint64_t len;
    uint64_t hash;
};

static void contents_add(struct contents *contents, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (contents->len + i < SHOWN_MAX)
            contents->first[contents->len + i] = data[i];
        contents->hash = (contents->hash ^ data[i]) * 0x100000001b3u;
    }
    contents->len += len;
}

/* Go on behind damage. False where that cannot be. */
static bool reads_on(struct listing *listing, struct leat_reader *r)
{
    enum leat_status status;
    while ((status = leat_resync(r)) == LEAT_AGAIN || status == LEAT_FAULT)
        listing->waits += status == LEAT_AGAIN;
    return status == LEAT_OK;
}

static bool goes_on(struct listing *listing, struct leat_container *c)
{
    enum leat_status status;
    while ((status = leat_container_resync(c)) == LEAT_AGAIN || status == LEAT_FAULT)
        listing->waits += status == LEAT_AGAIN;
    return status == LEAT_OK;
}

/* Read to the end, in peeks that grow from 1 to peek_max and begin again. */
static void put_contents(struct listing *listing, struct leat_reader *r, size_t peek_max,
                         bool resyncs)
{
    struct contents contents = { .hash = 0xcbf29ce484222325u };
    enum leat_status status = LEAT_OK;
    unsigned idle = 0;
    size_t min = 1;
    if (peek_max > r->window_max)
        peek_max = r->window_max;
    while (status == LEAT_OK || status == LEAT_AGAIN) {
        struct leat_span window;
        status = leat_peek(r, min, &window);
        leat_assert((status == LEAT_OK) == (window.len >= min));
        contents_add(&contents, window.data, window.len);
        leat_consume(r, window.len);
        idle = window.len > 0 ? 0 : idle + 1;
        leat_assert(idle < IDLE_WAITS_MAX);
        listing->waits += status == LEAT_AGAIN;
        if (status == LEAT_OK && peek_max > 0)
            min = min % peek_max + 1;
        if (status == LEAT_FAULT && resyncs && reads_on(listing, r)) {
            print(listing, "on ");
            status = LEAT_OK;
        }
    }
    if (contents.len <= SHOWN_MAX) {
        print(listing, "\"");
        put(listing, contents.first, (size_t)contents.len);
        print(listing, "\" ");
    } else {
        print(listing, "%llu bytes %016llx ", (unsigned long long)contents.len,
              (unsigned long long)contents.hash);
    }
    leat_assert(status != LEAT_END || leat_tell(r) == contents.len);
    put_end(listing, status, leat_reader_fault(r));
}

static void put_entry(struct listing *listing, const struct leat_entry *entry)
{
    static const char *const kinds[] = { "file", "folder", "link", "hard-link", "other" };
    print(listing, "%s ", kinds[entry->kind]);
    put(listing, entry->name.data, entry->name.len);
    print(listing, " %04o %lld %s ", (unsigned)entry->mode, (long long)entry->mtime_s,
          entry->method);
    if (entry->size == LEAT_SIZE_UNKNOWN)
        print(listing, "? ");
    else
        print(listing, "%llu ", (unsigned long long)entry->size);
    if (entry->target.len > 0) {
        print(listing, "-> ");
        put(listing, entry->target.data, entry->target.len);
        print(listing, " ");
    }
}

struct listing listing_of(const struct listing_options *options)
{
    struct leat_container *c = options->c;
    struct listing listing = { 0 };
    enum leat_status status = LEAT_OK;
    unsigned idle = 0;
    while (status == LEAT_OK || status == LEAT_AGAIN) {
        struct leat_entry entry;
        status = leat_next(c, &entry);
        idle = status == LEAT_AGAIN ? idle + 1 : 0;
        leat_assert(idle < IDLE_WAITS_MAX);
        listing.waits += status == LEAT_AGAIN;
        if (status == LEAT_FAULT && options->resyncs && goes_on(&listing, c)) {
            print(&listing, "on\n");
            status = LEAT_OK;
            continue;
        }
        if (status != LEAT_OK)
            continue;
        put_entry(&listing, &entry);
        if (options->skip_every > 0 && entry.index % options->skip_every == 0) {
            print(&listing, "unread\n");
            continue;
        }
        struct leat_reader *r = leat_entry_open(c, &entry, NULL);
        put_contents(&listing, r, options->peek_max, options->resyncs);
        leat_reader_close(r);
    }
    leat_assert(leat_next(c, &(struct leat_entry){ 0 }) == status);
    put_end(&listing, status, leat_container_fault(c));
    leat_container_close(c);
    return listing;
}

bool listing_has(const struct listing *listing, const char *line)
{
    size_t len = strlen(line);
    for (const char *at = listing->text; at != NULL && *at != '\0';) {
        if (strncmp(at, line, len) == 0)
            return true;
        at = strchr(at, '\n');
        at = at != NULL ? at + 1 : NULL;
    }
    return false;
}

void listing_fini(struct listing *listing)
{
    free(listing->text);
    *listing = (struct listing){ 0 };
}
