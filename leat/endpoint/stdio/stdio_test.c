/* A leat reader is a FILE that getline, fgets, fread, fscanf and fseek take for one, a FILE is a
 * leat reader that never waits for more than it was asked for, and the same for writers. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "leat/endpoint/descriptor/descriptor.h"
#include "leat/endpoint/file/file.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/endpoint/stdio/stdio.h"
#include "leat/engine/polled.h"

enum { LINES = 20000 };

/* LINES lines of different lengths; the caller frees. */
static char *make_text(size_t *ret_len)
{
    char *text;
    FILE *f = open_memstream(&text, ret_len);
    for (unsigned i = 0; i < LINES; i++)
        fprintf(f, "line %u %.*s\n", i, (int)(i % 70),
                "......................................"
                "......................................");
    fclose(f);
    return text;
}

static void test_to_stdio(struct leat_ctx *ctx)
{
    size_t len, size = 0, at = 0;
    char *text = make_text(&len), *line = NULL, word[8];
    unsigned number;
    FILE *f = leat_to_stdio(leat_memory(ctx, text, len));
    leat_assert(f != NULL);
    for (unsigned i = 0; i < LINES; i++) {
        ssize_t n = getline(&line, &size, f);
        leat_assert(n > 0 && memcmp(line, text + at, (size_t)n) == 0);
        at += (size_t)n;
    }
    leat_assert(at == len);
    leat_assert(getline(&line, &size, f) == -1 && feof(f) && !ferror(f));
    leat_assert(fseek(f, -10, SEEK_END) == 0 && ftell(f) == (long)len - 10);
    leat_assert(fread(line, 1, 10, f) == 10 && memcmp(line, text + len - 10, 10) == 0);
    leat_assert(fseek(f, 7, SEEK_SET) == 0 && fseek(f, 0, SEEK_SET) == 0);
    leat_assert(fscanf(f, "%7s %u", word, &number) == 2 && number == 0);
    leat_assert(ungetc('x', f) == 'x' && getc(f) == 'x');
    leat_assert(fseek(f, -1, SEEK_SET) == -1 && errno == EINVAL);
    leat_assert(fclose(f) == 0);
    free(line);
    free(text);
}

static void test_to_stdio_fails(struct leat_ctx *ctx)
{
    char some[8];
    FILE *f = leat_to_stdio(leat_file(ctx, "/nowhere/at/all"));
    errno = 0;
    leat_assert(fgets(some, sizeof(some), f) == NULL);
    leat_assert(ferror(f) && !feof(f) && errno == ENOENT);
    leat_assert(fclose(f) == 0);
    int fds[2];
    leat_assert(pipe2(fds, O_CLOEXEC) == 0);
    f = leat_to_stdio(leat_descriptor(ctx, fds[0], true, NULL));
    leat_assert(write(fds[1], "ab\n", 3) == 3);
    leat_assert(fgets(some, sizeof(some), f) != NULL && strcmp(some, "ab\n") == 0);
    leat_assert(fseek(f, 100, SEEK_SET) == -1 && errno == ESPIPE);
    close(fds[1]);
    leat_assert(fgets(some, sizeof(some), f) == NULL && feof(f));
    leat_assert(fclose(f) == 0);
}

static void test_from_stdio(struct leat_ctx *ctx)
{
    size_t len, at = 0;
    char *text = make_text(&len);
    struct leat_span span;
    FILE *f = tmpfile();
    leat_assert(fwrite(text, 1, len, f) == len);
    rewind(f);
    leat_assert(getc(f) == 'l');
    leat_assert(getc(f) == 'i');
    at = 2;
    struct leat_reader *r = leat_from_stdio(ctx, f, true);
    for (size_t step = 1; at < len; step = step * 3 % 100003) {
        size_t want = len - at < step ? len - at : step;
        leat_assert(leat_peek(r, want, &span) == LEAT_OK);
        leat_assert(memcmp(span.data, text + at, want) == 0);
        leat_consume(r, want);
        at += want;
    }
    leat_assert(leat_peek(r, 1, &span) == LEAT_END);
    leat_reader_close(r);
    f = fopen("/", "r");
    r = leat_from_stdio(ctx, f, true);
    leat_assert(leat_peek(r, 1, &span) == LEAT_FAULT);
    leat_assert(leat_reader_fault(r)->system_code == EISDIR);
    leat_reader_close(r);
    free(text);
}

/* With the blocking engine a hang is the failure; the polled one says AGAIN. */
static void test_from_stdio_pipe(struct leat_ctx *ctx, bool polled)
{
    int fds[2];
    struct leat_span span;
    leat_assert(pipe2(fds, O_CLOEXEC) == 0);
    struct leat_reader *r = leat_from_stdio(ctx, fdopen(fds[0], "r"), true);
    leat_assert(!polled || leat_peek(r, 1, &span) == LEAT_AGAIN);
    leat_assert(write(fds[1], "abc", 3) == 3);
    leat_assert(leat_peek(r, 1, &span) == LEAT_OK && span.len == 3);
    leat_assert(!polled || leat_peek(r, 4, &span) == LEAT_AGAIN);
    leat_assert(write(fds[1], "de", 2) == 2);
    leat_assert(leat_peek(r, 4, &span) == LEAT_OK && span.len == 5);
    leat_assert(memcmp(span.data, "abcde", 5) == 0);
    close(fds[1]);
    leat_assert(leat_peek(r, 6, &span) == LEAT_END && span.len == 5);
    leat_reader_close(r);
}

static void test_stdio_writer(struct leat_ctx *ctx)
{
    size_t len, got_len, done;
    char *text = make_text(&len), *got;
    FILE *f = open_memstream(&got, &got_len);
    struct leat_writer *w = leat_stdio_writer(ctx, f, false);
    leat_assert(leat_write(w, text, len, &done) == LEAT_OK && done == len);
    leat_assert(leat_flush(w, LEAT_FLUSH_SYNC) == LEAT_OK);
    leat_assert(got_len == len && memcmp(got, text, len) == 0);
    leat_writer_close(w);
    fputs("more", f);
    fclose(f);
    leat_assert(got_len == len + 4);
    free(got);
    free(text);
    w = leat_stdio_writer(ctx, fopen("/dev/full", "w"), true);
    leat_assert(leat_write(w, "x", 1, &done) == LEAT_OK);
    leat_assert(leat_flush(w, LEAT_FLUSH_PUSH) == LEAT_FAULT);
    leat_assert(leat_writer_fault(w)->system_code == ENOSPC);
    leat_writer_close(w);
}

/* What the FILE's user wrote before comes before, and what he writes after a flush comes behind. */
static void test_stdio_writer_in_turn(struct leat_ctx *ctx)
{
    size_t done;
    char got[32] = "";
    FILE *f = tmpfile();
    fputs("one ", f);
    struct leat_writer *w = leat_stdio_writer(ctx, f, false);
    leat_assert(leat_write(w, "two ", 4, &done) == LEAT_OK);
    leat_assert(leat_flush(w, LEAT_FLUSH_PUSH) == LEAT_OK);
    leat_assert(ftell(f) == 8);
    fputs("three ", f);
    leat_assert(leat_write(w, "four", 4, &done) == LEAT_OK);
    leat_assert(leat_flush(w, LEAT_FLUSH_FINISH) == LEAT_OK);
    leat_writer_close(w);
    rewind(f);
    leat_assert(fgets(got, sizeof(got), f) != NULL);
    leat_assert(strcmp(got, "one two three four") == 0);
    fclose(f);
}

/* A FILE whose descriptor waits does not make the polled engine wait, and loses nothing by it. */
static void test_stdio_writer_full(struct leat_ctx *ctx)
{
    int fds[2];
    size_t done, len, at = 0;
    char *text = make_text(&len), *got = malloc(len);
    leat_assert(pipe2(fds, O_CLOEXEC) == 0 && len > 200000);
    struct leat_writer *w = leat_stdio_writer(ctx, fdopen(fds[1], "w"), true);
    leat_assert(leat_write(w, text, len, &done) == LEAT_FULL && done < len);
    while (done < len || leat_flush(w, LEAT_FLUSH_PUSH) == LEAT_FULL) {
        ssize_t n = read(fds[0], got + at, 5000);
        size_t more = 0;
        leat_assert(n > 0);
        at += (size_t)n;
        if (done < len)
            leat_assert(leat_write(w, text + done, len - done, &more) != LEAT_FAULT);
        done += more;
    }
    leat_writer_close(w);
    while (at < len)
        at += (size_t)read(fds[0], got + at, len - at);
    leat_assert(memcmp(got, text, len) == 0);
    close(fds[0]);
    free(got);
    free(text);
}

static void test_stdio_from_writer(struct leat_ctx *ctx)
{
    size_t len;
    char *text = make_text(&len), path[] = "/tmp/leat-stdio-XXXXXX";
    struct leat_span span;
    close(mkstemp(path));
    FILE *f = leat_stdio_from_writer(leat_file_writer(ctx, path, NULL));
    for (size_t at = 0; at < len; at += 1000)
        leat_assert(fprintf(f, "%.1000s", text + at) > 0);
    leat_assert(fclose(f) == 0);
    struct leat_reader *r = leat_file(ctx, path);
    leat_assert(leat_peek(r, len, &span) == LEAT_OK);
    leat_assert(span.len == len && memcmp(span.data, text, len) == 0);
    leat_reader_close(r);
    unlink(path);
    free(text);

    f = leat_stdio_from_writer(leat_memory_writer(ctx, 10));
    errno = 0;
    leat_assert(fputs("this is more than ten", f) >= 0);
    leat_assert(fflush(f) == EOF && errno == EIO && ferror(f));
    leat_assert(fclose(f) == EOF);
}

int main(void)
{
    struct leat_polled polled;
    struct leat_ctx ctx;
    signal(SIGPIPE, SIG_IGN);
    leat_ctx_init(&ctx, NULL);
    test_to_stdio(&ctx);
    test_to_stdio_fails(&ctx);
    test_from_stdio(&ctx);
    test_from_stdio_pipe(&ctx, false);
    test_stdio_writer(&ctx);
    test_stdio_writer_in_turn(&ctx);
    test_stdio_from_writer(&ctx);
    leat_ctx_fini(&ctx);
    leat_polled_init(&polled);
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .engine = &polled.engine });
    test_from_stdio(&ctx);
    test_from_stdio_pipe(&ctx, true);
    test_stdio_writer_in_turn(&ctx);
    test_stdio_writer_full(&ctx);
    leat_ctx_fini(&ctx);
    return 0;
}
