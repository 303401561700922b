/* Shows that the public test vectors of age (testkit/, whose README says where they are from) end
 * as they say: each is an age file with one peculiarity, and what must come of it. */

#include <dirent.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/layer/catalogue.h"
#include "leat/stage/age/age.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"

/* A vector's head: lines of a name, a colon and a value. */
struct vector {
    char expect[32];
    char payload[65]; /* SHA-256 of what is decrypted, up to a fault */
    char identity[400];
    char password[100];
    bool compressed;
    bool armored;
};

static void take_value(char *to, size_t size, const char *value, const char *end)
{
    size_t had = strlen(to);
    check(had + strlen(value) + strlen(end) < size);
    snprintf(to + had, size - had, "%s%s", value, end);
}

/* The files have left out how each begins. */
static void take_identity(struct vector *vector, const char *value)
{
    take_value(vector->identity, sizeof(vector->identity), MEMORY_IDENTITY_START, value);
    take_value(vector->identity, sizeof(vector->identity), "\n", "");
}

static void take_line(struct vector *vector, char *line)
{
    char *value = strstr(line, ": ");
    check(value != NULL);
    *value = '\0';
    value += 2;
    if (strcmp(line, "expect") == 0)
        take_value(vector->expect, sizeof(vector->expect), value, "");
    else if (strcmp(line, "payload") == 0)
        take_value(vector->payload, sizeof(vector->payload), value, "");
    else if (strcmp(line, "identity") == 0)
        take_identity(vector, value);
    else if (strcmp(line, "passphrase") == 0 && vector->password[0] == '\0')
        take_value(vector->password, sizeof(vector->password), value, "");
    vector->compressed |= strcmp(line, "compressed") == 0;
    vector->armored |= strcmp(line, "armored") == 0;
}

/* The head of the file, and the length of it. */
static size_t take_head(struct vector *vector, const struct sink *file)
{
    size_t at = 0;
    for (;;) {
        char line[500];
        const uint8_t *end = memchr(file->data + at, '\n', file->len - at);
        check(end != NULL);
        size_t len = (size_t)(end - file->data) - at;
        check(len < sizeof(line));
        memcpy(line, file->data + at, len);
        line[len] = '\0';
        at += len + 1;
        if (len == 0)
            return at;
        take_line(vector, line);
    }
}

static const struct leat_stage *decompressor(void)
{
    for (size_t i = 0; leat_formats[i] != NULL; i++) {
        if (strcmp(leat_formats[i]->name, "zlib") == 0)
            return leat_formats[i]->decoder;
    }
    return NULL;
}

static void check_payload(const struct vector *vector, const struct sink *bytes)
{
    uint8_t sum[EVP_MAX_MD_SIZE];
    char text[65];
    if (vector->payload[0] == '\0') {
        /* What stands in front of bad armor may have been shown, and is not written down. */
        check(bytes->len == 0 || vector->armored);
        return;
    }
    check(EVP_Digest(bytes->len > 0 ? bytes->data : sum, bytes->len, sum, NULL, EVP_sha256(),
                     NULL) == 1);
    for (size_t i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", sum[i]);
    check_text(text, vector->payload);
}

/* The code of the fault that each kind of end may have. */
static void check_end(const struct vector *vector, const struct read *read)
{
    enum leat_fault_code code = read->fault.code;
    bool broken = code == LEAT_FAULT_CORRUPT || code == LEAT_FAULT_TRUNCATED;
    if (strcmp(vector->expect, "success") == 0) {
        check_status(read->status, LEAT_END);
        return;
    }
    check_status(read->status, LEAT_FAULT);
    if (strcmp(vector->expect, "no match") == 0)
        check_equal(code, LEAT_FAULT_UNSUPPORTED);
    else if (strcmp(vector->expect, "HMAC failure") == 0)
        check_text(read->fault.reason, "wrong header MAC");
    else if (strcmp(vector->expect, "header failure") == 0)
        check(broken || code == LEAT_FAULT_BOUND || code == LEAT_FAULT_UNSUPPORTED);
    else if (strcmp(vector->expect, "payload failure") == 0)
        check(broken || code == LEAT_FAULT_CHECKSUM);
    else
        check(strcmp(vector->expect, "armor failure") == 0 && broken &&
              strcmp(read->fault.part, "age-armor") == 0);
}

static void check_vector(const struct sink *file)
{
    struct vector vector = { 0 };
    struct leat_ctx ctx;
    struct read read;
    size_t at = take_head(&vector, file);
    const struct leat_stage *decompress = decompressor();
    if (vector.compressed && decompress == NULL)
        return;
    struct leat_keys keys = {
        .identity = { (const uint8_t *)vector.identity, strlen(vector.identity) },
        .password = { (const uint8_t *)vector.password, strlen(vector.password) },
    };
    struct leat_ctx_options options = { .keys = &keys };
    leat_ctx_init(&ctx, &options);
    struct leat_reader *r = leat_memory(&ctx, file->data + at, file->len - at);
    if (vector.compressed)
        r = leat_pull(r, decompress, NULL);
    if (vector.armored)
        r = leat_age_unarmor(r);
    r = leat_unage(r, NULL);
    drive_read(r, UINT64_MAX, &read);
    check_end(&vector, &read);
    check_payload(&vector, &read.bytes);
    drive_read_fini(&read);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check(argc > 1);
    DIR *folder = opendir(argv[1]);
    check(folder != NULL);
    size_t vectors = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char command[600];
        struct sink nothing = { .data = memory_get(1), .size = 1 };
        struct sink file = { 0 };
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "README.md") != 0) {
            check_says_text("vector", entry->d_name);
            snprintf(command, sizeof(command), "cat %s/%s", argv[1], entry->d_name);
            check_equal(codec_command(command, &nothing, &file), 0);
            check_vector(&file);
            vectors++;
        }
        sink_fini(&nothing);
        sink_fini(&file);
    }
    closedir(folder);
    check(vectors > 100);
    return 0;
}
