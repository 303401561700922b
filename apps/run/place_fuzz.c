/* Any place as typed, and anything that a walk may meet in it: the part outside is the shortest
 * that exists, and how the two lie to each other is what a comparison of their steps says.
 *
 *     typed, 0, what is met after the part outside
 *
 * What is typed that begins with an `a` is in a folder with the files `a` and `a!b`. */

#include "apps/run/place.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[64], file[80], other[80];

static void clean(void)
{
    unlink(file);
    unlink(other);
    rmdir(folder);
}

static void begin(void)
{
    snprintf(folder, sizeof(folder), "/tmp/leat-place-XXXXXX");
    check(mkdtemp(folder) != NULL);
    snprintf(file, sizeof(file), "%s/a", folder);
    snprintf(other, sizeof(other), "%s/a!b", folder);
    check(close(open(file, O_WRONLY | O_CREAT, 0600)) == 0);
    check(close(open(other, O_WRONLY | O_CREAT, 0600)) == 0);
    atexit(clean);
}

static bool exists(const char *path, size_t len)
{
    struct stat about;
    char *copy = strndup(path, len);
    check(copy != NULL);
    const bool found = lstat(copy, &about) == 0 || strcmp(copy, "-") == 0;
    free(copy);
    return found;
}

static void check_outside(const struct run_place *place, const char *typed)
{
    const size_t len = strlen(place->path);
    check(place->all == typed && place->len == strlen(typed));
    check(strncmp(place->path, typed, len) == 0);
    if (!place->inside) {
        check(typed[len] == '\0');
        return;
    }
    check(typed[len] == '!' && exists(typed, len) && !exists(typed, strlen(typed)));
    for (size_t i = 0; i < len; i++)
        check(typed[i] != '!' || !exists(typed, i));
}

/* What is inside, without the "./" that may stand before each name. */
static size_t normalize(char *to, const char *from, size_t len)
{
    size_t n = 0;
    bool begins = false;
    for (size_t i = 0; i < len; i++) {
        while (begins && len - i >= 2 && from[i] == '.' && from[i + 1] == '/')
            i += 2;
        if (i == len)
            break;
        begins = from[i] == '!';
        to[n++] = from[i];
    }
    return n;
}

static bool ends_step(char c)
{
    return c == '!' || c == '/';
}

static enum run_lies lies(const char *typed, size_t typed_len, const char *met, size_t met_len)
{
    const size_t least = typed_len < met_len ? typed_len : met_len;
    if (memcmp(typed, met, least) != 0)
        return RUN_ELSEWHERE;
    if (typed_len == met_len)
        return RUN_THERE;
    if (met_len > typed_len)
        return ends_step(met[typed_len]) || ends_step(typed[typed_len - 1]) ? RUN_BELOW
                                                                            : RUN_ELSEWHERE;
    return typed[met_len] == '!' ? RUN_ON_THE_WAY : RUN_ELSEWHERE;
}

static void check_lies(const struct run_place *place, const char *met_text, size_t met_text_len)
{
    const size_t outside = strlen(place->path), met_len = outside + met_text_len;
    uint8_t *met = malloc(met_len + 1);
    char *a = malloc(place->len + 1), *b = malloc(met_len + 1);
    check(met != NULL && a != NULL && b != NULL);
    memcpy(met, place->path, outside);
    memcpy(met + outside, met_text, met_text_len);
    memcpy(a, place->path, outside);
    memcpy(b, place->path, outside);
    const size_t a_len =
        outside + normalize(a + outside, place->all + outside, place->len - outside);
    const size_t b_len = outside + normalize(b + outside, met_text, met_text_len);
    const struct leat_span span = { met, met_len };
    const enum run_lies said = run_place_lies(place, span);
    check_equal(said, lies(a, a_len, b, b_len));
    check_equal(run_place_covers(place, span),
                !place->inside || said == RUN_THERE || said == RUN_BELOW);
    free(met);
    free(a);
    free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (folder[0] == '\0')
        begin();
    const uint8_t *zero = size > 0 ? memchr(data, 0, size) : NULL;
    const size_t len = zero ? (size_t)(zero - data) : size, past = len + (len < size);
    char *typed = malloc(strlen(file) + len + 1);
    check(typed != NULL);
    const size_t before = len > 0 && data[0] == 'a' ? strlen(folder) + 1 : 0;
    memcpy(typed, file, before);
    if (len > 0)
        memcpy(typed + before, data, len);
    typed[before + len] = '\0';
    struct run_place place;
    check(run_place_init(&place, typed));
    check_outside(&place, typed);
    /* The root of a walk is the part outside, and below it a '!' comes first. */
    if (place.inside && (past == size || data[past] == '!'))
        check_lies(&place, (const char *)data + past, size - past);
    run_place_fini(&place);
    free(typed);
    return 0;
}
