#include "apps/cp/cp_flags.h"

#define SWITCH(field) .kind = FLAGS_SWITCH, .at = FLAGS_FIELD(struct cp_options, field, bool)
#define STRING(field)                                                                              \
    .kind = FLAGS_STRING, .at = FLAGS_FIELD(struct cp_options, field, const char *)
#define NUMBER(field, do_kind, least, most)                                                        \
    .kind = (do_kind), .at = FLAGS_FIELD(struct cp_options, field, struct flags_number),           \
    .min = (least), .max = (most)

#define WHAT    "What is copied"
#define FORMATS "Layers"
#define HOW     "How it is written"

static const struct flags_flag flags[] = {
    { .letter = 'r',
      .name = "recursive",
      .section = WHAT,
      SWITCH(recursive),
      .brief = "Taken for cp's sake: folders are copied anyhow.",
      .text = "Folders are always copied with all that is in them. The flag is taken so that what "
              "is typed to `cp` works here." },
    { .letter = 'p',
      .name = "preserve",
      .negation = "no-preserve",
      .section = WHAT,
      SWITCH(preserve),
      .brief = "Keep modes as they are, whatever the umask.",
      .text = "Give copies the modes of what they are copies of, and not what the umask leaves of "
              "them; setuid and setgid only to root. Into an archive, write times with their "
              "nanoseconds." },
    { .letter = 'n',
      .name = "no-clobber",
      .section = WHAT,
      SWITCH(no_clobber),
      .brief = "Leave what is there already as it is.",
      .text = "Leave each file and link that is there already as it is, without a word." },
    { .name = "outside-links",
      .section = WHAT,
      SWITCH(outside_links),
      .brief = "Make links from archives wherever they lead.",
      .text = "Make symbolic links out of an archive that are absolute or lead out of the folder "
              "that is copied to. Without this flag each is refused and told. Nothing is written "
              "through a link in either case." },
    { .name = "layers",
      .negation = "no-layers",
      .section = FORMATS,
      SWITCH(layers),
      .brief = "Decompress what is copied.",
      .text = "Take off every layer of compression and encryption around what is copied, up to an "
              "archive or to plain bytes; names lose the endings that said so. Archives inside of "
              "an archive become folders." },
    { .name = "decompress",
      .section = FORMATS,
      .kind = FLAGS_ALIAS,
      .stands_for = (const char *const[]){ "--layers", NULL },
      .brief = "The same as --layers.",
      .text = "The same as --layers." },
    { .name = "compress",
      .section = FORMATS,
      .placeholder = "FORMAT",
      STRING(compress),
      .brief = "Compress to FORMAT, whatever DST's ending.",
      .text = "Compress to FORMAT, as `leat formats` names them: `gzip`, `zstd`, `lz4`. Without "
              "this flag the ending of DST says it." },
    { .name = "no-compress",
      .section = FORMATS,
      SWITCH(no_compress),
      .brief = "Compress nothing, whatever the ending of DST.",
      .text = "Compress nothing, whatever the ending of DST; in a zip, store each file." },
    { .name = "level",
      .section = FORMATS,
      .placeholder = "NUM",
      NUMBER(level, FLAGS_NUMBER, 1, 22),
      .brief = "Compress at level NUM.",
      .text = "Compress at level NUM of the format's own; one that is too high is taken as the "
              "highest. The default is the format's." },
    { .name = "archive",
      .section = FORMATS,
      .placeholder = "FORMAT",
      STRING(archive),
      .brief = "Pack into an archive, whatever DST's ending.",
      .text = "Pack into an archive, `tar` or `zip`, whatever the ending of DST: for standard "
              "output, and together with --compress." },
    { .name = "no-archive",
      .section = FORMATS,
      SWITCH(no_archive),
      .brief = "Pack nothing, whatever the ending of DST.",
      .text = "Pack nothing into an archive, whatever the ending of DST." },
    { .name = "check",
      .section = HOW,
      .placeholder = "DIGEST",
      STRING(check),
      .brief = "Copy only what has this digest: sha256:HEX.",
      .text = "Give the copy its name only when it has this digest, as in `sha256:9f86d0...`. The "
              "copy is read back for it, as it was written. If it has another, nothing is left, "
              "and the exit status is 2." },
    { .name = "durable",
      .section = HOW,
      SWITCH(durable),
      .brief = "Wait until all is on stable storage.",
      .text = "Write each file, and the names in each folder, to stable storage before going on: "
              "when the command is done, so is the copy, whatever happens to the power." },
    { .name = "resume",
      .section = HOW,
      SWITCH(resume),
      .brief = "Go on with a copy that was not finished.",
      .text = "Write to `DST.part`, keep that when the copy is broken off, and go on with it when "
              "it is there. Of what it holds already, the last block and fifteen others are "
              "compared with the source, and all of it where that has to be decoded; if they "
              "differ, or it is longer, it is begun anew, which is told. For one file that is "
              "copied as it is, and as far as it is not damaged. --check makes sure of all of "
              "it." },
    { .name = "sparse",
      .section = HOW,
      SWITCH(sparse),
      .brief = "Make holes of all zeros.",
      .text =
          "Leave holes in files where there are blocks of zeros. Without this flag, holes are "
          "kept where the source has some: in a file, or in a sparse file of a tar; and so they "
          "are in a tar that is written." },
    { .name = "progress",
      .negation = "no-progress",
      .section = HOW,
      .kind = FLAGS_SET,
      .at = FLAGS_ENUM_FIELD(struct cp_options, progress),
      .on = CP_PROGRESS_NOW,
      .off = CP_PROGRESS_NEVER,
      .brief = "Show from the start how far it is.",
      .text = "Show how much was copied, how fast, and how long the rest takes, in one line on "
              "standard error, if that is a terminal. Without this flag, from two seconds on." },
    { .letter = 'v',
      .name = "verbose",
      .section = HOW,
      SWITCH(verbose),
      .brief = "Say where each file went, and by which route.",
      .text = "Say of each file, on standard error, where it went and how: `reflink` (the two "
              "share their blocks), `copy_file_range`, `sendfile`, `splice`, `around the holes`, "
              "`without zeros`, or `memory`. `leat explain cp` counts the copies." },
    RUN_KEY_FLAGS(struct cp_options),
    { .name = "recipient",
      .section = "Keys",
      .placeholder = "RECIPIENT",
      .kind = FLAGS_LIST,
      .at = FLAGS_FIELD(struct cp_options, recipients, struct flags_list),
      .brief = "Encrypt to RECIPIENT, where DST is an .age.",
      .text = "Encrypt what is written to an .age so that RECIPIENT can open it, as `age -r` does. "
              "May be given several times. Without this flag it is encrypted to the identities of "
              "--identity, or by the password of --password-file." },
    RUN_LIMIT_FLAGS(struct cp_options),
};

const struct flags_command cp_command = {
    .name = "cp",
    .summary = "copy files, folders and archives, through every layer around them",
    .usage = (const char *const[]){ "[FLAGS] SRC... DST", NULL },
    .description =
        "Copy each SRC to DST. A SRC is a file, a folder with all that is in it, `-` for standard "
        "input, or a place inside an archive, with `!` between the steps; `in.zip!` is all that is "
        "in it.\n\n"
        "    leat cp 'backup.tar.zst!mail' folder/\n\n"
        "DST is a folder that is there, or ends in a slash; or what the one SRC is to be called; "
        "or `-` for standard output. Its ending says what is made: `x.zst` is compressed, `x.zip`, "
        "`x.cpio`, `x.a`, `x.tar` and `x.tar.zst` are archives of all SRC. Only where the one SRC "
        "has that ending already is it copied as it is; where it is compressed otherwise, it is "
        "compressed anew.\n\n"
        "What is copied keeps its mode, less the umask, and its time; owners and extended "
        "attributes are not copied. Links in folders and "
        "archives stay links. A file is written under another name and takes its own when it is "
        "whole; what is there is replaced, and never written through a link.\n\n"
        "What comes out of an archive stays below the folder that it is copied to. A name that "
        "leads out of it, a link that does, and what would be written through a link are refused, "
        "each in one line, and the rest is copied. So are devices and pipes, which only tar and "
        "cpio archives take in.\n\n"
        "Where a source is damaged, or is cut off, all that can be read of it is copied, before "
        "the damage and behind it as `leat cat` has it, but a file gets no name that it would look "
        "whole by: it is left as its name and `.part`. Each damage is told, then in one line how "
        "much was read and at which bytes of that something is missing or may be wrong. What comes "
        "next is copied as ever, and the exit status is 2. Into an archive it goes under its own "
        "name, which is written before its bytes, and with zeros at its end where its length is "
        "as well.",
    .flags = flags,
    .flag_count = sizeof(flags) / sizeof(flags[0]),
    .options_size = sizeof(struct cp_options),
    .operands = FLAGS_FIELD(struct cp_options, operands, struct flags_list),
    .examples =
        (const struct flags_example[]){
            { "Pack a folder:", "leat cp photos photos.tar.zst" },
            { "Take a folder out of an archive:", "leat cp 'in.zip!docs' here/" },
            { "Unpack all of one:", "leat cp 'in.tar.gz!' here/" },
            { "Compress, and decompress:",
              "leat cp log log.zst; leat cp --decompress log.zst log" },
            { "Pack and encrypt a folder:", "leat cp --recipient age1... mail mail.tar.zst.age" },
            { "Make a tar of a zip:", "leat cp 'in.zip!' out.tar" },
            { "Go on with a large copy:", "leat cp --resume /mnt/disk.img disk.img" },
            { 0 } },
    .exits =
        (const struct flags_exit[]){
            { "0", "All was copied." },
            { "2", "Something was not, as was told, or the command line is wrong." },
            { 0 } },
};
