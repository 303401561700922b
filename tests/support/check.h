#ifndef TESTS_SUPPORT_CHECK_H
#define TESTS_SUPPORT_CHECK_H

/* Checks for tests, on a system or on bare metal. A check that does not hold says where, and what
 * the test said of its case (a seed, a cut), and ends the program. */

#include "leat/core/status.h"

#define check(fact)        ((fact) ? (void)0 : check_failed(#fact, __FILE__, __LINE__))
#define check_equal(a, b)  check_equal_at((uint64_t)(a), (uint64_t)(b), #a, #b, __FILE__, __LINE__)
#define check_status(a, b) check_status_at((a), (b), #a, __FILE__, __LINE__)
#define check_bytes(a, a_len, b, b_len)                                                            \
    check_bytes_at((a), (a_len), (b), (b_len), #a, __FILE__, __LINE__)
#define check_text(a, b) check_text_at((a), (b), #a, __FILE__, __LINE__)

/* What is true of the case that runs now: printed when a check, an assert or a sanitizer ends the
 * program. Saying the same word again replaces its value. `word` and `text` must live on. */
void check_says(const char *word, uint64_t value);
void check_says_text(const char *word, const char *text);

/* Forget what was said after `word`: it was of an earlier case. */
void check_forgets_after(const char *word);

/* Run one test, named in what a failure prints. */
#define check_run(test) (check_says_text("test", #test), test())

/* From the arguments, `--seed N` and `--rounds N`, or from LEAT_SEED and LEAT_ROUNDS. Where there
 * are none the seed is 1, so that each run is the same, and there is one round. A test with rounds
 * uses seed, seed + 1 ... so that the seed a failure prints replays with one round. */
struct check_options {
    uint64_t seed;
    uint64_t rounds;
};
struct check_options check_begin(int argc, char **argv);

__attribute__((noreturn)) void check_failed(const char *fact, const char *file, int line);
void check_equal_at(uint64_t a, uint64_t b, const char *a_text, const char *b_text,
                    const char *file, int line);
void check_status_at(enum leat_status a, enum leat_status b, const char *text, const char *file,
                     int line);
void check_bytes_at(const void *a, size_t a_len, const void *b, size_t b_len, const char *text,
                    const char *file, int line);
void check_text_at(const char *a, const char *b, const char *text, const char *file, int line);

/* The length of a text, where there is no C library to ask. */
size_t check_text_len(const char *text);

/* Print text, and a number; what a failure uses. */
void check_prints(const char *text);
void check_prints_number(uint64_t n);

/* What the platform brings: check_hosted.c on a system, tests/bare on bare metal. */
void check_platform_print(const char *text);
__attribute__((noreturn)) void check_platform_fail(void);

/* What was said so far, for a platform that ends the program itself. */
void check_prints_case(void);

#endif
