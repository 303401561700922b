#include "apps/cp/ending.h"

#include <string.h>

#include "leat/layer/catalogue.h"
#include "leat/layer/ending.h"

/* Endings that stand for two: a tar archive, and how it is compressed. */
static const struct {
    const char *ending, *encoder;
} combined[] = {
    { ".tgz", "gzip" },   { ".taz", "gzip" }, { ".tbz", "bzip2" }, { ".tbz2", "bzip2" },
    { ".txz", "xz" },     { ".tlz", "lzip" }, { ".tzst", "zstd" }, { ".tlz4", "lz4" },
    { ".tbr", "brotli" }, { ".tzo", "lzop" },
};

static const struct leat_format *format_of(const char *name)
{
    for (const struct leat_format *const *at = leat_formats; *at != NULL; at++) {
        if (strcmp((*at)->name, name) == 0)
            return *at;
    }
    return NULL;
}

/* One of the endings that stand for two, at the end of the name. */
static bool ends_combined(struct leat_span name, struct ending *ending)
{
    for (size_t i = 0; i < sizeof(combined) / sizeof(combined[0]); i++) {
        size_t len = strlen(combined[i].ending);
        const struct leat_format *encoder = format_of(combined[i].encoder);
        if (name.len <= len || encoder == NULL || encoder->encoder == NULL ||
            strncasecmp((const char *)name.data + name.len - len, combined[i].ending, len) != 0)
            continue;
        ending->encoders[ending->encoders_len++] = encoder;
        ending->archive = format_of("tar");
        return true;
    }
    return false;
}

/* Take off the longest ending of a format that can be written: an archive's, or an encoder's. */
static const struct leat_format *takes_off(struct leat_span *name, bool archive)
{
    const struct leat_format *found = NULL;
    size_t longest = 0;
    for (const struct leat_format *const *at = leat_formats; *at != NULL; at++) {
        bool fits = archive ? (*at)->pack != NULL : (*at)->encoder != NULL;
        if ((*at)->traits & LEAT_FORMAT_TEXT)
            fits = false;
        size_t len = fits ? leat_format_ending(*at, *name) : 0;
        if (len > longest) {
            longest = len;
            found = *at;
        }
    }
    name->len -= longest;
    return found;
}

struct ending ending_of(struct leat_span name)
{
    struct ending ending = { 0 };
    while (ending.archive == NULL && ending.encoders_len < ENCODERS_MAX) {
        ending.archive = takes_off(&name, true);
        if (ending.archive != NULL || ends_combined(name, &ending))
            break;
        const struct leat_format *encoder = takes_off(&name, false);
        if (encoder == NULL)
            break;
        ending.encoders[ending.encoders_len++] = encoder;
    }
    return ending;
}

bool ending_encodes_as(const struct ending *a, const struct ending *b)
{
    bool same = a->encoders_len == b->encoders_len;
    for (unsigned i = 0; i < a->encoders_len && same; i++)
        same = a->encoders[i] == b->encoders[i];
    return same;
}

/* One that a flag names. */
static bool named(struct cp *cp, const char *name, bool archive, const struct leat_format **ret)
{
    const struct leat_format *format = format_of(name);
    if (format != NULL && (archive ? format->pack != NULL : format->encoder != NULL)) {
        *ret = format;
        return true;
    }
    cp_tell(cp, cp_text(name),
            archive ? "no kind of archive that can be written"
                    : "no format that can be compressed to");
    return false;
}

/* Only some encoders have levels, and an archive's own compression does. */
static bool takes_level(struct cp *cp, const struct ending *ending)
{
    bool takes = ending->archive != NULL && ending->encoders_len == 0;
    for (unsigned i = 0; i < ending->encoders_len; i++)
        takes = takes || (ending->encoders[i]->traits & LEAT_FORMAT_LEVELS);
    if (!cp->flags.level.set || takes)
        return true;
    cp_tell(cp, cp_text("--level"), "nothing is compressed that has levels");
    return false;
}

bool ending_wanted(struct cp *cp, struct leat_span name, struct ending *ret)
{
    const struct cp_options *flags = &cp->flags;
    *ret = ending_of(name);
    if (flags->no_compress)
        ret->encoders_len = 0;
    if (flags->no_archive)
        ret->archive = NULL;
    if (flags->compress != NULL) {
        if (!named(cp, flags->compress, false, &ret->encoders[0]))
            return false;
        ret->encoders_len = 1;
    }
    if (flags->archive != NULL && !named(cp, flags->archive, true, &ret->archive))
        return false;
    return takes_level(cp, ret);
}
