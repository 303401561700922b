#include "leat/container/tar/build_test.h"

#include <string.h>

struct archive archive;

void put_number(void *field, size_t len, uint64_t n)
{
    char *digits = field;
    digits[--len] = '\0';
    for (; len > 0; n /= 8)
        digits[--len] = (char)('0' + n % 8);
}

struct tar_header *put_header(char type, const char *name, uint64_t size)
{
    struct tar_header *header = (struct tar_header *)(archive.data + archive.len);
    memset(header, 0, sizeof(*header));
    memcpy(header->name, name, strlen(name));
    put_number(header->mode, sizeof(header->mode), 0644);
    put_number(header->user_id, sizeof(header->user_id), 1000);
    put_number(header->group_id, sizeof(header->group_id), 1000);
    put_number(header->size, sizeof(header->size), size);
    put_number(header->mtime, sizeof(header->mtime), 1700000000);
    memcpy(header->magic, "ustar", 6);
    memcpy(header->version, "00", 2);
    header->type = type;
    archive.len += TAR_BLOCK;
    return header;
}

void seal(struct tar_header *header, int bias)
{
    memset(header->checksum, ' ', sizeof(header->checksum));
    int sum = bias;
    for (size_t i = 0; i < sizeof(*header); i++)
        sum += ((const uint8_t *)header)[i];
    put_number(header->checksum, 7, (uint64_t)sum);
}

void put_data(const void *data, size_t len)
{
    size_t padded = (len + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
    memset(archive.data + archive.len, 0, padded);
    memcpy(archive.data + archive.len, data, len);
    archive.len += padded;
}

void put_entry(char type, const char *name, const char *text)
{
    seal(put_header(type, name, strlen(text)), 0);
    put_data(text, strlen(text));
}

void put_zeros(size_t blocks)
{
    memset(archive.data + archive.len, 0, blocks * TAR_BLOCK);
    archive.len += blocks * TAR_BLOCK;
}
