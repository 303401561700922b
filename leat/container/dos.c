#include "leat/container/dos.h"

#include "leat/container/days.h"

int64_t leat_dos_time(uint16_t date, uint16_t time)
{
    unsigned month = date >> 5 & 15;
    unsigned day = date & 31;
    if (month < 1 || month > 12 || day < 1)
        return 0;
    int64_t days = leat_days_since_1970(1980 + (date >> 9), month, day);
    return days * 86400 + (time >> 11) * 3600 + (time >> 5 & 63) * 60 + (time & 31) * 2;
}
