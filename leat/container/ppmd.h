#ifndef LEAT_CONTAINER_PPMD_H
#define LEAT_CONTAINER_PPMD_H

#include "leat/container/foreign_flow.h"
#include "leat/core/stage.h"

/* PPMd, in the two forms that archives have. No library gives its decoder by itself, but libarchive
 * has both within: so it is shown the packed bytes in the smallest archive that they can be in, on
 * a stack of its own (foreign_flow.h). Of what is damaged up to 256 KiB before the damage are kept
 * back by it. Its own memory is not the ctx's. */

enum leat_ppmd_form {
    LEAT_PPMD_H_7Z,  /* variant H with 7z's range coder */
    LEAT_PPMD_I_ZIP, /* variant I, with two bytes of properties before it (APPNOTE.TXT 5.10) */
};

struct leat_ppmd_options {
    enum leat_ppmd_form form;
    struct leat_span properties; /* of 7z's form: the order and how much memory, 5 bytes */
    uint64_t packed_size;
    uint64_t size; /* unpacked */
};

enum { LEAT_PPMD_PROPERTIES_LEN = 5, LEAT_PPMD_HEAD_MAX = 64, LEAT_PPMD_TAIL_MAX = 160 };

struct leat_ppmd {
    struct leat_container shell; /* of the source, for the flow */
    struct leat_foreign_flow flow;
    struct leat_ppmd_options options;
    enum leat_foreign_job next;
    struct leat_span block; /* what libarchive gave, and is not written yet */
    uint64_t in_start;
    bool began;
    bool ended;
    uint8_t head[LEAT_PPMD_HEAD_MAX]; /* the archive before the packed bytes, and behind them */
    uint8_t tail[LEAT_PPMD_TAIL_MAX];
};

LEAT_BEGIN_DECLS

/* The three functions of a stage that has this within. */
LEAT_MUST_USE enum leat_status leat_ppmd_start(struct leat_ppmd *ppmd, struct leat_codec *codec,
                                               const struct leat_ppmd_options *options);
LEAT_MUST_USE enum leat_status leat_ppmd_step(struct leat_ppmd *ppmd, struct leat_codec *codec,
                                              struct leat_reader *in, struct leat_writer *out);
void leat_ppmd_stop(struct leat_ppmd *ppmd);

/* The stage. Its options, which are not optional, are a leat_ppmd_options. */
extern const struct leat_stage leat_stage_ppmd;

LEAT_END_DECLS

#endif
