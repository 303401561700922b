#include "leat/container/ppmd.h"
#include "leat/container/zip/crypt.h"
#include "leat/container/zip/fields.h"
#include "leat/container/zip/member.h"
#include "leat/container/zip/method.h"

/* What is packed, without what encryption puts around it. */
static uint64_t packed_len(const struct zip_member *member)
{
    uint64_t around = 0;
    if (member->aes_strength > 0)
        around = zip_aes_salt_len(member->aes_strength) + ZIP_AES_VERIFIER_LEN + ZIP_AES_CODE_LEN;
    else if (member->flags & ZIP_FLAG_ENCRYPTED)
        around = ZIP_CRYPTO_HEADER_LEN;
    return member->packed_size > around ? member->packed_size - around : 0;
}

struct ppmd {
    struct leat_codec codec;
    struct leat_ppmd ppmd;
};

static enum leat_status ppmd_start(struct leat_codec *codec, const void *options)
{
    const struct zip_member *member = options;
    const struct leat_ppmd_options how = {
        .form = LEAT_PPMD_I_ZIP,
        .packed_size = packed_len(member),
        .size = member->size,
    };
    if (member->size == LEAT_SIZE_UNKNOWN)
        return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED,
                                "packed by PPMd, and its length is in the directory", 0);
    return leat_ppmd_start(&((struct ppmd *)codec)->ppmd, codec, &how);
}

static enum leat_status ppmd_step(struct leat_codec *codec, struct leat_reader *in,
                                  struct leat_writer *out)
{
    return leat_ppmd_step(&((struct ppmd *)codec)->ppmd, codec, in, out);
}

static void ppmd_stop(struct leat_codec *codec)
{
    leat_ppmd_stop(&((struct ppmd *)codec)->ppmd);
}

const struct leat_stage leat_zip_stage_ppmd = {
    .name = "ppmd",
    .self_size = sizeof(struct ppmd),
    .in_min = 1,
    .out_min = 1,
    .start = ppmd_start,
    .step = ppmd_step,
    .stop = ppmd_stop,
};
