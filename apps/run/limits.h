#ifndef APPS_RUN_LIMITS_H
#define APPS_RUN_LIMITS_H

#include "apps/flags/flags.h"

/* Limits as a command line gives them, the same for each command that goes through layers: a field
 * `limits` of the command's options, and RUN_LIMIT_FLAGS in its table. */
struct run_limits {
    struct flags_number depth;   /* layers around a text */
    struct flags_number entries; /* of one container */
    struct flags_number bytes;   /* out of one layer or entry */
    struct flags_number total;   /* out of all layers of one input */
    struct flags_number ratio;   /* bytes out for each byte in */
    struct flags_number memory;  /* bytes that one input's layers may hold */
    struct flags_number header;  /* bytes of a header that is held whole */
    struct flags_number name;    /* bytes of an entry's name */
    struct flags_number damages; /* that one layer passes by */
    struct flags_number time_s;  /* of the processor's, in the layers of one input */
    bool recover;                /* beyond what an archive's own directory allows */
};

/* What they are when they are not given. The helps say so: change both. */
#define RUN_LIMIT_DEPTH   16
#define RUN_LIMIT_ENTRIES ((uint64_t)10000000)
#define RUN_LIMIT_BYTES   ((uint64_t)1 << 40)
#define RUN_LIMIT_TOTAL   ((uint64_t)1 << 44)
#define RUN_LIMIT_RATIO   10000
#define RUN_LIMIT_MEMORY  ((uint64_t)1 << 30)
#define RUN_LIMIT_HEADER  ((uint64_t)64 << 20)
#define RUN_LIMIT_NAME    ((uint64_t)64 << 10)
#define RUN_LIMIT_DAMAGES 1000
#define RUN_LIMIT_TIME_S  3600

#define RUN_LIMIT_FLAG(type, field, flag, of, least, most)                                         \
    .name = "limit-" flag, .section = "Limits",                                                    \
    .placeholder = (of) == FLAGS_SIZE ? "SIZE" : "NUM", .kind = (of),                              \
    .at = FLAGS_FIELD(type, limits.field, struct flags_number), .min = (least), .max = (most)

/* Entries of a table of flags, for the options struct `type`: of what one layer may be. */
#define RUN_LIMIT_LAYER_FLAGS(type)                                                                \
    { RUN_LIMIT_FLAG(type, depth, "depth", FLAGS_NUMBER, 0, 255),                                  \
      .brief = "Open at most NUM layers (16).",                                                    \
      .text =                                                                                      \
          "Open at most NUM layers around a text, one inside the other: a .tar.gz is two. What "   \
          "lies deeper is reported as what cannot be read, as everything is that a limit "         \
          "stops. The default is 16." },                                                           \
        { RUN_LIMIT_FLAG(type, entries, "entries", FLAGS_NUMBER, 1, UINT64_MAX),                   \
          .brief = "Read at most NUM files of an archive (10000000).",                             \
          .text = "Read at most NUM entries of one archive. The default is 10000000." },           \
        { RUN_LIMIT_FLAG(type, bytes, "bytes", FLAGS_SIZE, 1, UINT64_MAX),                         \
          .brief = "Take at most SIZE out of a layer (1T).",                                       \
          .text =                                                                                  \
              "Take at most SIZE bytes out of one layer, or one file of an archive. SIZE may end " \
              "in K, M, G or T, for powers of 1024. The default is 1T." },                         \
        { RUN_LIMIT_FLAG(type, ratio, "ratio", FLAGS_NUMBER, 1, UINT32_MAX),                       \
          .brief = "Bytes out for each byte in, at most (10000).",                                 \
          .text =                                                                                  \
              "Stop layers that give more than NUM bytes for each byte that they take, counted "   \
              "from the outermost, and an archive that holds more than that in all: what does "    \
              "so is made to fill memory or disks, not to be read. The default is 10000." },       \
        { RUN_LIMIT_FLAG(type, header, "header", FLAGS_SIZE, 1 << 10, UINT64_MAX),                 \
          .brief = "Read a header of at most SIZE (64M).",                                         \
          .text =                                                                                  \
              "Read a header that must be held whole, such as the directory of a 7z, if it is at " \
              "most SIZE bytes long. The default is 64M." },                                       \
    {                                                                                              \
        RUN_LIMIT_FLAG(type, name, "name", FLAGS_SIZE, 1, UINT64_MAX),                             \
            .brief = "Accept names of at most SIZE (64K).",                                        \
            .text = "Accept names inside archives of at most SIZE bytes. The default is 64K."      \
    }

/* All of them: of one layer, and of all the layers of one input. The first stands under "Damage",
 * the others under "Limits". */
#define RUN_LIMIT_FLAGS(type)                                                                      \
    { .name = "recover",                                                                           \
      .section = "Damage",                                                                         \
      .kind = FLAGS_SWITCH,                                                                        \
      .at = FLAGS_FIELD(type, limits.recover, bool),                                               \
      .brief = "Read zip archives without their directory.",                                       \
      .text = "Read zip archives by the headers before each file, and not by the directory at "    \
              "the end, which may be damaged, missing, or still to come. Files that were deleted " \
              "from the directory are found too. Each archive read so is reported, and makes the " \
              "exit status 2." },                                                                  \
        RUN_LIMIT_LAYER_FLAGS(type),                                                               \
        { RUN_LIMIT_FLAG(type, total, "total", FLAGS_SIZE, 1, UINT64_MAX),                         \
          .brief = "Take at most SIZE out of all layers (16T).",                                   \
          .text =                                                                                  \
              "Take at most SIZE bytes out of all the layers of one file together, where each "    \
              "layer counts what it gives. The default is 16T." },                                 \
        { RUN_LIMIT_FLAG(type, memory, "memory", FLAGS_SIZE, 1 << 20, UINT64_MAX),                 \
          .brief = "Memory for one file's layers, at most (1G).",                                  \
          .text = "Let each layer of one file hold at most SIZE bytes of memory, 1M or more. The " \
                  "default is 1G." },                                                              \
        { RUN_LIMIT_FLAG(type, damages, "damage", FLAGS_NUMBER, 1, UINT32_MAX),                    \
          .brief = "Go on behind at most NUM damaged places (1000).",                              \
          .text =                                                                                  \
              "In one layer, go on behind at most NUM places that are damaged. Each is reported. " \
              "The default is 1000." },                                                            \
    {                                                                                              \
        RUN_LIMIT_FLAG(type, time_s, "time", FLAGS_NUMBER, 1, UINT32_MAX),                         \
            .brief = "Decode one file for at most NUM seconds (3600).",                            \
            .text = "Let the layers of one file use at most NUM seconds of a processor's time. "   \
                    "To wait for input costs none. The default is 3600."                           \
    }

#endif
