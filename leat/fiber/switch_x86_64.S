/* The switch for x86-64, as the System V ABI has its registers.
 *
 * What a flow keeps on its stack while it stands, from the stack pointer up:
 *
 *     r15  r14  r13  r12  rbx  rbp  where to go on
 *
 * The file carries no note that it supports shadow stacks or indirect branch tracking (CET), for it
 * does neither: it leaves by a jump to what is no landing pad, to a return address that is not on
 * top of a shadow stack. Linkers then leave both off for the program. */

        .text

/* Jumped to by leat_switch_jump (switch.h): `from` in rdi, `sp` in rsi, the way back in rcx. */
        .globl  leat_switch_go
        .hidden leat_switch_go
        .type   leat_switch_go, @function
        .balign 32
leat_switch_go:
        .cfi_startproc
        .cfi_def_cfa_offset 0
        .cfi_register %rip, %rcx
        push    %rcx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rip, 0
        push    %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbp, 0
        push    %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        push    %r12
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r12, 0
        push    %r13
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r13, 0
        push    %r14
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r14, 0
        push    %r15
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r15, 0
        mov     %rsp, (%rdi)
        mov     %rsi, %rsp

        /* The other stack looks just so: what was said of this one holds on. */
        .globl  leat_switch_stands
        .hidden leat_switch_stands
leat_switch_stands:
        mov     %rdi, %rax
        pop     %r15
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r15
        pop     %r14
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r14
        pop     %r13
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r13
        pop     %r12
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r12
        pop     %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        pop     %rbp
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbp
        pop     %rcx
        .cfi_adjust_cfa_offset -8
        .cfi_register %rip, %rcx
        jmp     *%rcx
        .cfi_endproc
        .size   leat_switch_go, . - leat_switch_go

/* Where a flow begins, with what leat_switch_init put into r12 and r13. Nothing called it, so here
 * whoever walks the stack stops. */
        .globl  leat_switch_start
        .hidden leat_switch_start
        .type   leat_switch_start, @function
        .balign 32
        .cfi_startproc
        .cfi_undefined %rip
        /* Debuggers look for the function of a return address one byte before it. */
        nop
leat_switch_start:
        mov     %rax, %rdi
        call    leat_switch_begins
        mov     %r13, %rdi
        /* What is never returned from is not called either. */
        lea     1f(%rip), %rax
        push    %rax
        jmp     *%r12
1:      call    leat_switch_returned
        .cfi_endproc
        .size   leat_switch_start, . - leat_switch_start

        .section .note.GNU-stack, "", @progbits
