/* Conformance: every part in the catalogue, each in every way that its traits allow. It names no
 * part, so that a new one is tested by being there.
 *
 *     conformance ROOT NAME [--seed N] [--rounds N]     one format, or `toys`,
 *                                                       or a broken one of bites.c
 *
 * A failure says the format, the sample and the seed; `--seed N` runs that again. */

#include "leat/layer/catalogue.h"
#include "tests/conformance/bites.h"
#include "tests/conformance/suite.h"
#include "tests/support/check.h"
#include "tests/support/toy.h"

#include <stdio.h>
#include <string.h>

/* The suite tries itself on formats whose rules are plain to see. */
static const struct leat_format toys[] = {
    {
        .name = "runs",
        .summary = "runs of bytes",
        .traits = LEAT_FORMAT_ENDS,
        .decoder = &toy_unpack,
        .encoder = &toy_pack,
    },
    {
        .name = "same",
        .summary = "the same bytes",
        .traits = 0,
        .decoder = &toy_same,
        .encoder = &toy_same,
    },
};

static void run(const struct leat_format *format, const char *root, struct check_options options)
{
    struct suite suite = { .format = format };
    check_says_text("format", format->name);
    suite_format(&suite);
    suite_samples(&suite, root);
    suite_probe(&suite);
    for (uint64_t i = 0; i < options.rounds; i++) {
        suite.seed = options.seed + i;
        check_says("seed", suite.seed);
        suite_decoder(&suite);
        suite_damage(&suite);
        suite_encoder(&suite);
        suite_container(&suite);
    }
    printf("%s: %zu samples\n", format->name, suite.samples_len);
    suite_fini(&suite);
}

int main(int argc, char **argv)
{
    struct check_options options = check_begin(argc, argv);
    if (argc < 3) {
        fprintf(stderr, "usage: conformance ROOT NAME [--seed N] [--rounds N]\n");
        return 2;
    }
    unsigned found = 0;
    for (size_t i = 0; i < sizeof(toys) / sizeof(toys[0]); i++) {
        if (strcmp(argv[2], "toys") == 0) {
            run(&toys[i], argv[1], options);
            found++;
        }
    }
    for (size_t i = 0; bites[i].name != NULL; i++) {
        if (strcmp(argv[2], bites[i].name) == 0) {
            run(&bites[i], argv[1], options);
            found++;
        }
    }
    for (size_t i = 0; leat_formats[i] != NULL; i++) {
        if (strcmp(argv[2], leat_formats[i]->name) == 0) {
            run(leat_formats[i], argv[1], options);
            found++;
        }
    }
    check(found > 0);
    return 0;
}
