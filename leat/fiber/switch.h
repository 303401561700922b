#ifndef LEAT_FIBER_SWITCH_H
#define LEAT_FIBER_SWITCH_H

#include "leat/core/assert.h"
#include "leat/fiber/notes.h"

/* Where a flow of control stands while it does not run: the lowest piece of a fiber, for the
 * library's own use. A zeroed one is for the stack that runs already, a thread's own: it is left
 * with leat_switch_to, and come back to.
 *
 * What a switch keeps is what a call keeps: x86-64 rbx, rbp, rsp, r12 to r15; aarch64 x19 to x30,
 * sp, d8 to d15. What is not kept is the control words of floating point (mxcsr, the x87's, fpcr),
 * nor the signal mask. With the control words of x86-64 a switch would take 10.5 ns and not 3.6. A
 * flow that changes one puts it back before it switches.
 *
 * A flow may go on in another thread than before, where the two agree on the moment by a lock or
 * the like. The address of a thread-local variable is then another one.
 *
 * In gdb, the frames of a flow that does not run are seen from any frame by
 *     set $sp = (long)s.sp
 *     set $pc = (long)&leat_switch_stands
 *     backtrace
 * and putting both back. They end at leat_switch_start. */
struct leat_switch {
    void *sp; /* NULL while it runs. First, for leat_switch_jump */
    struct leat_notes notes;
};

/* Prepare a flow that begins with entry(arg) on the stack of `size` bytes from `low` on, of which
 * a few at the top are used. It runs when it is switched to. An entry never returns: its last act
 * is leat_switch_leave. */
void leat_switch_init(struct leat_switch *s, void *low, size_t size, void (*entry)(void *),
                      void *arg);

/* Let go of a flow that will not run again, whether it ended, stands in the middle or never began,
 * before its stack is used for something else. Not for one that runs. What its frames own is lost
 * with them. A zeroed one is fine. */
void leat_switch_fini(struct leat_switch *s);

/* Save the registers in `from`, go on at `sp`, and there return `from`. In assembly.
 *
 * x86-64 jumps there and back. A processor predicts that each return goes to where the last call
 * came from, and one call without its return has it wrong about those of all functions around, at
 * 10 ns each: with a call, a yield took 37 ns and not 23. */
#if defined(__x86_64__)
/* What is lost in a switch: all that is lost in a call. */
#if defined(__AVX512F__)
#define LEAT_SWITCH_LOSES_MORE                                                                     \
    "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25",      \
        "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "k1", "k2", "k3", "k4", "k5", "k6",  \
        "k7", "memory"
#else
#define LEAT_SWITCH_LOSES_MORE "memory"
#endif
#define LEAT_SWITCH_LOSES                                                                          \
    "rcx", "rdx", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",        \
        "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",      \
        "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)", "cc",                 \
        LEAT_SWITCH_LOSES_MORE

static inline __attribute__((always_inline)) struct leat_switch *leat_switch_jump(
    struct leat_switch *from, void *sp)
{
    struct leat_switch *before;
    __asm__ volatile("lea 1f(%%rip), %%rcx\n\t"
                     "jmp leat_switch_go\n"
                     "1:"
                     : "=a"(before), "+D"(from), "+S"(sp)
                     :
                     : LEAT_SWITCH_LOSES);
    /* What is pushed there would lie in the red zone of a function that calls nobody. This is a
     * call, and no compiler knows that it is never made. */
    leat_assert(before != NULL);
    return before;
}
#else
__attribute__((visibility("hidden"))) struct leat_switch *leat_switch_jump(struct leat_switch *from,
                                                                           void *sp);
#endif

/* Take out where `to` stands: it runs from now on. */
static inline void *leat_switch_claim(const struct leat_switch *from, struct leat_switch *to)
{
    void *sp = to->sp;
    leat_assert(from != to);
    leat_assert(sp != NULL);
    to->sp = NULL;
    return sp;
}

/* Leave the flow that runs, so that it stands at `from`, and have `to` go on where it stands.
 * Returns when somebody switches to `from`. */
static inline void leat_switch_to(struct leat_switch *from, struct leat_switch *to)
{
    void *sp = leat_switch_claim(from, to);
    leat_notes_depart(&from->notes, &to->notes, false);
    struct leat_switch *before = leat_switch_jump(from, sp);
    leat_notes_arrive(&from->notes, &before->notes);
}

/* The same, for ever: `from` is never switched to again, and its stack is free when `to` runs. */
static inline __attribute__((noreturn)) void leat_switch_leave(struct leat_switch *from,
                                                               struct leat_switch *to)
{
    void *sp = leat_switch_claim(from, to);
    leat_notes_depart(&from->notes, &to->notes, true);
    leat_switch_jump(from, sp);
    leat_assert(!"what has ended was switched to");
    __builtin_unreachable();
}

#endif
