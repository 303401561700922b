#include "apps/grep/grep.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "apps/grep/job.h"
#include "apps/grep/patterns.h"
#include "apps/walk/pool.h"

/* Named files are mapped when there are few: a map costs more than a read of a small file. */
enum { MAPPED_FILES_MAX = 10 };

struct grep {
    struct run *run;
    struct grep_options flags;
    struct run_keys keys;
    struct patterns patterns;
    struct matcher *matcher;
    struct glob_set *globs;
    struct pool *pool;
    struct walk *walk;
    struct job_options options;
    struct job *jobs; /* one a thread */
    unsigned jobs_len;
    bool separates;
    atomic_bool failed; /* in the walk */
    atomic_bool over;   /* no more is wanted */
};

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* --- What the flags come to --- */

static bool choose(enum grep_choice choice, bool automatic)
{
    return choice == GREP_AUTO ? automatic : choice == GREP_ON;
}

/* Paths to search: the operands behind the pattern. */
static const char *const *paths_of(const struct grep *grep, size_t *ret_count)
{
    *ret_count = grep->flags.operands.count - grep->patterns.operands;
    return grep->flags.operands.items + grep->patterns.operands;
}

static bool is_stdin(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* Without a path: standard input where something is piped in, else the folder we are in. */
static bool reads_stdin(const struct grep *grep)
{
    size_t count;
    const char *const *paths = paths_of(grep, &count);
    if (count > 0)
        return count == 1 && is_stdin(paths[0]);
    struct stat stat;
    return fstat(STDIN_FILENO, &stat) == 0 &&
           (S_ISREG(stat.st_mode) || S_ISFIFO(stat.st_mode) || S_ISSOCK(stat.st_mode));
}

/* Names are shown unless it is clear without them where a line is from. */
static bool shows_names(const struct grep *grep)
{
    if (reads_stdin(grep))
        return false;
    size_t count;
    const char *const *paths = paths_of(grep, &count);
    struct stat stat;
    return count != 1 || (lstat(paths[0], &stat) == 0 && S_ISDIR(stat.st_mode));
}

static void set_print(struct grep *grep)
{
    const struct grep_options *flags = &grep->flags;
    struct print_options *print = &grep->options.print;
    bool terminal = isatty(grep->run->out.fd) != 0;
    print->flags = flags;
    print->style = term_style_of(grep->run->out.fd, flags->colour);
    print->names = choose(flags->file_names, shows_names(grep));
    print->heading = choose(flags->heading, terminal);
    print->numbers = choose(flags->line_numbers, (terminal && !reads_stdin(grep)) || flags->column);
    print->context = grep_context_after(flags) > 0 || grep_context_before(flags) > 0;
}

static void set_search(struct grep *grep)
{
    const struct grep_options *flags = &grep->flags;
    struct search_options *search = &grep->options.named;
    bool lines = flags->mode == GREP_LINES && !flags->quiet;
    *search = (struct search_options){
        .matcher = grep->matcher,
        .invert = flags->invert,
        .numbers = lines && grep->options.print.numbers,
        .max_count = flags->max_count.value,
        .max_count_set = flags->max_count.set,
        .before = lines ? grep_context_before(flags) : 0,
        .after = lines ? grep_context_after(flags) : 0,
        .binary = flags->binary == GREP_BINARY_TEXT ? SEARCH_BINARY_TEXT : SEARCH_BINARY_TOLD,
        .origins = flags->source_offset,
        .tells_binary = flags->mode == GREP_FILES_WITHOUT,
    };
    grep->options.walked = *search;
    grep->options.piped = *search;
    grep->options.piped.streams = true;
    if (flags->binary == GREP_BINARY_AUTO)
        grep->options.walked.binary = SEARCH_BINARY_STOPS;
}

static void set_options(struct grep *grep)
{
    const struct grep_options *flags = &grep->flags;
    struct job_options *options = &grep->options;
    options->run = grep->run;
    options->over = &grep->over;
    options->writes_file = run_writes_file(grep->run);
    set_print(grep);
    set_search(grep);
    options->encoding = flags->encoding;
    /* What is ASCII is found in a text of any encoding as it is; what is not would be missed. */
    options->guesses_files =
        options->decoding == RUN_DECODES_MARKED && !matcher_names_ascii(grep->matcher);
    options->globs = grep->globs;
    options->flat = flags->no_layers;
    options->quits = flags->quiet && !flags->stats && flags->mode != GREP_FILES_WITHOUT;
    size_t count;
    paths_of(grep, &count);
    options->maps = count <= MAPPED_FILES_MAX;
}

static bool make_matcher(struct grep *grep)
{
    const struct grep_options *flags = &grep->flags;
    struct matcher_options options = {
        .patterns = grep->patterns.items,
        .patterns_len = grep->patterns.count,
        .fixed = flags->fixed_strings,
        .ignore_case = flags->case_mode == GREP_CASE_IGNORE,
        .smart_case = flags->case_mode == GREP_CASE_SMART,
        .word = flags->boundary == GREP_WORD,
        .line = flags->boundary == GREP_LINE,
    };
    struct matcher_error error;
    if (matcher_create(&options, &grep->matcher, &error))
        return true;
    run_tell(grep->run, NULL, 0, error.text);
    return false;
}

static bool make_globs(struct grep *grep)
{
    const struct flags_list *list = &grep->flags.globs;
    if (list->count == 0)
        return true;
    grep->globs = glob_set_create(GLOB_FROM_ARGUMENT);
    enum glob_added added = grep->globs == NULL ? GLOB_NO_MEMORY : GLOB_ADDED;
    for (size_t i = 0; i < list->count && added == GLOB_ADDED; i++) {
        added = glob_set_add(grep->globs, list->items[i], strlen(list->items[i]));
        if (added != GLOB_ADDED)
            run_tell(grep->run, list->items[i], strlen(list->items[i]), glob_added_text(added));
    }
    return added == GLOB_ADDED;
}

/* --- Threads --- */

static bool make_jobs(struct grep *grep)
{
    const struct grep_options *flags = &grep->flags;
    unsigned threads = (unsigned)flags_number_or(flags->threads, 0);
    grep->pool = pool_create(flags->sort == GREP_SORT_PATH ? 1 : threads);
    if (grep->pool == NULL)
        return false;
    grep->jobs_len = pool_threads(grep->pool);
    grep->jobs = calloc(grep->jobs_len, sizeof(*grep->jobs));
    if (grep->jobs == NULL)
        return false;
    grep->options.pool = grep->pool;
    grep->options.jobs = grep->jobs;
    bool made = true;
    for (unsigned i = 0; i < grep->jobs_len; i++) {
        struct job *job = &grep->jobs[i];
        job->options = &grep->options;
        job->thread = i;
        run_ctx_init(grep->run, &job->ctx, &flags->limits, &grep->keys.keys);
        print_init(&job->print, &grep->options.print, grep->matcher,
                   matcher_scratch_create(grep->matcher), &grep->run->out, &grep->separates);
        made = made && job->print.scratch != NULL;
    }
    return made;
}

static void on_file(void *user, const struct walk_file *file)
{
    struct grep *grep = user;
    struct job *job = &grep->jobs[file->thread];
    bool goes_on =
        is_stdin(file->path) && file->is_explicit ? job_search_stdin(job) : job_search(job, file);
    if (!goes_on)
        walk_stop(grep->walk);
}

static void on_problem(void *user, const struct walk_problem *problem)
{
    struct grep *grep = user;
    atomic_store(&grep->failed, true);
    if (grep->flags.no_messages)
        return;
    if (problem->reason != NULL)
        run_tell(grep->run, problem->path, strlen(problem->path), problem->reason);
    else
        run_tell_code(grep->run, problem->path, problem->code);
}

/* Search standard input, where it is among the paths. Returns the others, for the caller to free;
 * NULL without memory. */
static const char **take_stdin(struct grep *grep, size_t *ret_count, bool *ret_goes_on)
{
    size_t count;
    const char *const *paths = paths_of(grep, &count);
    const char **others = malloc((count + 1) * sizeof(*others));
    *ret_count = 0;
    *ret_goes_on = true;
    for (size_t i = 0; i < count && others != NULL && *ret_goes_on; i++) {
        if (is_stdin(paths[i]))
            *ret_goes_on = job_search_stdin(&grep->jobs[0]);
        else
            others[(*ret_count)++] = paths[i];
    }
    return others;
}

static bool walk_all(struct grep *grep)
{
    const struct grep_options *flags = &grep->flags;
    struct walk_options options = {
        .globs = grep->globs,
        .opens = flags->no_layers ? NULL : job_opens,
        .hidden = flags->hidden,
        .no_ignore = flags->no_ignore,
        .follow = flags->follow,
        .sort_path = flags->sort == GREP_SORT_PATH,
        .depth_limited = flags->max_depth.set,
        .depth_max = (uint32_t)flags->max_depth.value,
    };
    struct walk_events events = { .file = on_file, .problem = on_problem, .user = grep };
    grep->walk = walk_create(&options, &events, grep->pool);
    size_t count;
    bool goes_on;
    const char **paths = take_stdin(grep, &count, &goes_on);
    bool walks = paths != NULL && grep->walk != NULL;
    if (walks && goes_on && (count > 0 || grep->flags.operands.count == grep->patterns.operands)) {
        walks = walk_start(grep->walk, paths, count);
        if (walks)
            pool_run(grep->pool);
    }
    free(paths);
    return walks;
}

/* --- The end --- */

/* As ripgrep words it, line for line. */
static void put_stats(const struct job *sum, uint64_t printed, uint64_t total_ns,
                      struct term_buffer *text)
{
    double searching = (double)clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9;
    term_printf(text, "\n%llu matches\n", (unsigned long long)sum->matches);
    term_printf(text, "%llu matched lines\n", (unsigned long long)sum->lines);
    term_printf(text, "%llu files contained matches\n", (unsigned long long)sum->files_matched);
    term_printf(text, "%llu files searched\n", (unsigned long long)sum->files);
    term_printf(text, "%llu bytes printed\n", (unsigned long long)printed);
    term_printf(text, "%llu bytes searched\n", (unsigned long long)sum->bytes);
    term_printf(text, "%.6f seconds spent searching\n", searching);
    term_printf(text, "%.6f seconds total\n", (double)total_ns / 1e9);
}

static int sum_up(struct grep *grep, uint64_t started_ns)
{
    struct job sum = { 0 };
    uint64_t printed = 0;
    for (unsigned i = 0; i < grep->jobs_len; i++) {
        const struct job *job = &grep->jobs[i];
        sum.matched |= job->matched;
        sum.failed |= job->failed;
        sum.lines += job->lines;
        sum.matches += job->matches;
        sum.files += job->files;
        sum.files_matched += job->files_matched;
        sum.bytes += job->bytes;
        printed += job->print.bytes;
    }
    int status = sum.matched ? RUN_OK : RUN_NONE;
    if ((sum.failed || atomic_load(&grep->failed)) && !(grep->flags.quiet && sum.matched))
        status = RUN_FAILED;
    struct term_buffer text = { 0 };
    if (grep->flags.stats)
        put_stats(&sum, printed, clock_ns(CLOCK_MONOTONIC) - started_ns, &text);
    return run_print(grep->run, &text, status);
}

static void grep_fini(struct grep *grep)
{
    walk_destroy(grep->walk);
    pool_destroy(grep->pool);
    for (unsigned i = 0; i < grep->jobs_len && grep->jobs != NULL; i++) {
        matcher_scratch_destroy(grep->jobs[i].print.scratch);
        term_buffer_fini(&grep->jobs[i].print.buffer);
        if (grep->jobs[i].options != NULL)
            leat_ctx_fini(&grep->jobs[i].ctx);
    }
    free(grep->jobs);
    glob_set_destroy(grep->globs);
    matcher_destroy(grep->matcher);
    patterns_fini(&grep->patterns);
    run_keys_fini(&grep->keys);
    flags_release(&grep_command, &grep->flags);
}

/* What only the command knows of its flags. */
static void settle_flags(struct grep_options *flags)
{
    if (flags->mode == GREP_COUNT && flags->only_matching && !flags->invert)
        flags->mode = GREP_COUNT_MATCHES;
    if (flags->mode == GREP_COUNT_MATCHES && flags->invert)
        flags->mode = GREP_COUNT;
}

int grep_run(struct run *run, int argc, char *const *argv)
{
    uint64_t started_ns = clock_ns(CLOCK_MONOTONIC);
    struct grep grep = { .run = run };
    int status = RUN_FAILED;
    if (!run_parse(run, &grep_command, argc, argv, &grep.flags, &status))
        return status;
    settle_flags(&grep.flags);
    if (grep.flags.max_count.set && grep.flags.max_count.value == 0)
        status = RUN_NONE; /* nothing can match, so nothing is read */
    else if (run_encoding_read(run, grep.flags.encoding, &grep.options.decoding) &&
             patterns_gather(&grep.patterns, run, &grep.flags) && make_matcher(&grep) &&
             make_globs(&grep) && run_keys_read(run, &grep.flags.keys, &grep.keys)) {
        set_options(&grep);
        bool made = make_jobs(&grep);
        if (made && reads_stdin(&grep))
            (void)!job_search_stdin(&grep.jobs[0]);
        else if (made)
            made = walk_all(&grep);
        if (made)
            status = sum_up(&grep, started_ns);
        else
            run_tell(run, NULL, 0, "out of memory");
    }
    grep_fini(&grep);
    return status;
}
