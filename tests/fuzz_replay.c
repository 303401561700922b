/* A main for a fuzz target built without libFuzzer: runs it on each file named and on each file
 * in each folder named, so that a corpus is a unit test with any compiler. */

#include <assert.h>
#include <errno.h>
#include <fts.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Larger than any input worth keeping: an input is read whole. */
enum { INPUT_BYTES_MAX = 64 << 20 };

/* Run the target on one file, in a block of exactly its size so that reading past it shows. */
static void replay(const char *path, size_t size)
{
    assert(size <= INPUT_BYTES_MAX);
    uint8_t *data = malloc(size ? size : 1);
    FILE *file = fopen(path, "rb");
    if (!data || !file || fread(data, 1, size, file) != size) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    LLVMFuzzerTestOneInput(data, size);
    fclose(file);
    free(data);
}

/* Sorted, so that each run is the same. */
static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

int main(int argc, char **argv)
{
    assert(argc > 1);
    FTS *tree = fts_open(argv + 1, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    assert(tree);
    long count = 0;
    for (FTSENT *entry; (entry = fts_read(tree));) {
        if (entry->fts_errno) {
            fprintf(stderr, "%s: %s\n", entry->fts_path, strerror(entry->fts_errno));
            return 1;
        }
        if (entry->fts_info == FTS_F) {
            replay(entry->fts_path, (size_t)entry->fts_statp->st_size);
            count++;
        }
    }
    fts_close(tree);
    printf("%ld inputs\n", count);
    return count == 0;
}
