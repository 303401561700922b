#ifndef LEAT_CONTAINER_ZIP_CRYPT_H
#define LEAT_CONTAINER_ZIP_CRYPT_H

#include "leat/core/stage.h"

/* What undoes an entry's encryption, before it is unpacked. The options of both are the entry's
 * zip_member, with a password. A wrong password is a fault UNSUPPORTED before the first byte, but
 * for one in 256 (or 65,536, AES), which the entry's checksum tells later. */

/* PKWARE's traditional encryption: APPNOTE.TXT 6.1. It keeps nobody out who tries. */
extern const struct leat_stage leat_zip_stage_crypto;

/* WinZip's AES encryption, AE-1 and AE-2 (https://www.winzip.com/en/support/aes-encryption/), by
 * libcrypto. The code behind the last byte authenticates all before it: CHECKSUM where it does not
 * hold. */
extern const struct leat_stage leat_zip_stage_aes;

/* Whether the build has libcrypto, and so the second. */
extern const bool leat_zip_aes_here;

/* Bytes of the salt, by the strength in an entry's field: 1, 2, 3 for keys of 128, 192, 256 bits.
 * And what else is around an entry's bytes. */
static inline size_t zip_aes_salt_len(unsigned strength)
{
    return 4 * (strength + 1);
}
enum { ZIP_AES_STRENGTH_MAX = 3, ZIP_AES_VERIFIER_LEN = 2, ZIP_AES_CODE_LEN = 10 };
enum { ZIP_CRYPTO_HEADER_LEN = 12 };

#endif
