#include "tests/conformance/suite.h"

void suite_container(const struct suite *suite)
{
    (void)suite;
}
