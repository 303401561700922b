#ifndef TESTS_KINDS_UNSTEADY_H
#define TESTS_KINDS_UNSTEADY_H

#include "tests/kinds/kinds.h"

/* An engine that does not wait and is as awkward as the table allows: it moves a part of what is
 * asked for, says AGAIN or FULL of what could go on, and again until it was armed, and fails when
 * it is told to. A row as any engine's, so that it has to pass the engines' suite itself; then the
 * row without a name. */
extern const struct kind_engine unsteady_rows[];

/* Let the n-th operation from now on (1 is the next; 0: none) be a fault with EIO. */
void unsteady_fails_at(struct leat_engine *engine, uint64_t n);

/* Whether that has happened. */
bool unsteady_failed(const struct leat_engine *engine);

#endif
