/* A program's beginning and end on bare metal, and what little it asks of the world in between:
 * text and an exit status, by semihosting. */

#include "leat/core/assert.h"
#include "tests/support/check.h"

/* Operations and a reason of Arm's "Semihosting for AArch32 and AArch64". */
enum { SYS_WRITE0 = 0x04, SYS_EXIT = 0x18 };
enum { STOPPED_APPLICATION_EXIT = 0x20026, STOPPED_RUN_TIME_ERROR = 0x20023 };

int main(int argc, char **argv);
void start(void);

extern uint32_t bss_start[];
extern uint32_t bss_end[];
extern uint32_t stack_top[];

static void semihost(uint32_t operation, uintptr_t argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register uintptr_t r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static __attribute__((noreturn)) void stop(uintptr_t reason)
{
    for (;;)
        semihost(SYS_EXIT, reason);
}

void start(void)
{
    for (uint32_t *word = bss_start; word < bss_end; word++)
        *word = 0;
    stop(main(0, NULL) == 0 ? STOPPED_APPLICATION_EXIT : STOPPED_RUN_TIME_ERROR);
}

static void fault(void)
{
    check_prints("the processor faulted\n");
    check_prints_case();
    stop(STOPPED_RUN_TIME_ERROR);
}

/* The processor starts with the first two; the rest are its faults. */
__attribute__((section(".vectors"), used)) static const uintptr_t vectors[] = {
    (uintptr_t)stack_top, (uintptr_t)start, (uintptr_t)fault, (uintptr_t)fault,
    (uintptr_t)fault,     (uintptr_t)fault, (uintptr_t)fault,
};

void leat_hook_panic(const char *fact, const char *file, int line)
{
    check_failed(fact, file, line);
}

void check_platform_print(const char *text)
{
    semihost(SYS_WRITE0, (uintptr_t)text);
}

void check_platform_fail(void)
{
    stop(STOPPED_RUN_TIME_ERROR);
}

struct check_options check_begin(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return (struct check_options){ .seed = 1, .rounds = 1 };
}
