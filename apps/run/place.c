#include "apps/run/place.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool run_place_init(struct run_place *place, const char *typed)
{
    *place = (struct run_place){ .path = strdup(typed), .all = typed, .len = strlen(typed) };
    if (place->path == NULL)
        return false;
    struct stat stat;
    if (strcmp(typed, "-") == 0 || lstat(typed, &stat) == 0)
        return true;
    for (char *mark = strchr(place->path, '!'); mark != NULL; mark = strchr(mark + 1, '!')) {
        *mark = '\0';
        if (lstat(place->path, &stat) == 0 || strcmp(place->path, "-") == 0) {
            place->inside = true;
            return true;
        }
        *mark = '!';
    }
    return true;
}

void run_place_fini(struct run_place *place)
{
    free(place->path);
    *place = (struct run_place){ 0 };
}

/* Past "./", as often as it stands there. */
static size_t skip_dots(const char *text, size_t at, size_t len)
{
    while (len - at >= 2 && text[at] == '.' && text[at + 1] == '/')
        at += 2;
    return at;
}

/* How far the place and what is met say the same: up to `*ret_met` of what is met. */
static size_t follow(const struct run_place *place, struct leat_span met, size_t *ret_met)
{
    const char *a = place->all;
    const char *b = (const char *)met.data;
    size_t i = strlen(place->path);
    size_t k = i;
    leat_assert(met.len >= k);
    while (i < place->len && k < met.len && a[i] == b[k]) {
        bool steps_in = a[i] == '!';
        i++, k++;
        if (steps_in) {
            i = skip_dots(a, i, place->len);
            k = skip_dots(b, k, met.len);
        }
    }
    *ret_met = k;
    return i;
}

enum run_lies run_place_lies(const struct run_place *place, struct leat_span met)
{
    const char *a = place->all;
    const char *b = (const char *)met.data;
    size_t k;
    size_t i = follow(place, met, &k);
    if (i == place->len && k == met.len)
        return RUN_THERE;
    if (i == place->len) {
        const bool open = i > 0 && (a[i - 1] == '!' || a[i - 1] == '/');
        return open || b[k] == '!' || b[k] == '/' ? RUN_BELOW : RUN_ELSEWHERE;
    }
    if (k == met.len)
        return a[i] == '!' ? RUN_ON_THE_WAY : RUN_ELSEWHERE;
    return RUN_ELSEWHERE;
}

size_t run_place_end(const struct run_place *place, struct leat_span met)
{
    size_t end;
    size_t typed = follow(place, met, &end);
    leat_assert(typed == place->len);
    return end;
}

bool run_place_covers(const struct run_place *place, struct leat_span met)
{
    if (!place->inside)
        return true;
    enum run_lies lies = run_place_lies(place, met);
    return lies == RUN_THERE || lies == RUN_BELOW;
}

const struct leat_fault *run_place_blocked(const struct leat_step *leaf)
{
    leat_assert(leaf->kind == LEAT_STEP_LEAF);
    struct leat_span head;
    return leat_peek(leaf->reader, 1, &head) == LEAT_FAULT ? leat_reader_fault(leaf->reader) : NULL;
}
