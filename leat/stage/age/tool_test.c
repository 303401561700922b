/* Shows that age(1) reads what is encrypted here, and that what it encrypted is read: to
 * recipients, by a password, in armor. Where the tool is not there only its files are read. */

#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/stage/age/age.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"

static char identity_path[] = "/tmp/leat_age_XXXXXX";

/* The identity of memory_keys in a file, and one more that nothing is encrypted to. */
static void write_identity(void)
{
    int file = mkstemp(identity_path);
    struct leat_span text = memory_keys.identity;
    check(file >= 0);
    check_equal(write(file, text.data, text.len), text.len);
    close(file);
}

static void test_recipients(void)
{
    static const size_t lens[] = { 0, 1, 65536, 65537, 131072, 1000000 };
    char command[100];
    snprintf(command, sizeof(command), "age -d -i %s", identity_path);
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        codec_read_by_tool(&leat_stage_age, NULL, command, lens[i]);
        codec_reads_tool(&leat_stage_unage, "age -r " MEMORY_RECIPIENT, lens[i]);
    }
}

/* More chunks than one byte counts. */
static void test_many_chunks(void)
{
    char command[100];
    snprintf(command, sizeof(command), "age -d -i %s", identity_path);
    codec_read_by_tool(&leat_stage_age, NULL, command, 258 * 65536);
    codec_reads_tool(&leat_stage_unage, "age -r " MEMORY_RECIPIENT, 257 * 65536 + 1);
}

static void test_armor(void)
{
    char command[100];
    snprintf(command, sizeof(command), "age -d -i %s", identity_path);
    for (size_t len = 0; len < 200; len += 13) {
        struct sink plain = { 0 };
        struct sink packed = { 0 };
        struct sink armored = { 0 };
        struct sink out = { 0 };
        check_says("len", len);
        codec_text(&plain, len, len, 50);
        codec_pack(&leat_stage_age, NULL, &plain, &packed);
        codec_pack(&leat_stage_age_armor, NULL, &packed, &armored);
        int status = codec_command(command, &armored, &out);
        if (status != CODEC_NO_COMMAND) {
            check_equal(status, 0);
            check_bytes(out.data, out.len, plain.data, plain.len);
        }
        /* What age wrote in armor, without its armor, and put in armor again, is the same. */
        struct sink theirs = { 0 };
        struct sink again = { 0 };
        if (codec_command("age -a -r " MEMORY_RECIPIENT, &plain, &theirs) == 0) {
            packed.len = 0;
            codec_pack(&leat_stage_age_unarmor, NULL, &theirs, &packed);
            codec_unpack(&leat_stage_unage, &packed, &plain);
            codec_pack(&leat_stage_age_armor, NULL, &packed, &again);
            check_bytes(again.data, again.len, theirs.data, theirs.len);
        }
        struct sink *sinks[] = { &plain, &packed, &armored, &out, &theirs, &again };
        for (size_t i = 0; i < sizeof(sinks) / sizeof(sinks[0]); i++)
            sink_fini(sinks[i]);
    }
}

/* --- Passwords --- */

#define PASSWORD "leat and mill"

/* Have age decrypt a file of that path, and answer what it asks on its terminal. */
static void check_tool_decrypts(const char *path, const char *plain)
{
    char text[1000] = { 0 };
    size_t len = 0;
    int terminal;
    int status;
    pid_t age = forkpty(&terminal, NULL, NULL, NULL);
    check(age >= 0);
    if (age == 0) {
        execlp("age", "age", "-d", path, (char *)NULL);
        _exit(CODEC_NO_COMMAND);
    }
    bool answered = false;
    for (ssize_t some; len < sizeof(text) - 1 &&
                       (some = read(terminal, text + len, sizeof(text) - 1 - len)) > 0;) {
        len += (size_t)some;
        if (!answered && strstr(text, "passphrase") != NULL)
            answered = write(terminal, PASSWORD "\n", sizeof(PASSWORD)) > 0;
    }
    check_equal(waitpid(age, &status, 0), age);
    check(WIFEXITED(status));
    if (WEXITSTATUS(status) != CODEC_NO_COMMAND) {
        check_equal(WEXITSTATUS(status), 0);
        check(strstr(text, plain) != NULL);
    }
    close(terminal);
}

static void test_tool_reads_password(void)
{
    const struct leat_age_options options = {
        .password = { (const uint8_t *)PASSWORD, sizeof(PASSWORD) - 1 },
        .work = 15,
    };
    static const char plain[] = "behind a password of ours";
    char path[] = "/tmp/leat_age_XXXXXX";
    struct read packed;
    drive_stage(&leat_stage_age, &options, plain, sizeof(plain) - 1, UINT64_MAX, &packed);
    check_status(packed.status, LEAT_END);
    int file = mkstemp(path);
    check(file >= 0);
    check_equal(write(file, packed.bytes.data, packed.bytes.len), packed.bytes.len);
    close(file);
    check_tool_decrypts(path, plain);
    unlink(path);
    drive_read_fini(&packed);
}

/* --- Files that age made --- */

static void test_corpus(const char *folder)
{
    static const struct {
        const char *name;
        const char *plain;
        const char *reason;
    } files[] = {
        { "short", "canal at the mill\n", NULL },
        { "empty", "", NULL },
        { "two", "for two\n", NULL },
        { "other", "", "no identity matches" },
        { "password", "behind a password\n", NULL },
    };
    const struct leat_keys keys = {
        .identity = memory_keys.identity,
        .password = { (const uint8_t *)PASSWORD, sizeof(PASSWORD) - 1 },
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char command[300];
        struct sink nothing = { .data = memory_get(1), .size = 1 };
        struct sink packed = { 0 };
        struct read read;
        check_says_text("file", files[i].name);
        snprintf(command, sizeof(command), "cat %s/%s.age", folder, files[i].name);
        check_equal(codec_command(command, &nothing, &packed), 0);
        drive_stage(&leat_stage_unage, &keys, packed.data, packed.len, UINT64_MAX, &read);
        check_status(read.status, files[i].reason == NULL ? LEAT_END : LEAT_FAULT);
        if (files[i].reason != NULL)
            check_text(read.fault.reason, files[i].reason);
        check_bytes(read.bytes.data, read.bytes.len, files[i].plain, strlen(files[i].plain));
        drive_read_fini(&read);
        sink_fini(&nothing);
        sink_fini(&packed);
    }
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check(argc > 1);
    test_corpus(argv[1]);
    write_identity();
    check_run(test_recipients);
    check_run(test_many_chunks);
    check_run(test_armor);
    check_run(test_tool_reads_password);
    unlink(identity_path);
    return 0;
}
