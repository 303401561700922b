#include "apps/cp/gaps.h"

#include "leat/core/assert.h"

void gaps_add(struct gaps *gaps, uint64_t at)
{
    uint64_t kept = gaps->count < GAPS_KEPT_MAX ? gaps->count : GAPS_KEPT_MAX;
    leat_assert(kept == 0 || gaps->at[kept - 1] <= at);
    if (kept > 0 && gaps->at[kept - 1] == at)
        return; /* nothing came between the two */
    if (kept < GAPS_KEPT_MAX)
        gaps->at[kept] = at;
    gaps->count++;
}

static void put_where(struct term_buffer *buffer, const struct gaps *gaps)
{
    uint64_t kept = gaps->count < GAPS_KEPT_MAX ? gaps->count : GAPS_KEPT_MAX;
    for (uint64_t i = 0; i < kept; i++) {
        term_puts(buffer, i == 0 ? ", with damage at byte " : ", ");
        term_put_number(buffer, gaps->at[i]);
    }
    if (gaps->count > kept) {
        term_puts(buffer, " and in more places: ");
        term_put_number(buffer, gaps->count - kept);
    }
}

void gaps_tell(struct cp *cp, struct leat_span place, const char *what, const struct gaps *gaps)
{
    struct term_buffer text = { 0 };
    term_puts(&text, what);
    put_where(&text, gaps);
    term_putc(&text, '\0');
    cp_tell(cp, place, text.cut ? what : text.data);
    term_buffer_fini(&text);
}
