#include "apps/run/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Nobody types more, and no tool writes more. */
enum { PASSWORD_LEN_MAX = 64 << 10, IDENTITY_LEN_MAX = 1 << 20, KEY_FILE_LEN_MAX = 1 << 10 };

/* Of a key, in bytes. */
enum { KEY_LEN = 32 };

/* Read all there is, at most `secret->size`, which becomes what was read. 0, or an errno value. */
static int read_all(int fd, struct run_secret *secret)
{
    size_t len = 0;
    while (len < secret->size) {
        ssize_t n = read(fd, secret->data + len, secret->size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            break;
        len += (size_t)n;
    }
    int code = len == secret->size ? EFBIG : 0;
    secret->size = len;
    return code;
}

static bool secret_read(struct run *run, const char *path, size_t len_max, struct run_secret *ret)
{
    ret->size = len_max + 1;
    ret->data = malloc(ret->size);
    int fd = ret->data != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    int code = fd >= 0 ? read_all(fd, ret) : errno;
    if (fd >= 0)
        close(fd);
    else
        ret->size = 0;
    if (code != 0)
        run_tell_code(run, path, code);
    return code == 0;
}

/* The first line, without its end. */
static struct leat_span first_line(const struct run_secret *secret)
{
    const uint8_t *end = memchr(secret->data, '\n', secret->size);
    size_t len = end != NULL ? (size_t)(end - secret->data) : secret->size;
    if (len > 0 && secret->data[len - 1] == '\r')
        len--;
    return (struct leat_span){ .data = secret->data, .len = len };
}

/* The number that a hexadecimal digit stands for, or -1. */
static int digit_of(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* Turn the digits into the bytes that they write, in place. */
static bool undigits(struct run_secret *secret)
{
    for (size_t i = 0; i < KEY_LEN; i++) {
        int high = digit_of(secret->data[2 * i]), low = digit_of(secret->data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        secret->data[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* A file of just a key's length is one; else it is a line of digits, and nothing behind that. */
static bool key_read(struct run *run, const char *path, struct run_keys *ret)
{
    struct run_secret *secret = &ret->key;
    if (!secret_read(run, path, KEY_FILE_LEN_MAX, secret))
        return false;
    struct leat_span line = first_line(secret);
    const uint8_t *end = memchr(secret->data, '\n', secret->size);
    bool one_line = end == NULL || end == secret->data + secret->size - 1;
    if (secret->size != KEY_LEN && (line.len != 2 * KEY_LEN || !one_line || !undigits(secret))) {
        run_tell(run, path, strlen(path), "no key: neither 32 bytes nor 64 hexadecimal digits");
        return false;
    }
    ret->keys.key = (struct leat_span){ .data = secret->data, .len = KEY_LEN };
    return true;
}

bool run_keys_read(struct run *run, const struct run_key_files *files, struct run_keys *ret)
{
    *ret = (struct run_keys){ 0 };
    if (files->password != NULL) {
        if (!secret_read(run, files->password, PASSWORD_LEN_MAX, &ret->password))
            return false;
        ret->keys.password = first_line(&ret->password);
    }
    if (files->identity != NULL) {
        if (!secret_read(run, files->identity, IDENTITY_LEN_MAX, &ret->identity))
            return false;
        ret->keys.identity =
            (struct leat_span){ .data = ret->identity.data, .len = ret->identity.size };
    }
    return files->key == NULL || key_read(run, files->key, ret);
}

static void secret_fini(struct run_secret *secret)
{
    if (secret->data != NULL)
        explicit_bzero(secret->data, secret->size);
    free(secret->data);
    *secret = (struct run_secret){ 0 };
}

void run_keys_fini(struct run_keys *keys)
{
    secret_fini(&keys->password);
    secret_fini(&keys->identity);
    secret_fini(&keys->key);
    keys->keys = (struct leat_keys){ 0 };
}
