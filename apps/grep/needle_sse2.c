/* Candidates by vectors of 16 bytes, which every x86-64 has. */

#include "apps/grep/needle_plan.h"

#include <assert.h>

#if defined(__x86_64__)

#include <emmintrin.h>

#define PAIRS_SCAN     needle_pairs_scan_sse2
#define PAIRS_LANE     pairs_lane_sse2
#define VECTOR         __m128i
#define VECTOR_BYTES   16
#define VECTOR_TARGET  __attribute__((target("sse2")))
#define v_load(at)     _mm_loadu_si128((const __m128i *)(const void *)(at))
#define v_all(byte)    _mm_set1_epi8(byte)
#define v_or(a, b)     _mm_or_si128(a, b)
#define v_and(a, b)    _mm_and_si128(a, b)
#define v_equal(a, b)  _mm_cmpeq_epi8(a, b)
#define v_mask(vector) (uint32_t) _mm_movemask_epi8(vector)

#include "apps/grep/needle_pairs.inc"

#else
typedef int needle_sse2_empty;
#endif
