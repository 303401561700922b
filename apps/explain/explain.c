#include "apps/explain/explain.h"

#include <string.h>

#include "apps/explain/explain_flags.h"
#include "apps/explain/page.h"
#include "leat/endpoint/file/file.h"

static const struct explain_command *find(const struct explain_command *commands, const char *name)
{
    while (commands->flags != NULL && strcmp(commands->flags->name, name) != 0)
        commands++;
    return commands->flags != NULL ? commands : NULL;
}

/* Write all of `text` to the file at `path`, which is there whole or not at all. */
static bool write_file(struct run *run, const char *path, const struct term_buffer *text)
{
    struct leat_ctx ctx;
    run_ctx_init(run, &ctx, NULL, NULL);
    struct leat_writer *writer = leat_file_writer(&ctx, path, NULL);
    size_t written;
    enum leat_status status = leat_write(writer, text->data, text->len, &written);
    if (status == LEAT_OK)
        status = leat_flush(writer, LEAT_FLUSH_FINISH);
    if (status != LEAT_OK)
        run_tell_fault(run, path, strlen(path), leat_writer_fault(writer));
    leat_writer_close(writer);
    leat_ctx_fini(&ctx);
    return status == LEAT_OK;
}

static bool write_page(struct run *run, const char *path, const struct page *page)
{
    struct term_buffer text = { 0 };
    page_put(&text, page);
    bool done = !text.cut;
    if (!done)
        run_tell(run, path, strlen(path), "out of memory");
    done = done && write_file(run, path, &text);
    term_buffer_fini(&text);
    return done;
}

/* The account, as it was asked for. What cannot be written as a page is not lost: it is printed. */
static bool tell(struct run *run, const struct explain_options *options, const struct page *page)
{
    bool done = options->html == NULL || write_page(run, options->html, page);
    struct term_buffer text = { 0 };
    if (options->json)
        report_put_json(&text, page->report, page->wall_ns);
    else if (options->html == NULL || !done)
        report_put_text(&text, page->report, page->wall_ns);
    done = term_flush(&run->err, &text) != TERM_FAILED && done;
    term_buffer_fini(&text);
    return done;
}

static int run_watched(struct run *run, const struct explain_command *command,
                       const struct explain_options *options, int argc, char *const *argv)
{
    struct report report;
    if (!report_init(&report)) {
        run_tell(run, NULL, 0, "out of memory");
        report_fini(&report);
        return RUN_FAILED;
    }
    run->watch = &report.watch;
    run->engine = &report.engine;
    int status = command->run(run, argc, argv);
    const struct page page = { &report, report_ends(&report), argc, argv };
    run->watch = NULL;
    run->engine = NULL;
    if (!tell(run, options, &page))
        status = RUN_FAILED;
    report_fini(&report);
    return status;
}

/* The command to run; what is wrong with the line is told, and NULL. */
static const struct explain_command *wanted(struct run *run, const struct explain_command *commands,
                                            const struct explain_options *options)
{
    const char *name = options->operands.count > 0 ? options->operands.items[0] : "explain";
    const struct explain_command *command = NULL;
    if (options->html != NULL && strcmp(options->html, "-") == 0) {
        run_tell(run, "--html -", 8, "standard output is the command's own: name a file");
        return NULL;
    }
    if (options->operands.count > 0)
        command = find(commands, name);
    if (command == NULL)
        run_tell(run, name, strlen(name),
                 options->operands.count > 0 ? "no command of this name to explain"
                                             : "no command to explain");
    return command;
}

int explain_run(struct run *run, const struct explain_command *commands, int argc,
                char *const *argv)
{
    struct explain_options options = { 0 };
    int status;
    if (!run_parse(run, &explain_command, argc, argv, &options, &status))
        return status;
    const struct explain_command *command = wanted(run, commands, &options);
    if (command != NULL) {
        int first = argc - (int)options.operands.count;
        status = run_watched(run, command, &options, argc - first, argv + first);
    } else {
        status = RUN_FAILED;
    }
    flags_release(&explain_command, &options);
    return status;
}
