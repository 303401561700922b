/* Count the lines of a file and the bytes in them, through whatever it is compressed with. Built by
 *     cc count.c $(pkg-config --cflags --libs leat)
 * and as C++ as well. */

#include <inttypes.h>
#include <leat/core/lines.h>
#include <leat/endpoint/file/file.h>
#include <leat/layer/peel.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r = leat_peel(leat_file(&ctx, argc > 1 ? argv[1] : "/dev/stdin"), NULL);

    struct leat_lines lines;
    struct leat_span line;
    enum leat_status status;
    uint64_t count = 0, bytes = 0;
    leat_lines_init(&lines, r, '\n', 0);
    while ((status = leat_lines_next(&lines, &line)) == LEAT_OK) {
        count++;
        bytes += line.len;
    }
    printf("%" PRIu64 " lines, %" PRIu64 " bytes\n", count, bytes);

    if (status == LEAT_FAULT) {
        char text[256];
        leat_fault_format(&lines.cursor.iter.fault, text, sizeof(text));
        fprintf(stderr, "%s\n", text);
    }
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    return status == LEAT_END ? 0 : 2;
}
