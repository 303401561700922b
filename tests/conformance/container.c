/* A container lists and unpacks the same however its source is cut, and stands any damage. */

#include "tests/conformance/suite.h"
#include "tests/support/check.h"
#include "tests/support/sweep.h"

/* Every byte of an archive as long as this is damaged; a longer one costs too much time. */
enum { SHORT_LEN_MAX = 3000 };

static void stands_damage(const struct suite *suite, const struct sample *sample)
{
    const struct sink *packed = &sample->packed;
    if (packed->len > SHORT_LEN_MAX)
        return;
    uint8_t mask = (uint8_t)(1u << suite->seed % 8);
    sweep_cuts(suite->format->unpack, packed->data, packed->len, NULL);
    sweep_flips(suite->format->unpack, packed->data, packed->len, mask, NULL);
}

void suite_container(const struct suite *suite)
{
    for (size_t i = 0; suite->format->unpack != NULL && i < suite->samples_len; i++) {
        const struct sample *sample = &suite->samples[i];
        const struct sink *packed = &sample->packed;
        check_says_text("sample", sample->name);
        check_says_text("test", "cuttings");
        sweep_cuttings(suite->format->unpack, packed->data, packed->len,
                       suite_has(suite, LEAT_FORMAT_SEEKS));
        check_says_text("test", "marks");
        sweep_marks(suite->format->unpack, packed->data, packed->len);
        check_says_text("test", "allocations");
        sweep_allocations(suite->format->unpack, packed->data, packed->len);
        check_says_text("test", "damage");
        stands_damage(suite, sample);
    }
}
