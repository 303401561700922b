#include "apps/serve/serve_flags.h"

#define SECONDS_MAX (24 * 3600)

static const struct flags_flag flags[] = {
    { .letter = 'l',
      .name = "listen",
      .section = "Where",
      .placeholder = "ADDRESS",
      .kind = FLAGS_LIST,
      .at = FLAGS_FIELD(struct serve_options, listen, struct flags_list),
      .brief = "Listen at ADDRESS, as 127.0.0.1:8080 or unix:PATH.",
      .text =
          "Listen at ADDRESS: `127.0.0.1:8080`, `[::1]:8080`, `:8080` for every address of this "
          "machine, `unix:/run/leat.sock` for a socket in the file system. A port of 0 lets the "
          "system choose one, which is then printed. The default is 127.0.0.1:8080, which only "
          "this machine reaches." },
    { .letter = 't',
      .name = "threads",
      .section = "Where",
      .placeholder = "NUM",
      .kind = FLAGS_NUMBER,
      .at = FLAGS_FIELD(struct serve_options, threads, struct flags_number),
      .max = 64,
      .brief = "Serve on NUM threads; 0: one a processor (1).",
      .text =
          "Serve on NUM threads, each with a part of the connections and nothing shared with the "
          "others; 0 is one for each processor. The default is 1, which is enough for some 100,000 "
          "requests a second. Limits on connections are divided among the threads." },
    { .name = "no-layers",
      .negation = "layers",
      .section = "What",
      .kind = FLAGS_SWITCH,
      .at = FLAGS_FIELD(struct serve_options, no_layers, bool),
      .brief = "Serve no files inside of archives.",
      .text =
          "Serve no files inside of archives. Without this flag `/backup.tar.zst!/docs/a.html` is "
          "the file docs/a.html in backup.tar.zst, and `/backup.tar.zst!/` lists what is in it." },
    { .name = "no-folders",
      .negation = "folders",
      .section = "What",
      .kind = FLAGS_SWITCH,
      .at = FLAGS_FIELD(struct serve_options, no_folders, bool),
      .brief = "List no folders: only files are served.",
      .text = "List no folders: a folder without an index.html is not found." },
    { .name = "fresh",
      .section = "What",
      .placeholder = "MILLISECONDS",
      .kind = FLAGS_NUMBER,
      .at = FLAGS_FIELD(struct serve_options, fresh_ms, struct flags_number),
      .max = 3600 * 1000,
      .brief = "How long a file is taken to be what it was (1000).",
      .text =
          "How long a file that was looked at is taken to be what it was then, before it is looked "
          "at again: 1000 milliseconds by default. 0 looks each time. Files are kept open for ten "
          "to twenty times as long, a second at least, after they were asked for last." },
    { .name = "connections",
      .section = "Limits",
      .placeholder = "NUM",
      .kind = FLAGS_NUMBER,
      .at = FLAGS_FIELD(struct serve_options, connections, struct flags_number),
      .min = 1,
      .max = 1000000,
      .brief = "Have at most NUM connections at once (10000).",
      .text = "Have at most NUM connections at once, 10000 by default. Those beyond wait until "
              "there is "
              "room. The system's bound on open files is raised as far as it lets itself be." },
    { .name = "idle-timeout",
      .section = "Limits",
      .placeholder = "SECONDS",
      .kind = FLAGS_NUMBER,
      .at = FLAGS_FIELD(struct serve_options, idle_seconds, struct flags_number),
      .min = 1,
      .max = SECONDS_MAX,
      .brief = "Close one that says nothing for so long (60).",
      .text = "Close a connection that says nothing for so many seconds, 60 by default." },
    { .name = "head-timeout",
      .section = "Limits",
      .placeholder = "SECONDS",
      .kind = FLAGS_NUMBER,
      .at = FLAGS_FIELD(struct serve_options, head_seconds, struct flags_number),
      .min = 1,
      .max = SECONDS_MAX,
      .brief = "Give a request's head so long to arrive (10).",
      .text = "Give the head of a request so many seconds to arrive whole, from its first byte on, "
              "10 by "
              "default: who sends a byte now and then gets no more." },
    { .name = "send-timeout",
      .section = "Limits",
      .placeholder = "SECONDS",
      .kind = FLAGS_NUMBER,
      .at = FLAGS_FIELD(struct serve_options, send_seconds, struct flags_number),
      .min = 1,
      .max = SECONDS_MAX,
      .brief = "Close one that takes nothing for so long (30).",
      .text = "Close a connection that takes nothing of its answer for so many seconds, 30 by "
              "default." },
    { .name = "head-size",
      .section = "Limits",
      .placeholder = "SIZE",
      .kind = FLAGS_SIZE,
      .at = FLAGS_FIELD(struct serve_options, head_bytes, struct flags_number),
      .min = 256,
      .max = 1 << 20,
      .brief = "Refuse a request whose head is larger (16K).",
      .text =
          "Refuse a request whose head, its first line and its fields, is larger than SIZE, 16K by "
          "default." },
    { .name = "limit-memory",
      .section = "Limits",
      .placeholder = "SIZE",
      .kind = FLAGS_SIZE,
      .at = FLAGS_FIELD(struct serve_options, limits.memory, struct flags_number),
      .min = 2 << 20, /* the largest head takes half of it */
      .max = 1ULL << 40,
      .brief = "Memory for one request's layers, at most (1G).",
      .text =
          "Let the layers that one request goes through hold at most SIZE bytes of memory, 2M or "
          "more and 1G by default: an archive that is read from its end, such as a zip, is kept "
          "whole where it lies inside another. What would need more is refused with 502. As "
          "many requests as there are connections may be under way." },
    RUN_LIMIT_LAYER_FLAGS(struct serve_options),
    { RUN_LIMIT_FLAG(struct serve_options, total, "total", FLAGS_SIZE, 1, UINT64_MAX),
      .brief = "Output of one request's layers, at most (1T).",
      .text =
          "Take at most SIZE bytes out of all the layers that one request goes through together, "
          "where each counts what it gives: what lies before a member that is asked for, too. "
          "What needs more is refused with 502, or cut off where the answer has begun, as it is "
          "by each of these limits. The default is 1T." },
    { RUN_LIMIT_FLAG(struct serve_options, time_s, "time", FLAGS_NUMBER, 1, UINT32_MAX),
      .brief = "Unpack for at most NUM seconds a request (600).",
      .text =
          "Let the layers that one request goes through use at most NUM seconds of a processor's "
          "time. What passes while it waits for the disk, for its client or for other requests is "
          "not counted, so a large download may be as slow as its client. The default is 600." },
    { .name = "grace",
      .section = "Limits",
      .placeholder = "SECONDS",
      .kind = FLAGS_NUMBER,
      .at = FLAGS_FIELD(struct serve_options, grace_seconds, struct flags_number),
      .max = SECONDS_MAX,
      .brief = "Finish answers for so long when stopped (10).",
      .text = "When told to stop, by SIGTERM or SIGINT, accept no more and let the answers that "
              "are under "
              "way go on for so many seconds, 10 by default. A second signal stops at once." },
    { .name = "watchdog",
      .section = "Limits",
      .placeholder = "MS",
      .kind = FLAGS_NUMBER,
      .at = FLAGS_FIELD(struct serve_options, watchdog_ms, struct flags_number),
      .max = SECONDS_MAX * 1000,
      .brief = "Tell of who holds up others for so long (1000).",
      .text =
          "When one request holds up all others of its thread for so many milliseconds, 1000 by "
          "default, say so on standard error, with where in the program it is: a slow disk, or "
          "a fault of the server. It is told once in ten seconds and counted each time. 0 is "
          "never. Watching costs nothing while nobody is served." },
};

const struct flags_command serve_command = {
    .name = "serve",
    .summary = "serve a folder over HTTP, and what is inside its archives",
    .usage = (const char *const[]){ "[FLAGS] [DIR]", NULL },
    .description =
        "Serve the files under DIR, or under the working folder, over HTTP/1.1. A file inside an "
        "archive has a path of its own, with `!/` after the archive's name:\n\n"
        "    http://127.0.0.1:8080/backup.tar.zst!/docs/a.html\n\n"
        "Where a name in an archive has a segment that is empty, `.` or `..`, which clients would "
        "resolve, that stands in its path with `%2F` behind it: `/a.tar!/%2F/etc/passwd` is the "
        "member /etc/passwd, and `/a.tar!/..%2F/x` is ../x. Of members with one name the first is "
        "served.\n\n"
        "Nothing outside of DIR is served: `..` is refused, and so are links that lead out. "
        "Ranges, "
        "conditional requests, pipelining and connections that are kept are understood. A member "
        "of an archive is as old as the archive, and is asked for and tagged as a file is; what "
        "lies before a range of it has to be unpacked, and ranges are sent in their order or not "
        "at all. "
        "`/-/metrics` has what the server did so far, for Prometheus.\n\n"
        "It waits by io_uring where the system has it, else by epoll; the first line it prints "
        "says "
        "which, and why not the other. LEAT_ENGINE in the environment names the one to take: "
        "`uring`, "
        "`epoll` or `poll`.",
    .flags = flags,
    .flag_count = sizeof(flags) / sizeof(flags[0]),
    .options_size = sizeof(struct serve_options),
    .operands = FLAGS_FIELD(struct serve_options, operands, struct flags_list),
    .examples =
        (const struct flags_example[]){
            { "Serve the working folder to this machine:", "leat serve" },
            { "Serve a folder to everybody:", "leat serve /srv/files --listen :80" },
            { 0 } },
    .exits =
        (const struct flags_exit[]){ { "0", "It was told to stop, and did." },
                                     { "2", "It could not begin, or the command line is wrong." },
                                     { 0 } },
};
