#ifndef LEAT_STAGE_UTF_LABEL_H
#define LEAT_STAGE_UTF_LABEL_H

#include "leat/stage/utf/utf.h"

/* What an encoding's name stands for. */
struct leat_label {
    const struct leat_stage *decoder; /* NULL: UTF-8, which needs none */
    const char *iconv;                /* what iconv calls it, where that decodes it */
};

/* Look `name` up: first among the labels of the WHATWG Encoding Standard, then among iconv's own.
 * False: nobody knows it. What it gives may point into `name`. */
LEAT_MUST_USE bool leat_label_find(const char *name, struct leat_label *ret);

#endif
