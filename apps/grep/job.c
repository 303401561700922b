#include "apps/grep/job.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/grep/pieces.h"
#include "apps/grep/sharing.h"
#include "leat/endpoint/descriptor/descriptor.h"
#include "leat/endpoint/file/file.h"
#include "leat/endpoint/map/map.h"
#include "leat/layer/catalogue.h"
#include "leat/layer/ending.h"
#include "leat/layer/walk.h"
#include "leat/stage/utf/utf.h"

/* One file on its way through its layers, on one thread. */
struct search {
    struct job *job;
    const char *place;
    size_t place_len;
    bool reopens; /* the place is a path, by which others can open it */
    bool walked;
    bool opened;             /* not asked for itself, only for what it holds */
    bool helps;              /* another thread tells what there is to tell of the file itself */
    struct sharing *sharing; /* of the outermost archive, if it is shared */
};

/* The same file, for another thread to help with. */
struct helping {
    struct sharing *sharing;
    struct job *jobs;
    bool walked;
    bool opened;
    char path[];
};

/* --- Names --- */

bool job_opens(const char *name, size_t len)
{
    struct leat_span span = { .data = (const uint8_t *)name, .len = len };
    for (size_t i = 0; leat_formats[i] != NULL; i++) {
        const struct leat_format *format = leat_formats[i];
        if (!(format->traits & LEAT_FORMAT_TEXT) && leat_format_ending(format, span) > 0)
            return true;
    }
    return false;
}

/* -g holds for inner names too; what may hold some is looked into, unless it is refused. */
static enum leat_want wants_entry(void *user, struct leat_span place,
                                  const struct leat_entry *entry)
{
    const struct job *job = ((const struct search *)user)->job;
    (void)place;
    if (glob_set_selects(job->options->globs, (const char *)entry->name.data, entry->name.len))
        return LEAT_WANT_LAYERS;
    const char *name = (const char *)entry->name.data;
    bool opens = entry->kind == LEAT_ENTRY_FILE && job_opens(name, entry->name.len) &&
                 !glob_set_refuses(job->options->globs, name, entry->name.len);
    return opens ? LEAT_WANT_LAYERS : LEAT_WANT_NONE;
}

/* --- One leaf --- */

/* What nothing asks for is not searched: a file that was opened for what it may hold. */
static bool leaf_wanted(const struct job *job, const struct leat_step *step, bool opened)
{
    if (job->options->globs == NULL || step->depth == 0)
        return !opened;
    return glob_set_selects(job->options->globs, (const char *)step->entry->name.data,
                            step->entry->name.len);
}

static void tell_place(struct job *job, const char *place, size_t len,
                       const struct leat_fault *fault)
{
    job->failed = true;
    if (!job->options->print.flags->no_messages)
        run_tell_fault(job->options->run, place, len, fault);
}

static void tell(struct job *job, const struct leat_step *step, const struct leat_fault *fault)
{
    tell_place(job, (const char *)step->place.data, step->place.len, fault);
}

/* Damage in the leaf at hand, behind which its search goes on. */
static void tell_damage(struct search_sink *sink, const struct leat_fault *fault)
{
    struct job *job = (struct job *)((char *)sink - offsetof(struct job, print.sink));
    tell_place(job, job->print.place, job->print.place_len, fault);
}

static void tell_result(struct job *job, const struct leat_step *step,
                        const struct search_result *result)
{
    struct leat_fault fault = { .code = LEAT_FAULT_BOUND, .part = "grep" };
    if (result->error != NULL) {
        fault.reason = result->error;
        fault.offset = result->error_offset;
        tell(job, step, &fault);
    }
    if (result->cut) {
        fault.reason = "a line is too long for memory and was searched in pieces";
        fault.offset = result->cut_offset;
        tell(job, step, &fault);
    }
}

static void count(struct job *job, const struct search_result *result, bool matched)
{
    job->files++;
    job->bytes += result->bytes;
    job->lines += result->lines;
    job->matches += job->print.matches;
    job->files_matched += matched;
    job->matched |= matched;
}

/* A mark that says UTF-8 is not part of the first line. */
static bool skips_mark(struct leat_reader *r)
{
    static const uint8_t mark[] = { 0xEF, 0xBB, 0xBF };
    struct leat_span head;
    if (leat_peek(r, 1, &head) == LEAT_OK && head.data[0] == mark[0] &&
        leat_peek(r, sizeof(mark), &head) == LEAT_OK &&
        memcmp(head.data, mark, sizeof(mark)) == 0) {
        leat_consume(r, sizeof(mark));
        return true;
    }
    return false;
}

/* Lines that stream in are shown as they come: nothing is waited for to guess by. */
static bool guesses(const struct job_options *options, const struct search_options *search)
{
    return options->decoding == RUN_DECODES_GUESSED || (options->guesses_files && !search->streams);
}

/* Whether `r` is to be decoded as guessed: asked of a fork, where a reader that has one would be
 * searched in pieces if it is not. */
static bool is_guessed(struct leat_reader *r)
{
    static const struct leat_utf8_options options = { .guess = true };
    struct leat_reader *fork;
    if (leat_fork(r, NULL, &fork) != LEAT_OK)
        return true;
    fork = leat_utf8_with(fork, &options);
    uint64_t done;
    (void)!leat_skip(fork, LEAT_UTF8_GUESS_LEN + 1, &done);
    bool guessed = leat_utf8_guessed(fork) != NULL;
    leat_reader_close(fork);
    return guessed;
}

/* The text of a leaf as UTF-8: `r` itself, or stacked on `shell`. `*pieces`: it may be searched in
 * pieces, as it is. */
static struct leat_reader *text_of(const struct job_options *options,
                                   const struct search_options *search, struct leat_reader *shell,
                                   struct leat_reader *r, bool *ret_pieces)
{
    static const struct leat_utf8_options guess = { .guess = true };
    *ret_pieces = false;
    if (options->decoding == RUN_DECODES_NAMED)
        return leat_utf8_from(leat_borrow(shell, r), options->encoding);
    bool marked = options->decoding != RUN_DECODES_NOTHING && skips_mark(r);
    *ret_pieces = pieces_fit(search, options->pool, r);
    bool decodes = options->decoding != RUN_DECODES_NOTHING && guesses(options, search);
    if (!decodes || marked || (*ret_pieces && !is_guessed(r)))
        return r;
    *ret_pieces = false;
    return leat_utf8_with(leat_borrow(shell, r), &guess);
}

static bool search_leaf(struct job *job, const struct leat_step *step,
                        const struct search_options *search)
{
    const struct job_options *options = job->options;
    struct leat_reader shell, *r = step->reader;
    bool pieces;
    r = text_of(options, search, &shell, r, &pieces);
    bool named = step->depth > 0 && options->print.flags->file_names != GREP_OFF;
    struct search_result result;
    print_begin(&job->print, (const char *)step->place.data, step->place.len, named, &result);
    job->print.streams = search->streams;
    job->print.sink.damaged = tell_damage;
    struct leat_fault fault = { 0 };
    enum leat_status status = LEAT_UNSUPPORTED;
    if (pieces)
        status = pieces_search(search, options->pool, job->thread, r, &job->print, &result, &fault);
    if (status == LEAT_UNSUPPORTED) {
        status = search_reader(search, job->print.scratch, r, &job->print.sink, &result);
        if (status == LEAT_FAULT)
            fault = *leat_reader_fault(r);
    }
    bool matched = print_end(&job->print, search == &options->walked);
    count(job, &result, matched);
    if (status == LEAT_FAULT)
        tell(job, step, &fault);
    tell_result(job, step, &result);
    if (r != step->reader)
        leat_reader_close(r);
    return !job->print.closed && !(matched && options->quits);
}

/* --- One file --- */

/* A smaller archive is not worth opening more than once. */
#define SHARED_LEN_MIN (4 * LEAT_MIB)

static enum leat_status turn(void *user, struct leat_container *c, uint64_t *ret_until)
{
    struct sharing *sharing = ((const struct search *)user)->sharing;
    if (sharing != NULL)
        return sharing_turn(sharing, c, ret_until);
    *ret_until = UINT64_MAX;
    return LEAT_OK;
}

static void search_walk(struct search *search, struct leat_reader *r);

static void help(struct pool *pool, unsigned thread, const struct pool_task *task)
{
    struct helping *helping = task->object;
    struct search search = {
        .job = &helping->jobs[thread],
        .place = helping->path,
        .place_len = strlen(helping->path),
        .reopens = true,
        .walked = helping->walked,
        .opened = helping->opened,
        .helps = true,
        .sharing = helping->sharing,
    };
    (void)pool;
    search_walk(&search, leat_map(&search.job->ctx, helping->path));
    sharing_release(helping->sharing);
    free(helping);
}

/* Ask one thread for help. */
static bool ask(struct search *search)
{
    const struct job *job = search->job;
    struct helping *helping = malloc(sizeof(*helping) + search->place_len + 1);
    if (helping == NULL)
        return false;
    *helping = (struct helping){ .sharing = search->sharing,
                                 .jobs = job->options->jobs,
                                 .walked = search->walked,
                                 .opened = search->opened };
    memcpy(helping->path, search->place, search->place_len + 1);
    sharing_take(search->sharing);
    struct pool_task task = { .run = help, .object = helping };
    if (pool_push(job->options->pool, job->thread, &task))
        return true;
    sharing_release(search->sharing);
    free(helping);
    return false;
}

/* Let threads that have nothing to do help with the archive that was just entered. */
static void share(struct search *search)
{
    struct pool *pool = search->job->options->pool;
    struct stat about;
    if (!search->reopens || search->sharing != NULL || !pool_is_hungry(pool) ||
        stat(search->place, &about) != 0 || about.st_size < (off_t)SHARED_LEN_MIN)
        return;
    unsigned threads = pool_threads(pool);
    search->sharing = sharing_create((uint64_t)about.st_size, threads);
    bool asked = search->sharing != NULL;
    for (unsigned i = 1; i < threads && asked; i++)
        asked = ask(search);
}

static const struct search_options *options_for(const struct search *search,
                                                const struct leat_step *step)
{
    const struct job_options *options = search->job->options;
    if (search->walked || step->depth > 0)
        return &options->walked;
    return search->reopens ? &options->named : &options->piped;
}

/* Take one step. False: the whole search is over. */
static bool take(struct search *search, const struct leat_step *step)
{
    struct job *job = search->job;
    if (search->helps && step->depth == 0 && !step->leads)
        return true;
    if (step->kind == LEAT_STEP_FAULT) {
        tell(job, step, step->fault);
    } else if (step->kind == LEAT_STEP_ENTER && step->depth == 0 &&
               step->peeled->decoded_len == 0) {
        share(search);
    } else if (step->kind == LEAT_STEP_LEAF && leaf_wanted(job, step, search->opened)) {
        return search_leaf(job, step, options_for(search, step));
    }
    return true;
}

static void search_walk(struct search *search, struct leat_reader *r)
{
    struct job *job = search->job;
    const struct job_options *options = job->options;
    struct leat_walk_options walk_options = {
        .wants = options->globs != NULL ? wants_entry : NULL,
        .turn = turn,
        .user = search,
        .peel.keep_text =
            options->decoding == RUN_DECODES_NOTHING || options->decoding == RUN_DECODES_NAMED,
        .peel.keep_layers = options->flat,
    };
    struct leat_span place = { .data = (const uint8_t *)search->place, .len = search->place_len };
    struct leat_walk *walk = leat_walk_open(r, place, &walk_options);
    if (walk == NULL) {
        struct leat_fault fault = { .code = LEAT_FAULT_MEMORY };
        struct leat_step step = { .place = place };
        tell(job, &step, &fault);
        return;
    }
    struct leat_step step;
    while (!*options->over && leat_walk_next(walk, &step) == LEAT_OK) {
        if (!take(search, &step))
            atomic_store(options->over, true);
    }
    leat_walk_close(walk);
}

/* The file that matches are printed to has them again. Named, that is told; found by a walk, it is
 * left out without a word, as ripgrep does it. */
static bool is_output(struct job *job, int folder, const char *name, const char *place, bool named)
{
    const struct job_options *options = job->options;
    if (!options->writes_file || !run_is_output(options->run, folder, name))
        return false;
    if (named && !options->print.flags->no_messages)
        run_tell(options->run, place, strlen(place), RUN_SAME_FILE);
    job->failed |= named;
    return true;
}

bool job_search(struct job *job, const struct walk_file *file)
{
    if (is_output(job, file->folder_fd, file->name, file->path, file->is_explicit))
        return true;
    struct search search = {
        .job = job,
        .place = file->path,
        .place_len = file->path_len,
        .reopens = true,
        .walked = !file->is_explicit,
        .opened = file->is_opened,
    };
    struct leat_file_options options = { .ordinary = file->is_ordinary };
    struct leat_reader *r;
    if (file->is_explicit && job->options->maps)
        r = leat_map(&job->ctx, file->path);
    else
        r = leat_file_at(&job->ctx, file->folder_fd, file->name, file->path, &options);
    search_walk(&search, r);
    sharing_release(search.sharing);
    return !atomic_load(job->options->over);
}

bool job_search_stdin(struct job *job)
{
    static const char name[] = "<stdin>";
    if (is_output(job, AT_FDCWD, NULL, name, true))
        return true;
    struct search search = { .job = job, .place = name, .place_len = sizeof(name) - 1 };
    search_walk(&search, leat_descriptor(&job->ctx, STDIN_FILENO, false, name));
    return !atomic_load(job->options->over);
}
