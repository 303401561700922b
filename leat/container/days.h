#ifndef LEAT_CONTAINER_DAYS_H
#define LEAT_CONTAINER_DAYS_H

#include "leat/core/assert.h"

/* Days since 1970 of a day in the Gregorian calendar (Howard Hinnant, "days_from_civil"), for years
 * from 0 on, months from 1 to 12. */
static inline int64_t leat_days_since_1970(unsigned year, unsigned month, unsigned day)
{
    leat_assert(month >= 1 && month <= 12);
    unsigned shifted = year + 400 - (month <= 2); /* years begin in March */
    unsigned era_year = shifted % 400;
    unsigned year_day = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    unsigned era_day = era_year * 365 + era_year / 4 - era_year / 100 + year_day;
    return ((int64_t)(shifted / 400) - 1) * 146097 + era_day - 719468;
}

#endif
