#ifndef LEAT_CONTAINER_SQUASHFS_START_H
#define LEAT_CONTAINER_SQUASHFS_START_H

#include "leat/container/squashfs/super.h"

/* Where an image begins that is behind a program, as in an AppImage of type 2 (AppImageSpec, "Image
 * format"), or behind a script, or a boot loader's header where the name says that it is an image.
 */

/* How many bytes are looked at: an AppImage's program is some 200 KiB or, linked statically, some
 * 950 KiB. */
#define SQFS_PREFIX_MAX ((size_t)4 << 20)

/* Look for it in the first `len` bytes, at most SQFS_PREFIX_MAX, of an input that has `size`.
 *
 * Behind a program that tells where it ends, it is looked for there, and up to 64 KiB further, as
 * far as anyone aligns it. So what is in the program is not taken for one, and whoever asks for an
 * image first is not deceived by one within another archive.
 *
 * Returns  YES (at *ret_at), NO (0), or MORE: further bytes may tell another */
enum leat_match leat_sqfs_start_find(const uint8_t *data, size_t len, uint64_t size,
                                     size_t *ret_at);

/* The same for leat_format. No image is behind a program of Windows: there are too many of those to
 * look. */
enum leat_match leat_sqfs_start_probe(const uint8_t *data, size_t len, uint64_t size);

#endif
