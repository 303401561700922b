#ifndef TESTS_CONFORMANCE_BITES_H
#define TESTS_CONFORMANCE_BITES_H

#include "leat/core/format.h"

/* Formats that each break one rule, to prove that the suite finds it. The last has no name. */
extern const struct leat_format bites[];

#endif
