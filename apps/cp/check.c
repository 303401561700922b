#include "apps/cp/check.h"

#include "leat/endpoint/descriptor/descriptor.h"
#include "leat/stage/hash/hash.h"

bool check_is_sound(struct cp *cp)
{
    struct leat_digest expected;
    const char *reason;
    if (cp->flags.check == NULL ||
        leat_digest_parse(cp->flags.check, &expected, &reason) == LEAT_OK)
        return true;
    cp_tell(cp, cp_text(cp->flags.check), reason);
    return false;
}

bool check_holds(struct cp *cp, int fd, struct leat_span label)
{
    struct leat_digest expected;
    const char *reason;
    uint64_t done;
    if (cp->flags.check == NULL)
        return true;
    enum leat_status status = leat_digest_parse(cp->flags.check, &expected, &reason);
    leat_assert(status == LEAT_OK);
    struct leat_reader *r = leat_descriptor_at(&cp->ctx, fd, 0, cp->flags.check);
    r = leat_hash_expect(r, &expected);
    status = leat_skip(r, UINT64_MAX, &done);
    if (status != LEAT_END)
        cp_tell_fault(cp, label, leat_reader_fault(r));
    leat_reader_close(r);
    return status == LEAT_END;
}
