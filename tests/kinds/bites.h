#ifndef TESTS_KINDS_BITES_H
#define TESTS_KINDS_BITES_H

#include "tests/kinds/kinds.h"

/* Parts with one broken row each, to prove that the suites find it. The last has no name. */
extern const struct kinds bites[];

/* Those of engines. */
extern const struct kind_engine bite_boasts[], bite_keeps[], bite_nods[];

#endif
