/* Shows that each ending that is known is found in the table, in any case, and that what only looks
 * like one is not. */

#include "apps/http/media.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/check.h"

static void check_type(const char *name, const char *type)
{
    check_says_text("name", name);
    check_text(http_media_type((struct leat_span){ (const uint8_t *)name, strlen(name) }), type);
}

static void test_types(void)
{
    static const char *const cases[][2] = {
        { "a.html", "text/html; charset=utf-8" },
        { "a.HTM", "text/html; charset=utf-8" },
        { "a/b.c/d.Css", "text/css; charset=utf-8" },
        { "a.js", "text/javascript; charset=utf-8" },
        { "README.md", "text/markdown; charset=utf-8" },
        { "a.tar.gz", "application/gzip" },
        { "a.min.js", "text/javascript; charset=utf-8" },
        { "a.svg", "image/svg+xml" },
        { "a.woff2", "font/woff2" },
        { "a.webmanifest", "application/manifest+json" },
        { "a.7z", "application/x-7z-compressed" },
        { "a.zst", "application/zstd" },
        { "a.c", "text/plain; charset=utf-8" },
        { ".a.txt", "text/plain; charset=utf-8" },
    };
    static const char *const unknown[] = { "",        "html",       ".html",
                                           "a.",      "a.htmlx",    "a.htm l",
                                           "a.html/", "a.html/b",   "a/.png",
                                           ".",       "a.\xc3\xa4", "a.webmanifests",
                                           "a..",     "a.!!!",      "a.zzzzzzzzzzzzzzzzzzzzzz",
                                           "a.\x80",  "/" };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_type(cases[i][0], cases[i][1]);
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        check_type(unknown[i], "application/octet-stream");
    check_text(http_media_type((struct leat_span){ NULL, 0 }), "application/octet-stream");
}

/* One out of its order in the table would not be found, or hide another. */
static void test_all(void)
{
    static const char *const endings[] = {
        "7z",   "aac",  "apng",        "avi",   "avif", "bmp",   "bz2",   "c",      "cc",   "cfg",
        "conf", "cpp",  "css",         "csv",   "deb",  "diff",  "doc",   "docx",   "eot",  "epub",
        "flac", "gif",  "go",          "gz",    "h",    "heic",  "hpp",   "htm",    "html", "ico",
        "ics",  "ini",  "iso",         "jar",   "java", "jpeg",  "jpg",   "js",     "json", "jsonl",
        "jxl",  "log",  "lua",         "lz4",   "m4a",  "m4v",   "map",   "md",     "mjs",  "mkv",
        "mov",  "mp3",  "mp4",         "mpeg",  "mpg",  "odp",   "ods",   "odt",    "oga",  "ogg",
        "ogv",  "opus", "otf",         "patch", "pdf",  "pl",    "png",   "ppt",    "pptx", "py",
        "rb",   "rpm",  "rs",          "rst",   "rtf",  "sh",    "sql",   "sqlite", "svg",  "tar",
        "tgz",  "tif",  "tiff",        "toml",  "tsv",  "ttf",   "txt",   "vtt",    "wasm", "wav",
        "weba", "webm", "webmanifest", "webp",  "woff", "woff2", "xhtml", "xls",    "xlsx", "xml",
        "xz",   "yaml", "yml",         "zip",   "zst",
    };
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        char name[32];
        const int len = snprintf(name, sizeof(name), "a.%s", endings[i]);
        check_says_text("name", name);
        check(len > 2);
        const char *type = http_media_type((struct leat_span){ (uint8_t *)name, (size_t)len });
        check(strcmp(type, "application/octet-stream") != 0);
        check(strncmp(type, "text/", 5) != 0 || strstr(type, "; charset=utf-8") != NULL);
    }
}

int main(int argc, char **argv)
{
    (void)check_begin(argc, argv);
    check_run(test_types);
    check_run(test_all);
    return 0;
}
