/* What a user of the installed library writes; also C++. Built by
 *     cc count.c $(pkg-config --cflags --libs leat) */

#include <leat/core/status.h>
#include <stdio.h>

int main(void)
{
    printf("%s\n", leat_status_name(LEAT_OK));
    return 0;
}
