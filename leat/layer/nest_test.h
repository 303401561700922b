#ifndef LEAT_LAYER_NEST_TEST_H
#define LEAT_LAYER_NEST_TEST_H

#include "leat/core/format.h"

/* Building nests for tests: bytes in allocated memory, that its holder frees. What is put inside
 * something is freed by that. */
struct nest {
    uint8_t *data;
    size_t len;
};

/* The text's bytes. */
struct nest nest_text(const char *text);

/* Put bytes behind. */
void nest_add(struct nest *nest, const void *data, size_t len);

/* The catalogue's format of this name, or NULL. */
const struct leat_format *nest_format(const char *name);

/* `inside`, as the format's encoder packs it. */
struct nest nest_pack(const char *format, struct nest inside);

/* One ustar entry behind `tar`, and the end. */
void nest_tar_add(struct nest *tar, const char *name, char type, struct nest inside);
void nest_tar_end(struct nest *tar);

/* One stored entry behind `zip`, its directory entry behind `directory`; and the end, which takes
 * the directory. */
void nest_zip_add(struct nest *zip, struct nest *directory, const char *name, struct nest inside);
void nest_zip_end(struct nest *zip, struct nest directory, unsigned entries);

#endif
