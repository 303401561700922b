/* The switch for aarch64, as its procedure call standard has its registers.
 *
 * What a flow keeps on its stack while it stands, from the stack pointer up:
 *
 *     x29  x30 (where to go on)  x19 to x28  d8 to d15
 *
 * It leaves by ret, which branch target identification (BTI) lets go anywhere, and what is called
 * begins with a landing pad; the hint is a nop where there is no BTI. Guarded control stacks are
 * not supported, and no note says that they are. */

        .text

/* struct leat_switch *leat_switch_jump(struct leat_switch *from, void *sp) */
        .globl  leat_switch_jump
        .hidden leat_switch_jump
        .type   leat_switch_jump, %function
        .balign 32
leat_switch_jump:
        .cfi_startproc
        hint    #34             /* bti c */
        stp     x29, x30, [sp, #-160]!
        .cfi_def_cfa_offset 160
        .cfi_offset x29, -160
        .cfi_offset x30, -152
        stp     x19, x20, [sp, #16]
        .cfi_offset x19, -144
        .cfi_offset x20, -136
        stp     x21, x22, [sp, #32]
        .cfi_offset x21, -128
        .cfi_offset x22, -120
        stp     x23, x24, [sp, #48]
        .cfi_offset x23, -112
        .cfi_offset x24, -104
        stp     x25, x26, [sp, #64]
        .cfi_offset x25, -96
        .cfi_offset x26, -88
        stp     x27, x28, [sp, #80]
        .cfi_offset x27, -80
        .cfi_offset x28, -72
        stp     d8, d9, [sp, #96]
        .cfi_offset d8, -64
        .cfi_offset d9, -56
        stp     d10, d11, [sp, #112]
        .cfi_offset d10, -48
        .cfi_offset d11, -40
        stp     d12, d13, [sp, #128]
        .cfi_offset d12, -32
        .cfi_offset d13, -24
        stp     d14, d15, [sp, #144]
        .cfi_offset d14, -16
        .cfi_offset d15, -8
        mov     x9, sp
        str     x9, [x0]
        mov     sp, x1

        /* The other stack looks just so: what was said of this one holds on. x0 is still `from`,
         * which is what is returned there. */
        .globl  leat_switch_stands
        .hidden leat_switch_stands
leat_switch_stands:
        ldp     d14, d15, [sp, #144]
        ldp     d12, d13, [sp, #128]
        ldp     d10, d11, [sp, #112]
        ldp     d8, d9, [sp, #96]
        ldp     x27, x28, [sp, #80]
        ldp     x25, x26, [sp, #64]
        ldp     x23, x24, [sp, #48]
        ldp     x21, x22, [sp, #32]
        ldp     x19, x20, [sp, #16]
        ldp     x29, x30, [sp], #160
        .cfi_def_cfa_offset 0
        .cfi_restore x29
        .cfi_restore x30
        .cfi_restore x19
        .cfi_restore x20
        .cfi_restore x21
        .cfi_restore x22
        .cfi_restore x23
        .cfi_restore x24
        .cfi_restore x25
        .cfi_restore x26
        .cfi_restore x27
        .cfi_restore x28
        .cfi_restore d8
        .cfi_restore d9
        .cfi_restore d10
        .cfi_restore d11
        .cfi_restore d12
        .cfi_restore d13
        .cfi_restore d14
        .cfi_restore d15
        ret
        .cfi_endproc
        .size   leat_switch_jump, . - leat_switch_jump

/* Where a flow begins, with what leat_switch_init put into x19 and x20. Nothing called it, so here
 * whoever walks the stack stops. */
        .globl  leat_switch_start
        .hidden leat_switch_start
        .type   leat_switch_start, %function
        .balign 32
        .cfi_startproc
        .cfi_undefined x30
        /* Debuggers look for the function of a return address one instruction before it. */
        nop
leat_switch_start:
        bl      leat_switch_begins
        mov     x0, x20
        blr     x19
        bl      leat_switch_returned
        .cfi_endproc
        .size   leat_switch_start, . - leat_switch_start

/* Linkers turn BTI on for a program only if each of its files says that it may. */
#if defined(__ARM_FEATURE_BTI_DEFAULT)
        .section .note.gnu.property, "a", %note
        .balign 8
        .word   4, 16, 5        /* lengths of the name and of what it says; a list of properties */
        .asciz  "GNU"
        .word   0xc0000000, 4   /* GNU_PROPERTY_AARCH64_FEATURE_1_AND, its length */
        .word   1, 0            /* BTI, and padding */
#endif

        .section .note.GNU-stack, "", %progbits
