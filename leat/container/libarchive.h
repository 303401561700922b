#ifndef LEAT_CONTAINER_LIBARCHIVE_H
#define LEAT_CONTAINER_LIBARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#include "leat/stage/late.h"

/* libarchive, loaded on first use: it brings a dozen libraries of its own. Not installed. */

#define LEAT_LIBARCHIVE_FUNCTIONS(FUNCTION)                                                        \
    FUNCTION(archive_entry_filetype)                                                               \
    FUNCTION(archive_entry_free)                                                                   \
    FUNCTION(archive_entry_hardlink)                                                               \
    FUNCTION(archive_entry_hardlink_utf8)                                                          \
    FUNCTION(archive_entry_is_encrypted)                                                           \
    FUNCTION(archive_entry_mtime)                                                                  \
    FUNCTION(archive_entry_mtime_nsec)                                                             \
    FUNCTION(archive_entry_new2)                                                                   \
    FUNCTION(archive_entry_pathname)                                                               \
    FUNCTION(archive_entry_pathname_utf8)                                                          \
    FUNCTION(archive_entry_perm)                                                                   \
    FUNCTION(archive_entry_size)                                                                   \
    FUNCTION(archive_entry_size_is_set)                                                            \
    FUNCTION(archive_entry_symlink)                                                                \
    FUNCTION(archive_entry_symlink_utf8)                                                           \
    FUNCTION(archive_errno)                                                                        \
    FUNCTION(archive_error_string)                                                                 \
    FUNCTION(archive_filter_bytes)                                                                 \
    FUNCTION(archive_format_name)                                                                  \
    FUNCTION(archive_read_data_block)                                                              \
    FUNCTION(archive_read_free)                                                                    \
    FUNCTION(archive_read_header_position)                                                         \
    FUNCTION(archive_read_new)                                                                     \
    FUNCTION(archive_read_next_header2)                                                            \
    FUNCTION(archive_read_open1)                                                                   \
    FUNCTION(archive_read_set_callback_data)                                                       \
    FUNCTION(archive_read_set_format_option)                                                       \
    FUNCTION(archive_read_set_read_callback)                                                       \
    FUNCTION(archive_read_set_seek_callback)                                                       \
    FUNCTION(archive_read_set_skip_callback)                                                       \
    FUNCTION(archive_read_support_format_7zip)                                                     \
    FUNCTION(archive_read_support_format_cab)                                                      \
    FUNCTION(archive_read_support_format_rar)                                                      \
    FUNCTION(archive_read_support_format_rar5)                                                     \
    FUNCTION(archive_read_support_format_zip_streamable)
LEAT_LATE_TABLE(leat_libarchive, LEAT_LIBARCHIVE_FUNCTIONS);

#endif
