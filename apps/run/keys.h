#ifndef APPS_RUN_KEYS_H
#define APPS_RUN_KEYS_H

#include "apps/run/run.h"

/* What opens what is encrypted, from files that the command line names: a field `keys` of the
 * command's options, and RUN_KEY_FLAGS in its table. Secrets are never arguments, which every user
 * of the machine can read. */
struct run_key_files {
    const char *password; /* a path; NULL: none */
    const char *identity; /* a path; NULL: none */
    const char *key;      /* a path; NULL: none */
};

#define RUN_KEY_FLAGS(type)                                                                        \
    { .name = "password-file",                                                                     \
      .section = "Keys",                                                                           \
      .placeholder = "FILE",                                                                       \
      .kind = FLAGS_STRING,                                                                        \
      .at = FLAGS_FIELD(type, keys.password, const char *),                                        \
      .brief = "Open what is encrypted by the password in FILE.",                                  \
      .text = "Open what is encrypted by a password with the first line of FILE, without the "     \
              "line's end." },                                                                     \
        { .name = "identity",                                                                      \
          .section = "Keys",                                                                       \
          .placeholder = "FILE",                                                                   \
          .kind = FLAGS_STRING,                                                                    \
          .at = FLAGS_FIELD(type, keys.identity, const char *),                                    \
          .brief = "Open what is encrypted to an age identity in FILE.",                           \
          .text = "Open what is encrypted by age(1) to any of the identities in FILE, as "         \
                  "age-keygen(1) writes it." },                                                    \
    {                                                                                              \
        .name = "key-file", .section = "Keys", .placeholder = "FILE", .kind = FLAGS_STRING,        \
        .at = FLAGS_FIELD(type, keys.key, const char *),                                           \
        .brief = "Open what is sealed by the key in FILE.",                                        \
        .text =                                                                                    \
            "Open what is sealed by a key, as a .sealed is, with the one in FILE: 32 random "      \
            "bytes as they are, or 64 hexadecimal digits, which `openssl rand -hex 32` writes. "   \
            "What leat-cp(1) writes to a .sealed is sealed by it."                                 \
    }

/* A file that was read whole. */
struct run_secret {
    uint8_t *data;
    size_t size;
};

/* What was read: `keys` is for run_ctx_init, which does not copy it. */
struct run_keys {
    struct leat_keys keys;
    struct run_secret password, identity, key;
};

/* Read the files. False: one could not be read, or cannot be what it should be, which was told.
 * Wipe and free with run_keys_fini, in either case, after each ctx that has them. */
LEAT_MUST_USE bool run_keys_read(struct run *run, const struct run_key_files *files,
                                 struct run_keys *ret);
void run_keys_fini(struct run_keys *keys);

#endif
