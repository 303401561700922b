#ifndef TESTS_SUPPORT_JSON_H
#define TESTS_SUPPORT_JSON_H

#include "leat/core/compiler.h"

/* The length of the one JSON value that `text` begins with, strictly by RFC 8259: UTF-8, no key
 * twice in an object (compared as written), nothing that a stricter reader might refuse. What is
 * none fails a check. */
size_t json_check(const char *text, size_t len);

#endif
