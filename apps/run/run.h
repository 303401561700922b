#ifndef APPS_RUN_RUN_H
#define APPS_RUN_RUN_H

#include "apps/flags/flags.h"
#include "apps/run/limits.h"
#include "apps/term/colour.h"
#include "apps/term/output.h"
#include "leat/core/ctx.h"

/* What a command runs in: where it prints, who watches, and how it says what went wrong. */

enum { RUN_OK = 0, RUN_NONE = 1, RUN_FAILED = 2 };

struct run {
    const struct flags_program *program;
    const struct leat_watch *watch; /* NULL: nobody explains this run */
    struct leat_engine *engine;     /* for commands that bring none; NULL: blocking */
    struct term_output out;
    struct term_output err;
};

/* A command: gets its own arguments, argv[0] its name, and returns an exit status. */
typedef int run_command(struct run *run, int argc, char *const *argv);

/* Print, and free, what a parser has to say: its help (SHOWN), or what is wrong (WRONG). Returns
 * the exit status. */
int run_show(struct run *run, enum flags_status status, struct term_buffer *text);

/* Parse the arguments into zeroed `options`, and print what there is to say. True: go on. False:
 * exit with `*ret_status`. */
LEAT_MUST_USE bool run_parse(struct run *run, const struct flags_command *command, int argc,
                             char *const *argv, void *options, int *ret_status);

/* Say in one line what could not be read at `place`: a fault, or the system's error `code`. */
void run_tell_fault(struct run *run, const char *place, size_t place_len,
                    const struct leat_fault *fault);
void run_tell_code(struct run *run, const char *place, int code);
void run_tell(struct run *run, const char *place, size_t place_len, const char *reason);

/* Print the buffer to standard output, and free it. Returns `status`, or RUN_FAILED when it could
 * not be written to its end; a reader that went away is no failure. */
int run_print(struct run *run, struct term_buffer *buffer, int status);

/* Make a ctx for one thread of a command. `limits` and `keys` may be NULL: the command's own
 * defaults hold (apps/run/limits.h), and nothing that is encrypted opens. The keys are not copied.
 */
void run_ctx_init(const struct run *run, struct leat_ctx *ctx, const struct run_limits *limits,
                  const struct leat_keys *keys);

/* A reader of what a path names: "-" is standard input. Files that are named are mapped, where
 * that can be done. The path must outlive the reader. */
LEAT_MUST_USE struct leat_reader *run_open(struct leat_ctx *ctx, const char *path);

/* What is said of a file that is input and output. */
#define RUN_SAME_FILE "input and output are the same file"

/* Whether standard output is a file. If so, each input is asked whether it is that file: who reads
 * what he writes damages it, or never ends. `name` is looked up in `folder` as openat() does it;
 * NULL is standard input. */
bool run_writes_file(const struct run *run);
bool run_is_output(const struct run *run, int folder, const char *name);

#endif
