#include "apps/http/media.h"

#include <string.h>

#include "apps/http/text.h"
#include "leat/core/assert.h"

enum { ENDING_MAX = 12 };

/* A text that is in UTF-8. */
#define TEXT(type) type "; charset=utf-8"

struct media {
    char ending[ENDING_MAX];
    const char *type;
};

/* In the order of strcmp. Sources are shown as plain text, so that a browser does not save them;
 * archives by their outermost layer. */
static const struct media table[] = {
    { "7z", "application/x-7z-compressed" },
    { "aac", "audio/aac" },
    { "apng", "image/apng" },
    { "avi", "video/x-msvideo" },
    { "avif", "image/avif" },
    { "bmp", "image/bmp" },
    { "bz2", "application/x-bzip2" },
    { "c", TEXT("text/plain") },
    { "cc", TEXT("text/plain") },
    { "cfg", TEXT("text/plain") },
    { "conf", TEXT("text/plain") },
    { "cpp", TEXT("text/plain") },
    { "css", TEXT("text/css") },
    { "csv", TEXT("text/csv") },
    { "deb", "application/vnd.debian.binary-package" },
    { "diff", TEXT("text/plain") },
    { "doc", "application/msword" },
    { "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
    { "eot", "application/vnd.ms-fontobject" },
    { "epub", "application/epub+zip" },
    { "flac", "audio/flac" },
    { "gif", "image/gif" },
    { "go", TEXT("text/plain") },
    { "gz", "application/gzip" },
    { "h", TEXT("text/plain") },
    { "heic", "image/heic" },
    { "hpp", TEXT("text/plain") },
    { "htm", TEXT("text/html") },
    { "html", TEXT("text/html") },
    { "ico", "image/vnd.microsoft.icon" },
    { "ics", TEXT("text/calendar") },
    { "ini", TEXT("text/plain") },
    { "iso", "application/x-iso9660-image" },
    { "jar", "application/java-archive" },
    { "java", TEXT("text/plain") },
    { "jpeg", "image/jpeg" },
    { "jpg", "image/jpeg" },
    { "js", TEXT("text/javascript") },
    { "json", "application/json" },
    { "jsonl", "application/jsonl" },
    { "jxl", "image/jxl" },
    { "log", TEXT("text/plain") },
    { "lua", TEXT("text/plain") },
    { "lz4", "application/x-lz4" },
    { "m4a", "audio/mp4" },
    { "m4v", "video/mp4" },
    { "map", "application/json" },
    { "md", TEXT("text/markdown") },
    { "mjs", TEXT("text/javascript") },
    { "mkv", "video/matroska" },
    { "mov", "video/quicktime" },
    { "mp3", "audio/mpeg" },
    { "mp4", "video/mp4" },
    { "mpeg", "video/mpeg" },
    { "mpg", "video/mpeg" },
    { "odp", "application/vnd.oasis.opendocument.presentation" },
    { "ods", "application/vnd.oasis.opendocument.spreadsheet" },
    { "odt", "application/vnd.oasis.opendocument.text" },
    { "oga", "audio/ogg" },
    { "ogg", "audio/ogg" },
    { "ogv", "video/ogg" },
    { "opus", "audio/ogg" },
    { "otf", "font/otf" },
    { "patch", TEXT("text/plain") },
    { "pdf", "application/pdf" },
    { "pl", TEXT("text/plain") },
    { "png", "image/png" },
    { "ppt", "application/vnd.ms-powerpoint" },
    { "pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
    { "py", TEXT("text/plain") },
    { "rb", TEXT("text/plain") },
    { "rpm", "application/x-rpm" },
    { "rs", TEXT("text/plain") },
    { "rst", TEXT("text/plain") },
    { "rtf", "application/rtf" },
    { "sh", TEXT("text/plain") },
    { "sql", TEXT("text/plain") },
    { "sqlite", "application/vnd.sqlite3" },
    { "svg", "image/svg+xml" },
    { "tar", "application/x-tar" },
    { "tgz", "application/gzip" },
    { "tif", "image/tiff" },
    { "tiff", "image/tiff" },
    { "toml", TEXT("text/plain") },
    { "tsv", TEXT("text/tab-separated-values") },
    { "ttf", "font/ttf" },
    { "txt", TEXT("text/plain") },
    { "vtt", TEXT("text/vtt") },
    { "wasm", "application/wasm" },
    { "wav", "audio/wav" },
    { "weba", "audio/webm" },
    { "webm", "video/webm" },
    { "webmanifest", "application/manifest+json" },
    { "webp", "image/webp" },
    { "woff", "font/woff" },
    { "woff2", "font/woff2" },
    { "xhtml", "application/xhtml+xml" },
    { "xls", "application/vnd.ms-excel" },
    { "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
    { "xml", "application/xml" },
    { "xz", "application/x-xz" },
    { "yaml", TEXT("text/plain") },
    { "yml", TEXT("text/plain") },
    { "zip", "application/zip" },
    { "zst", "application/zstd" },
};

/* The ending in small letters. False: there is none, or one longer than any that is known. */
static bool read_ending(struct leat_span name, char ret[ENDING_MAX])
{
    size_t len = 0;
    while (len < name.len && len < ENDING_MAX && name.data[name.len - 1 - len] != '.' &&
           name.data[name.len - 1 - len] != '/')
        len++;
    /* Before the dot there is a name: ".html" is hidden, and has no ending. */
    if (len == 0 || len == ENDING_MAX || len + 2 > name.len)
        return false;
    const uint8_t *dot = name.data + name.len - 1 - len;
    if (*dot != '.' || dot[-1] == '/')
        return false;
    for (size_t i = 0; i < len; i++) {
        const uint8_t byte = dot[1 + i];
        ret[i] = (char)(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
    }
    ret[len] = '\0';
    return true;
}

const char *http_media_type(struct leat_span name)
{
    char ending[ENDING_MAX];
    size_t low = 0, high = sizeof(table) / sizeof(table[0]);
    leat_assert(name.data != NULL || name.len == 0);
    if (!read_ending(name, ending))
        high = 0;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const int order = strcmp(ending, table[middle].ending);
        if (order == 0)
            return table[middle].type;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return "application/octet-stream";
}
