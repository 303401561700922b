/* TLS with OpenSSL's own client and server at the other end, of both versions: who has no `openssl`
 * skips this. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "leat/endpoint/socket/listener.h"
#include "leat/endpoint/tls/certificates_test.h"
#include "leat/endpoint/tls/tls.h"
#include "tests/support/check.h"

enum { SKIPPED = 77, TEXT_MAX = 512 };

static struct leat_ctx ctx;
static struct identity authority, server_identity;
static char folder[] = "/tmp/leat-tls-XXXXXX";

static void file_write(const char *name, const char *content)
{
    FILE *file = fopen(name, "w");
    check(file != NULL && fputs(content, file) >= 0 && fclose(file) == 0);
}

/* Run openssl with `arguments` and NULL, its output in `ret_out` and its input from `ret_in`. */
static pid_t begin(const char *const *arguments, int *ret_in, int *ret_out)
{
    int in[2], out[2];
    check(pipe(in) == 0 && pipe(out) == 0);
    pid_t child = fork();
    check(child >= 0);
    if (child == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        close(out[0]);
        execvp("openssl", (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    *ret_in = in[1];
    *ret_out = out[0];
    return child;
}

/* The rest of the line that begins with `word`. */
static void line_find(FILE *from, const char *word, char *ret)
{
    char line[TEXT_MAX];
    ret[0] = '\0';
    while (fgets(line, sizeof(line), from) != NULL) {
        if (strncmp(line, word, strlen(word)) != 0)
            continue;
        line[strcspn(line, "\r\n")] = '\0';
        strcpy(ret, line + strlen(word));
        return;
    }
}

static void says(struct leat_tls *tls, const char *text, enum leat_flush level)
{
    size_t done;
    check_status(leat_write(leat_tls_writer(tls), text, strlen(text), &done), LEAT_OK);
    check_status(leat_flush(leat_tls_writer(tls), level), LEAT_OK);
}

static void hears(struct leat_tls *tls, const char *text)
{
    struct leat_span window;
    check_status(leat_peek(leat_tls_reader(tls), strlen(text), &window), LEAT_OK);
    check_bytes(window.data, strlen(text), text, strlen(text));
    leat_consume(leat_tls_reader(tls), strlen(text));
}

static struct leat_tls_context *context_of(enum leat_tls_role role)
{
    struct leat_fault fault = { 0 };
    struct leat_tls_options options = { .role = role, .authorities_path = "authority" };
    if (role == LEAT_TLS_SERVER) {
        options.certificate_path = "certificate";
        options.key_path = "key";
    }
    struct leat_tls_context *context = leat_tls_context_create(&options, &fault);
    check(context != NULL);
    return context;
}

/* Their server turns each line round. */
static void against_server(const char *version, const char *name)
{
    const char *const arguments[] = { "openssl",     "s_server", "-accept", "127.0.0.1:0", "-cert",
                                      "certificate", "-key",     "key",     "-naccept",    "1",
                                      "-rev",        version,    NULL };
    char where[TEXT_MAX];
    struct leat_address address;
    int in, out;
    pid_t child = begin(arguments, &in, &out);
    FILE *prints = fdopen(out, "r");
    line_find(prints, "ACCEPT ", where);
    check(leat_address_parse(where, &address) == LEAT_OK);
    struct leat_connection *connection = leat_connection_to(&ctx, &address, NULL);
    struct leat_tls_context *context = context_of(LEAT_TLS_CLIENT);
    struct leat_tls *tls =
        leat_tls_over(leat_connection_reader(connection), leat_connection_writer(connection),
                      context, "leat.example");
    leat_tls_context_destroy(context); /* the session goes on */
    check_status(leat_tls_handshake(tls), LEAT_OK);
    check_text(leat_tls_version(tls), name);
    says(tls, "hello leat\n", LEAT_FLUSH_PUSH);
    hears(tls, "tael olleh\n");
    says(tls, "bye\n", LEAT_FLUSH_FINISH);
    hears(tls, "eyb\n");
    leat_tls_close(tls);
    leat_connection_close(connection);
    close(in);
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
    fclose(prints);
}

/* Their client says a line, prints what it hears, and goes when we say that this was all. */
static void against_client(const char *version, const char *name)
{
    char where[TEXT_MAX], printed[TEXT_MAX];
    struct leat_address any;
    struct leat_listener listener;
    check(leat_address_parse("127.0.0.1:0", &any) == LEAT_OK);
    check_status(leat_listener_open(&listener, &ctx, &any, NULL), LEAT_OK);
    leat_address_format(&listener.address, where, sizeof(where));
    const char *const arguments[] = { "openssl",
                                      "s_client",
                                      "-connect",
                                      where,
                                      "-servername",
                                      "leat.example",
                                      "-verify_hostname",
                                      "leat.example",
                                      "-CAfile",
                                      "authority",
                                      "-verify_return_error",
                                      "-quiet",
                                      version,
                                      NULL };
    int in, out, status;
    pid_t child = begin(arguments, &in, &out);
    FILE *prints = fdopen(out, "r");
    struct leat_connection *connection;
    check_status(leat_listener_accept(&listener, NULL, &connection), LEAT_OK);
    struct leat_tls_context *context = context_of(LEAT_TLS_SERVER);
    struct leat_tls *tls = leat_tls_over(leat_connection_reader(connection),
                                         leat_connection_writer(connection), context, NULL);
    check(write(in, "hello leat\n", 11) == 11);
    hears(tls, "hello leat\n");
    check_text(leat_tls_version(tls), name);
    says(tls, "welcome\n", LEAT_FLUSH_FINISH);
    line_find(prints, "", printed);
    check_text(printed, "welcome");
    check(waitpid(child, &status, 0) == child);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    leat_tls_close(tls);
    leat_connection_close(connection);
    leat_tls_context_destroy(context);
    leat_listener_close(&listener);
    close(in);
    fclose(prints);
}

static void test_both(void)
{
    static const char *const versions[][2] = { { "-tls1_3", "TLSv1.3" }, { "-tls1_2", "TLSv1.2" } };
    for (unsigned i = 0; i < 2; i++) {
        check_says_text("version", versions[i][1]);
        against_server(versions[i][0], versions[i][1]);
        against_client(versions[i][0], versions[i][1]);
    }
}

int main(void)
{
    if (system("command -v openssl >/dev/null") != 0)
        return SKIPPED;
    signal(SIGPIPE, SIG_IGN);
    check(mkdtemp(folder) != NULL && chdir(folder) == 0);
    identity_authority(&authority, "authority");
    identity_signed(&server_identity, &authority, "server", "DNS:leat.example", -60, 3600);
    file_write("authority", authority.certificate);
    file_write("certificate", server_identity.certificate);
    file_write("key", server_identity.key);
    leat_ctx_init(&ctx, NULL);
    check_run(test_both);
    leat_ctx_fini(&ctx);
    identity_fini(&authority);
    identity_fini(&server_identity);
    check(unlink("authority") == 0 && unlink("certificate") == 0 && unlink("key") == 0);
    check(chdir("/") == 0 && rmdir(folder) == 0);
    return 0;
}
