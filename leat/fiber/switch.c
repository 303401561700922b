#include "leat/fiber/switch.h"

/* What a flow that has not begun looks like: as if leat_switch_start had switched away, with the
 * entry and its argument in two registers that are kept. Places are in words from the
 * stack pointer, and are those of the assembly. */
#if defined(__x86_64__)
/* r15 r14 r13 r12 rbx rbp, the address, and two words that keep the stack aligned to 16. */
enum { FRAME_ARG = 2, FRAME_ENTRY = 3, FRAME_ADDRESS = 6, FRAME_WORDS = 9 };
#elif defined(__aarch64__)
/* x29 x30, x19 to x28, d8 to d15. */
enum { FRAME_ADDRESS = 1, FRAME_ENTRY = 2, FRAME_ARG = 3, FRAME_WORDS = 20 };
#endif

enum { STACK_ALIGN = 16 };

_Static_assert(sizeof(uintptr_t) == 8, "the assembly saves words of 8 bytes");
_Static_assert(offsetof(struct leat_switch, sp) == 0, "the assembly writes the first word");

/* Where a flow begins: tells leat_switch_begins, and goes on at what is in the two registers. In
 * assembly. */
void leat_switch_start(void);

/* Called by leat_switch_start in the new flow, with who switched to it; and when the entry comes
 * back. */
void leat_switch_begins(struct leat_switch *before);
__attribute__((noreturn)) void leat_switch_returned(void);

void leat_switch_begins(struct leat_switch *before)
{
    leat_notes_arrive(NULL, &before->notes);
}

void leat_switch_returned(void)
{
    leat_assert(!"an entry returned, and did not leave");
    __builtin_unreachable();
}

void leat_switch_init(struct leat_switch *s, void *low, size_t size, void (*entry)(void *),
                      void *arg)
{
    leat_assert(entry != NULL);
    leat_assert(size >= (FRAME_WORDS + STACK_ALIGN / 8) * sizeof(uintptr_t));
    uintptr_t top = ((uintptr_t)low + size) & ~(uintptr_t)(STACK_ALIGN - 1);
    uintptr_t *frame = (uintptr_t *)top - FRAME_WORDS;
    for (unsigned i = 0; i < FRAME_WORDS; i++)
        frame[i] = 0;
    frame[FRAME_ENTRY] = (uintptr_t)entry;
    frame[FRAME_ARG] = (uintptr_t)arg;
    frame[FRAME_ADDRESS] = (uintptr_t)leat_switch_start;
    s->sp = frame;
    leat_notes_init(&s->notes, low, size);
}

void leat_switch_fini(struct leat_switch *s)
{
    leat_notes_fini(&s->notes);
    s->sp = NULL;
}
