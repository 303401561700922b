#include "leat/container/sevenz/folder.h"

/* 7zFormat.txt, "Folder": bits of a coder's first byte, before the bytes of its id. */
enum { ID_LEN = 15, COMPLEX = 16, PROPERTIES = 32, RESERVED = 192 };

enum { UNBOUND = UINT8_MAX };

static bool coder_read(struct sz_cursor *cursor, struct sz_folder *folder)
{
    struct sz_coder *coder = &folder->coders[folder->coders_len];
    uint8_t flags = sz_byte(cursor);
    struct leat_span id = sz_bytes(cursor, flags & ID_LEN);
    *coder = (struct sz_coder){ .inputs = 1, .input = folder->inputs_len };
    if ((flags & RESERVED) || id.len > sizeof(coder->id))
        return false;
    for (size_t i = 0; i < id.len; i++)
        coder->id = coder->id << 8 | id.data[i];
    if (flags & COMPLEX) {
        uint64_t inputs = sz_number(cursor);
        uint64_t outputs = sz_number(cursor);
        if (outputs != 1 || inputs == 0 || inputs > SZ_CODERS_MAX)
            return false;
        coder->inputs = (uint32_t)inputs;
    }
    if (flags & PROPERTIES)
        coder->properties = sz_bytes(cursor, sz_number(cursor));
    folder->coders_len++;
    folder->inputs_len += coder->inputs;
    return folder->inputs_len <= SZ_CODERS_MAX && !cursor->broken;
}

/* Which input takes which coder's output; each at most once. */
static bool bonds_read(struct sz_cursor *cursor, struct sz_folder *folder)
{
    bool used[SZ_CODERS_MAX] = { false };
    for (uint32_t i = 1; i < folder->coders_len; i++) {
        uint64_t input = sz_number(cursor);
        uint64_t output = sz_number(cursor);
        if (input >= folder->inputs_len || output >= folder->coders_len || used[output] ||
            folder->sources[input] != UNBOUND)
            return false;
        folder->sources[input] = (uint8_t)output;
        used[output] = true;
    }
    while (used[folder->main])
        folder->main++;
    return true;
}

/* Which inputs take the packed streams. */
static bool packed_read(struct sz_cursor *cursor, struct sz_folder *folder)
{
    uint32_t bonds = folder->coders_len - 1;
    if (folder->inputs_len <= bonds)
        return false;
    folder->packed_len = folder->inputs_len - bonds;
    for (uint32_t i = 0; i < folder->packed_len; i++) {
        uint64_t input = 0;
        if (folder->packed_len > 1)
            input = sz_number(cursor);
        while (folder->packed_len == 1 && folder->sources[input] != UNBOUND)
            input++;
        if (input >= folder->inputs_len || folder->sources[input] != UNBOUND)
            return false;
        folder->sources[input] = (uint8_t)(SZ_CODERS_MAX + i);
    }
    return true;
}

bool leat_sz_folder_read(struct sz_cursor *cursor, struct sz_folder *ret)
{
    uint64_t coders = sz_number(cursor);
    ret->coders_len = ret->inputs_len = ret->packed_len = ret->main = 0;
    if (coders == 0 || coders > SZ_CODERS_MAX)
        return false;
    while (ret->coders_len < coders) {
        if (!coder_read(cursor, ret))
            return false;
    }
    for (uint32_t i = 0; i < SZ_CODERS_MAX; i++)
        ret->sources[i] = UNBOUND;
    return bonds_read(cursor, ret) && packed_read(cursor, ret) && !cursor->broken;
}
