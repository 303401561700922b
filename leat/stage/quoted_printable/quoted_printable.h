#ifndef LEAT_STAGE_QUOTED_PRINTABLE_QUOTED_PRINTABLE_H
#define LEAT_STAGE_QUOTED_PRINTABLE_QUOTED_PRINTABLE_H

#include "leat/core/format.h"

/* Quoted-printable (RFC 2045, section 6.7). */

/* How to write; all zero: the defaults. Must outlive what it was given to. */
struct leat_quoted_printable_options {
    bool binary; /* the input has no lines: each CR and LF is written as =0D and =0A */
    bool crlf;   /* soft line breaks end as mail's lines do; others are as the input has them */
};

LEAT_BEGIN_DECLS

/* A reader of what `src`, which it owns, encodes. Soft line breaks go, and so do spaces and tabs at
 * the end of a line or of all, which were added on the way; line ends stay as they are. What no
 * encoder writes stands for itself, such as '=' before what is no number, and bytes over 126. Of
 * spaces and tabs in a row, each whole thousand is taken for data. The one fault there can be is
 * that the input ends within a number. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_unquoted_printable(struct leat_reader *src);

/* A writer that encodes into `sink`, which it owns; `options` may be NULL. LF and CR LF are line
 * ends and stay; a CR alone, and spaces and tabs before a line end, are written as numbers, so that
 * what is decoded is what was written. Lines have 76 bytes at most. PUSH holds nothing back. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_quoted_printable(
    struct leat_writer *sink, const struct leat_quoted_printable_options *options);

/* The stages themselves, for leat_pull and leat_push. */
LEAT_API extern const struct leat_stage leat_stage_unquoted_printable;
LEAT_API extern const struct leat_stage leat_stage_quoted_printable;

/* For the catalogue: found where the name says so, and the first line is nothing else. */
LEAT_API extern const struct leat_format leat_format_quoted_printable;

LEAT_END_DECLS

#endif
