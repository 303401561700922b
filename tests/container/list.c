/* Prints an archive as the tests of containers write one down (tests/support/listing.h), for a
 * script to compare with what another program says of it.
 *
 *     list FORMAT FILE [PIECE]    in pieces of so many bytes, with AGAIN before each */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/layer/catalogue.h"
#include "leat/core/format.h"
#include "tests/support/sweep.h"
#include "tests/support/trickle.h"

static const struct leat_format *format_of(const char *name)
{
    for (const struct leat_format *const *at = leat_formats; *at != NULL; at++) {
        if (strcmp((*at)->name, name) == 0)
            return *at;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const struct leat_format *format = argc >= 3 ? format_of(argv[1]) : NULL;
    if (format == NULL || format->unpack == NULL) {
        fprintf(stderr, "usage: list FORMAT FILE [PIECE]\n");
        return 2;
    }
    size_t len;
    uint8_t *data = sweep_load(argv[2], &len);
    struct trickle_options trickles = {
        .data = data,
        .len = len,
        .piece = argc > 3 ? strtoul(argv[3], NULL, 10) : 0,
        .again = argc > 3,
        .seeks = true,
        .forks = argc > 3,
    };
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct listing listing =
        listing_of(&(struct listing_options){ .c = format->unpack(trickle(&ctx, &trickles)) });
    leat_ctx_fini(&ctx);
    fwrite(listing.text, 1, listing.len, stdout);
    listing_fini(&listing);
    free(data);
    return 0;
}
