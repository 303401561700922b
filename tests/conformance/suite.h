#ifndef TESTS_CONFORMANCE_SUITE_H
#define TESTS_CONFORMANCE_SUITE_H

#include "leat/core/format.h"
#include "tests/support/drive.h"

/* What every format must pass, whichever it is. A format is known here by its entry in the
 * catalogue alone: what is asked of it follows from its traits and from what it has. */

/* Bytes in a format, and what a plain reading of them gave. */
struct sample {
    const char *name;
    struct sink packed;
    struct read plain;
    struct sink source; /* what it was made from; where `made` */
    bool made;          /* by the format's own encoder: whole, and of one member */
};

enum { SAMPLES_MAX = 64 };

struct suite {
    const struct leat_format *format;
    uint64_t seed;
    struct sample samples[SAMPLES_MAX];
    size_t samples_len;
};

/* Make samples with the format's encoder, and take those of the files in the parts' corpora under
 * `root` that the format knows by their content, or that lie in the part of its name. */
void suite_samples(struct suite *suite, const char *root);
void suite_fini(struct suite *suite);

/* The entry itself: names, endings, probe. */
void suite_format(const struct suite *suite);

/* The probe, on each beginning of each sample. */
void suite_probe(const struct suite *suite);

/* Each sample of a decoder, in every way; one round for each seed. */
void suite_decoder(const struct suite *suite);
void suite_damage(const struct suite *suite);

/* Each source of an encoder, in every way. */
void suite_encoder(const struct suite *suite);

/* Each sample of a container, in every way. */
void suite_container(const struct suite *suite);

/* Whether the format's samples may be read as one after the other. */
static inline bool suite_has(const struct suite *suite, unsigned trait)
{
    return (suite->format->traits & trait) != 0;
}

#endif
