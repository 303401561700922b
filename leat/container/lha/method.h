#ifndef LEAT_CONTAINER_LHA_METHOD_H
#define LEAT_CONTAINER_LHA_METHOD_H

#include "leat/container/lha/header.h"
#include "leat/container/lha/packed.h"

LEAT_BEGIN_DECLS

/* How the entry of a header is packed. Never NULL: what is not known has no decoder. */
const struct lha_method *leat_lha_method(const struct lha_header *header);

LEAT_END_DECLS

#endif
