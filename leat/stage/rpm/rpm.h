#ifndef LEAT_STAGE_RPM_RPM_H
#define LEAT_STAGE_RPM_RPM_H

#include "leat/core/format.h"

/* Packages of RPM, versions 3 and 4 of the format: a lead, a header of signatures, a header that
 * describes the package, and the payload, mostly a compressed cpio archive. RPM's manual, "Package
 * format".
 *
 * The decoder leaves the payload, as it is packed; a peel goes on from there. Magic numbers and
 * sizes of what comes before are checked, signatures are not. */

LEAT_BEGIN_DECLS

/* A reader of the payload of the package in `src`, which it owns. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_unrpm(struct leat_reader *src);

/* The stage itself, for leat_pull and leat_push. */
LEAT_API extern const struct leat_stage leat_stage_unrpm;

/* For the catalogue. */
LEAT_API extern const struct leat_format leat_format_rpm;

LEAT_END_DECLS

#endif
