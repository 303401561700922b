/* Addresses are read and written in one form, and what is none is refused: tables of both. */

#include <string.h>

#include "leat/engine/address.h"
#include "tests/support/check.h"

static void test_round_trips(void)
{
    static const char *const texts[] = {
        "127.0.0.1:0",     "10.2.3.4:65535",        "[::1]:8080",
        "[2001:db8::5]:1", "unix:/run/leat.socket", "unix:x",
    };
    char text[LEAT_ADDRESS_TEXT_MAX];
    for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct leat_address address;
        check_says("case", i);
        check(leat_address_parse(texts[i], &address) == LEAT_OK);
        check_equal(leat_address_format(&address, text, sizeof(text)), strlen(texts[i]));
        check(strcmp(text, texts[i]) == 0);
        check_equal(leat_address_format(&address, text, 4), strlen(texts[i]));
        check_equal(strlen(text), 3);
    }
}

static void test_every_address(void)
{
    struct leat_address address;
    char text[LEAT_ADDRESS_TEXT_MAX];
    check(leat_address_parse(":80", &address) == LEAT_OK);
    check(leat_address_format(&address, text, sizeof(text)) == 7);
    check(strcmp(text, "[::]:80") == 0);
    check_equal(leat_address_port(&address), 80);
}

static void test_refused(void)
{
    static const char *const texts[] = {
        "",
        "80",
        "localhost:80",
        "127.0.0.1",
        "127.0.0.1:",
        "1.2.3:4",
        "1.2.3.4:65536",
        "1.2.3.4:-1",
        "1.2.3.4:0080x",
        "::1:80",
        "[::1]",
        "[::1:80",
        "[1.2.3.4]:80",
        "unix:",
        "1.2.3.4:000080",
    };
    char path[200] = "unix:";
    struct leat_address address = { .len = 7 };
    for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        check_says("case", i);
        check(leat_address_parse(texts[i], &address) == LEAT_FAULT);
    }
    memset(path + 5, 'x', sizeof(path) - 6);
    check(leat_address_parse(path, &address) == LEAT_FAULT);
    check_equal(address.len, 7);
}

int main(void)
{
    test_round_trips();
    test_every_address();
    test_refused();
    return 0;
}
