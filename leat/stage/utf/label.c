/* The names of encodings. */

#include "leat/stage/utf/label.h"
#include "leat/core/bytes.h"

struct labels {
    const struct leat_stage *decoder;
    const char *iconv;
    const char *names; /* a blank after each */
};

/* The labels of the WHATWG Encoding Standard, section 4.2, lower case, and what glibc calls UTF-16
 * and UTF-32. As there, latin1 is windows-1252, and gb2312 all of GB 18030. */
static const struct labels table[] = {
    { NULL, NULL, "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8 " },
    { &leat_stage_utf16be_decode, NULL, "ucs-2be unicodebig unicodefffe utf-16be utf16be " },
    { &leat_stage_utf16le_decode, NULL,
      "csunicode iso-10646-ucs-2 ucs-2 ucs-2le unicode unicodefeff unicodelittle utf-16 utf-16le "
      "utf16 utf16le " },
    { &leat_stage_utf32be_decode, NULL, "ucs-4 ucs-4be ucs4 utf-32be utf32be " },
    { &leat_stage_utf32le_decode, NULL, "ucs-4le utf-32 utf-32le utf32 utf32le " },
    { &leat_stage_windows1252_decode, NULL,
      "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 "
      "iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252 " },
    { NULL, "CP866", "866 cp866 csibm866 ibm866 " },
    { NULL, "ISO-8859-2",
      "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 "
      "latin2 " },
    { NULL, "ISO-8859-3",
      "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 "
      "latin3 " },
    { NULL, "ISO-8859-4",
      "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 "
      "latin4 " },
    { NULL, "ISO-8859-5",
      "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 "
      "iso_8859-5:1988 " },
    { NULL, "ISO-8859-6",
      "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 "
      "iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987 " },
    { NULL, "ISO-8859-7",
      "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 "
      "iso_8859-7 iso_8859-7:1987 sun_eu_greek " },
    { NULL, "ISO-8859-8",
      "csiso88598e csiso88598i csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-8859-8-i "
      "iso-ir-138 iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 logical visual " },
    { NULL, "ISO-8859-10", "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6 " },
    { NULL, "ISO-8859-13", "iso-8859-13 iso8859-13 iso885913 " },
    { NULL, "ISO-8859-14", "iso-8859-14 iso8859-14 iso885914 " },
    { NULL, "ISO-8859-15", "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9 " },
    { NULL, "ISO-8859-16", "iso-8859-16 " },
    { NULL, "KOI8-R", "cskoi8r koi koi8 koi8-r koi8_r " },
    { NULL, "KOI8-U", "koi8-ru koi8-u " },
    { NULL, "MACINTOSH", "csmacintosh mac macintosh x-mac-roman " },
    { NULL, "CP1162", "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874 " },
    { NULL, "CP1250", "cp1250 windows-1250 x-cp1250 " },
    { NULL, "CP1251", "cp1251 windows-1251 x-cp1251 " },
    { NULL, "CP1253", "cp1253 windows-1253 x-cp1253 " },
    { NULL, "CP1254",
      "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 "
      "latin5 windows-1254 x-cp1254 " },
    { NULL, "CP1255", "cp1255 windows-1255 x-cp1255 " },
    { NULL, "CP1256", "cp1256 windows-1256 x-cp1256 " },
    { NULL, "CP1257", "cp1257 windows-1257 x-cp1257 " },
    { NULL, "CP1258", "cp1258 windows-1258 x-cp1258 " },
    { NULL, "MAC-UK", "x-mac-cyrillic x-mac-ukrainian " },
    { NULL, "GB18030",
      "chinese csgb2312 csiso58gb231280 gb18030 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk " },
    { NULL, "BIG5-HKSCS", "big5 big5-hkscs cn-big5 csbig5 x-x-big5 " },
    { NULL, "EUC-JP-MS", "cseucpkdfmtjapanese euc-jp x-euc-jp " },
    { NULL, "ISO-2022-JP-3", "csiso2022jp iso-2022-jp " },
    { NULL, "CP932", "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis " },
    { NULL, "UHC",
      "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 "
      "ksc_5601 windows-949 " },
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/* Whether `text` is the label that `names` begins with, but for case and blanks around it. */
static bool is_label(const char *text, const char *names)
{
    while (is_blank(*text))
        text++;
    for (; *names != ' '; names++, text++) {
        char c = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
        if (c != *names)
            return false;
    }
    while (is_blank(*text))
        text++;
    return *text == '\0';
}

static bool is_among(const char *text, const char *names)
{
    while (*names != '\0') {
        if (is_label(text, names))
            return true;
        while (*names++ != ' ')
            ;
    }
    return false;
}

bool leat_label_find(const char *name, struct leat_label *ret)
{
    struct leat_label found = { .decoder = &leat_stage_iconv_decode, .iconv = name };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (!is_among(name, table[i].names))
            continue;
        found.iconv = table[i].iconv;
        if (found.iconv == NULL)
            found.decoder = table[i].decoder;
        break;
    }
    if (found.iconv != NULL && !leat_iconv_knows(found.iconv))
        return false;
    *ret = found;
    return true;
}

bool leat_utf8_knows(const char *encoding)
{
    struct leat_label label;
    return leat_label_find(encoding, &label);
}
