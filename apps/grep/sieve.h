#ifndef APPS_GREP_SIEVE_H
#define APPS_GREP_SIEVE_H

#include "apps/grep/regex.h"

/* Where a match of patterns may begin, by which bytes its first ones may be.
 *
 * `[a-z]{10} +[a-z]` needs no literal, but ten letters and a space. A sieve knows for each of the
 * first bytes of a match the set it must be of, and finds where all of them are, a vector of starts
 * at once. Most of what passes is a match; all that is dropped is none.
 *
 * A sieve is immutable: any number of threads may search with it. */
struct sieve;

enum sieve_kernel {
    SIEVE_KERNEL_BEST, /* what this processor does fastest */
    SIEVE_KERNEL_PORTABLE,
};

struct sieve_options {
    const struct regex *regexes; /* alternatives of one another; may go once the sieve is made */
    size_t regexes_len;
    bool ignore_case;
    bool word; /* as in matcher_options */
    bool line;
    enum sieve_kernel kernel; /* for tests; what the processor lacks falls back */
};

struct sieve_hit {
    size_t start;
    bool sure; /* a match does begin there; otherwise it may */
};

/* Make a sieve. Returns NULL when too little is known of how a match begins, or without memory:
 * both only make a search slower. Destroy takes NULL. */
LEAT_MUST_USE struct sieve *sieve_create(const struct sieve_options *options);
void sieve_destroy(struct sieve *sieve);

/* Find the first place at `from` or later where a match may begin.
 *
 * text     whole lines, or one; its end is a line's end even without a '\n'
 * from     anywhere in it, at most its length
 * Returns false, and leaves `ret` alone, when there is none. Never reads outside the text, waits or
 * allocates. */
bool sieve_find(const struct sieve *sieve, struct leat_span text, size_t from,
                struct sieve_hit *ret);

/* About how many hits there are for each byte of a text: 1 is everywhere. A guess. */
double sieve_hits(const struct sieve *sieve);

#endif
