#ifndef TESTS_SUPPORT_TOY_H
#define TESTS_SUPPORT_TOY_H

#include "leat/core/stage.h"

/* Small stages, one for each thing a stage may ask of its adapter. */

/* The same bytes; ends with its input. */
extern const struct leat_stage toy_same;

/* Runs of equal bytes as pairs of a count (1 .. 255) and the byte, then a 0. The encoder holds a
 * run back until it is over, and can flush; the decoder knows its end, and makes much of little. */
extern const struct leat_stage toy_pack;
extern const struct leat_stage toy_unpack;

/* Copies from its own output, as Lempel and Ziv's decoders do: [1 .. 127][so many bytes],
 * [128 + n][distance, two bytes, low first] for n bytes from that far back, and 0 at the end. Its
 * rings are small, so that they often come round. */
extern const struct leat_stage toy_lz;
#define TOY_LZ_DISTANCE_MAX 2000u

/* Frames, each of which has to be seen whole: a length of two bytes, low first, and so many bytes;
 * it gives each back reversed, at once. Ends between frames. */
extern const struct leat_stage toy_frames;
#define TOY_FRAME_LEN_MAX 3000u

/* As toy_frames, but says how much it needs only when it meets a frame that needs it. */
extern const struct leat_stage toy_growing_frames;

#endif
