#include "leat/core/status.h"

const char *leat_status_name(enum leat_status status)
{
    switch (status) {
    case LEAT_OK:
        return "ok";
    case LEAT_AGAIN:
        return "again";
    case LEAT_FULL:
        return "full";
    case LEAT_END:
        return "end";
    case LEAT_DONE:
        return "done";
    case LEAT_LIMIT:
        return "limit";
    case LEAT_FAULT:
        return "fault";
    case LEAT_UNSUPPORTED:
        return "unsupported";
    }
    return "unknown status";
}
