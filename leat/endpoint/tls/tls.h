#ifndef LEAT_ENDPOINT_TLS_TLS_H
#define LEAT_ENDPOINT_TLS_TLS_H

#include "leat/core/ctx.h"

/* TLS 1.2 and 1.3, by OpenSSL: plaintext above any reader and writer, which are two ends of one
 * transport. It is an endpoint over an endpoint: each of its directions may need both of those
 * below, as a handshake goes to and fro.
 *
 * OpenSSL never waits: it is given what is in the transport's window and room, and whoever needs
 * more waits outside of it. So every engine waits as it does elsewhere, and two fibers may use one
 * session, one reading and one writing. Two threads may not.
 *
 * Its writer pulls what a reader offers where the kernel can encrypt (kTLS): from the first such
 * copy on that is where TLS 1.3 is written. Elsewhere leat_copy moves bytes, as always.
 *
 * No renegotiation, no compression, no resumption (so no tickets, and no data before the handshake
 * is through). OpenSSL takes its memory from malloc. */

struct leat_tls;
struct leat_tls_context;

enum leat_tls_role { LEAT_TLS_CLIENT, LEAT_TLS_SERVER };

enum leat_tls_version { LEAT_TLS_1_2, LEAT_TLS_1_3 };

/* What the other side must show. */
enum leat_tls_verify {
    LEAT_TLS_VERIFY_DEFAULT, /* a server: its name, by one of the authorities; a client: nothing */
    LEAT_TLS_VERIFY_CHAIN,   /* either: a certificate by one of the authorities, of any name */
    LEAT_TLS_VERIFY_NONE,    /* nothing: whoever is in between may read and change all of it */
};

/* What many sessions have in common. All zero: a client that trusts whom the system trusts. */
struct leat_tls_options {
    enum leat_tls_role role;
    enum leat_tls_version version_min;
    enum leat_tls_verify verify;

    /* Who we are: a certificate, with those between it and an authority behind it, and its key, as
     * PEM. In files, or in memory, which is not needed after. A server must have them. */
    const char *certificate_path, *key_path;
    struct leat_span certificate, key;

    /* Whom we trust, as PEM in a file or in memory. Neither: whom the system trusts. */
    const char *authorities_path;
    struct leat_span authorities;

    /* Application protocols (ALPN), the best first, ended by NULL; NULL: none. Each 1 .. 255 bytes
     * long. A server refuses a client that has some, and none of these. */
    const char *const *protocols;
};

LEAT_BEGIN_DECLS

/* Make what sessions have in common. Any number of threads may use it at once.
 *
 * ret_fault  where it returns NULL: which file, or what in it, OpenSSL did not like
 * Blocks     while files are read */
LEAT_API LEAT_MUST_USE struct leat_tls_context *leat_tls_context_create(
    const struct leat_tls_options *options, struct leat_fault *ret_fault);

/* Let go of it; sessions made from it go on. NULL is fine. */
LEAT_API void leat_tls_context_destroy(struct leat_tls_context *context);

/* A session over a transport, which it owns: closing the session closes both. It shakes hands when
 * it is first filled or drained.
 *
 * in, out      of one ctx; `out` is flushed when the session itself has something to say
 * server_name  of the client: whom it wants to talk to, a name or an address; NULL only where no
 *              name is verified. Of the server: NULL
 * ret          NULL without memory: then both are closed */
LEAT_API LEAT_MUST_USE struct leat_tls *leat_tls_over(struct leat_reader *in,
                                                      struct leat_writer *out,
                                                      struct leat_tls_context *context,
                                                      const char *server_name);

/* Its two ends, parts of it: closing one ends that direction and leaves the other.
 *
 * The reader says END where the other side said so (close_notify). A transport that ends without
 * it was cut, by whom is not known: a fault with code TRUNCATED. Bytes that are not those that were
 * sent are a fault with code CHECKSUM, and never shown. Whoever is not trusted is a fault SYSTEM
 * with EACCES, and an alert of the other side one with ECONNABORTED; the reason says which.
 *
 * Of the writer, LEAT_FLUSH_FINISH says close_notify, and finishes the transport. */
LEAT_API struct leat_reader *leat_tls_reader(struct leat_tls *tls);
LEAT_API struct leat_writer *leat_tls_writer(struct leat_tls *tls);

/* Shake hands now: to see who answers, and which protocol was chosen, before all else.
 *
 * Status   OK (again is free), AGAIN (arm the reader), FAULT (the reader's fault)
 * Blocks   as the engine does */
LEAT_API LEAT_MUST_USE enum leat_status leat_tls_handshake(struct leat_tls *tls);

/* The protocol that was chosen (ALPN), after the handshake; empty: none. Good until it closes. */
LEAT_API struct leat_span leat_tls_protocol(const struct leat_tls *tls);

/* "TLSv1.3", after the handshake: static text. */
LEAT_API const char *leat_tls_version(const struct leat_tls *tls);

/* Close it, with the transport. What was not finished does not look whole over there. Never waits.
 * NULL is fine. */
LEAT_API void leat_tls_close(struct leat_tls *tls);

LEAT_END_DECLS

#endif
