#ifndef LEAT_STAGE_UTF_VECTOR_H
#define LEAT_STAGE_UTF_VECTOR_H

#include "leat/stage/utf/convert.h"

/* What vectors of this machine can do for UTF-16 and UTF-8, chosen when the program runs. NULL
 * where they can do nothing: the plain loops do all of it, and make the same. */

/* Turn UTF-16 without surrogates into UTF-8, from where `piece` stands on, in whole vectors: leaves
 * off before the first that holds a surrogate, that is not whole, or that has no room. */
typedef void leat_utf16_run(struct utf_piece *piece, bool be);
leat_utf16_run *leat_utf16_run_choose(void);

/* How many of the first bytes are UTF-8 without doubt, in whole vectors; what follows them may
 * begin within a character. */
typedef size_t leat_utf8_run(const uint8_t *data, size_t len);
leat_utf8_run *leat_utf8_run_choose(void);

#endif
