/* Samples: made by a format's own encoder out of sources that are easy, hard, short and long; and
 * the files of the corpora, which are damaged as often as not. */

#include "leat/core/ctx.h"
#include "leat/endpoint/memory/memory.h"
#include "tests/conformance/suite.h"
#include "tests/support/check.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A sample's bytes, and what may come out of one; a longer one is left to its part's own tests. */
#define PACKED_LEN_MAX (256 * LEAT_KIB)
#define PLAIN_LEN_MAX  (4 * LEAT_MIB)

/* --- Sources --- */

static void add_text(struct sink *sink, const char *text)
{
    sink_add(sink, (const uint8_t *)text, strlen(text));
}

/* Words that come again at all distances, some of them not ASCII, by lines. */
static void make_text(struct sink *sink, size_t len)
{
    static const char *const words[] = {
        "water ", "channel ", "mill\n",   "a ",          "the ",
        "leat ",  "of\r\n",   "stream, ", "\xc3\xa4t\n", "\xe6\xb0\xb4\xf0\x9f\x92\xa7 ",
    };
    struct random random = { len };
    while (sink->len < len) {
        add_text(sink, words[random_below(&random, sizeof(words) / sizeof(words[0]))]);
        if (sink->len > 100 && random_percent(&random, 5)) {
            char number[32];
            snprintf(number, sizeof(number), "%llu",
                     (unsigned long long)random_below(&random, 1u << random_below(&random, 30)));
            add_text(sink, number);
        }
    }
}

static void make_empty(struct sink *sink)
{
    (void)sink;
}

static void make_byte(struct sink *sink)
{
    add_text(sink, "x");
}

static void make_short_text(struct sink *sink)
{
    make_text(sink, 300);
}

static void make_long_text(struct sink *sink)
{
    make_text(sink, 70000);
}

/* A small message that holds much output. */
static void make_run(struct sink *sink)
{
    for (size_t i = 0; i < 1500; i++)
        add_text(sink, "................................................................"
                       "................................................................");
}

static void make_noise(struct sink *sink)
{
    struct random random = { 5 };
    for (size_t i = 0; i < 40000; i++) {
        uint8_t byte = (uint8_t)random_next(&random);
        sink_add(sink, &byte, 1);
    }
}

static const struct {
    const char *name;
    void (*make)(struct sink *sink);
    bool text;
} sources[] = {
    { "nothing", make_empty, true },
    { "one byte", make_byte, true },
    { "short text", make_short_text, true },
    { "long text", make_long_text, true },
    { "a run", make_run, true },
    { "noise", make_noise, false },
};

/* --- Samples --- */

/* Read the packed bytes the plain way: what every other way is compared with. */
static void sample_reads(const struct suite *suite, struct sample *sample)
{
    if (suite->format->decoder == NULL)
        return;
    drive_stage(suite->format->decoder, NULL, sample->packed.data, sample->packed.len,
                PLAIN_LEN_MAX, &sample->plain);
}

static void make_sample(struct suite *suite, const char *name, void (*make)(struct sink *sink))
{
    check(suite->samples_len < SAMPLES_MAX);
    struct sample *sample = &suite->samples[suite->samples_len++];
    *sample = (struct sample){ .name = name, .made = true };
    check_says_text("sample", name);
    /* Room for a byte at least, so that there is an address even for nothing. */
    sample->source = (struct sink){ .data = memory_get(1), .size = 1 };
    make(&sample->source);
    struct read packed;
    drive_stage(suite->format->encoder, NULL, sample->source.data, sample->source.len, UINT64_MAX,
                &packed);
    check_status(packed.status, LEAT_END);
    sample->packed = packed.bytes;
    sample_reads(suite, sample);
    if (suite->format->decoder == NULL)
        return;
    check_status(sample->plain.status, LEAT_END);
    check_bytes(sample->plain.bytes.data, sample->plain.bytes.len, sample->source.data,
                sample->source.len);
}

static bool takes_file(const struct suite *suite, const char *path, const struct sink *bytes)
{
    char part[128];
    snprintf(part, sizeof(part), "/%s/corpus/", suite->format->name);
    if (strstr(path, part) != NULL)
        return true;
    return suite->format->probe != NULL &&
           suite->format->probe(bytes->data, bytes->len) == LEAT_MATCH_YES;
}

static void take_file(struct suite *suite, const char *path, size_t len)
{
    struct sample sample = { .name = NULL };
    uint8_t *data = memory_get(len);
    FILE *file = fopen(path, "rb");
    check(file != NULL);
    check_equal(fread(data, 1, len, file), len);
    fclose(file);
    sink_add(&sample.packed, data, len);
    memory_put(data);
    if (sample.packed.len == 0 || !takes_file(suite, path, &sample.packed)) {
        sink_fini(&sample.packed);
        return;
    }
    sample.name = strdup(path);
    check_says_text("sample", sample.name);
    sample_reads(suite, &sample);
    suite->samples[suite->samples_len++] = sample;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Every file in a folder named corpus. Of very many, the first by name. */
static void take_corpora(struct suite *suite, const char *root)
{
    char *leat = memory_get(strlen(root) + sizeof("/leat"));
    sprintf(leat, "%s/leat", root);
    char *const roots[] = { leat, NULL };
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    check(tree != NULL);
    for (FTSENT *entry; (entry = fts_read(tree)) != NULL;) {
        bool file = entry->fts_info == FTS_F && entry->fts_statp->st_size > 0 &&
                    (size_t)entry->fts_statp->st_size <= PACKED_LEN_MAX;
        if (file && strstr(entry->fts_path, "/corpus/") != NULL && suite->samples_len < SAMPLES_MAX)
            take_file(suite, entry->fts_path, (size_t)entry->fts_statp->st_size);
    }
    fts_close(tree);
    memory_put(leat);
}

void suite_samples(struct suite *suite, const char *root)
{
    bool text = suite_has(suite, LEAT_FORMAT_TEXT);
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        if (suite->format->encoder != NULL && (sources[i].text || !text))
            make_sample(suite, sources[i].name, sources[i].make);
    }
    take_corpora(suite, root);
}

void suite_fini(struct suite *suite)
{
    for (size_t i = 0; i < suite->samples_len; i++) {
        struct sample *sample = &suite->samples[i];
        sink_fini(&sample->packed);
        sink_fini(&sample->source);
        drive_read_fini(&sample->plain);
        if (!sample->made)
            free((void *)(uintptr_t)sample->name);
    }
}

/* --- The entry --- */

/* What the first bytes are taken for, they are whatever follows them. */
static void probe_is_steady(const struct leat_format *format, const struct sink *packed)
{
    size_t most = packed->len < 2 * format->probe_max ? packed->len : 2 * format->probe_max;
    enum leat_match before = LEAT_MATCH_MORE;
    for (size_t len = 0; len <= most; len++) {
        enum leat_match match = format->probe(packed->data, len);
        check(match != LEAT_MATCH_MORE || len < format->probe_max);
        check(before == LEAT_MATCH_MORE || match == before);
        before = match;
    }
}

void suite_probe(const struct suite *suite)
{
    for (size_t i = 0; suite->format->probe != NULL && i < suite->samples_len; i++) {
        check_says_text("sample", suite->samples[i].name);
        probe_is_steady(suite->format, &suite->samples[i].packed);
    }
}

/* What an empty set of names and a probe may say. */
void suite_format(const struct suite *suite)
{
    const struct leat_format *format = suite->format;
    check(format->name != NULL && format->name[0] != '\0');
    check(format->summary != NULL && format->summary[0] != '\0');
    check(format->summary[strlen(format->summary) - 1] != '.');
    for (size_t i = 0; format->endings != NULL && format->endings[i] != NULL; i++)
        check(format->endings[i][0] == '.' && format->endings[i][1] != '\0');
    check(format->decoder != NULL || format->encoder != NULL || format->unpack != NULL);
    check(format->probe == NULL || format->probe_max > 0);
    if (format->probe != NULL)
        check_equal(format->probe((const uint8_t *)"", 0), LEAT_MATCH_MORE);
}
