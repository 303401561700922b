#ifndef LEAT_CONTAINER_DOS_H
#define LEAT_CONTAINER_DOS_H

#include "leat/core/compiler.h"

LEAT_BEGIN_DECLS

/* Seconds since 1970 of a date and a time of MS-DOS, in steps of two seconds, as if they were UTC:
 * which zone they are of nobody knows. 0: it is no date. */
int64_t leat_dos_time(uint16_t date, uint16_t time);

LEAT_END_DECLS

#endif
