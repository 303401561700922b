/* Any bytes as the start of a connection: what is understood lies within them and is true to the
 * rules of framing, what follows a head makes no difference to it, and neither does how the bytes
 * are cut.
 *
 *     how long the pieces are; three limits, 0 for the usual; the bytes */

#include "apps/http/request_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    const size_t step = data[0] % 64 + 1;
    const struct http_limits limits = { data[1] * 8u, data[2], data[3] % 8 };
    const struct parsed whole = check_parse(&limits, data + 4, size - 4);
    const struct parsed pieces = parse_in_steps(&limits, data + 4, size - 4, step);
    check_same(&whole, &pieces);
    return 0;
}
