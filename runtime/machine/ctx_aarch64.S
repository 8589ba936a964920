/* ctx_aarch64.S - the register switch (AAPCS64). The same functions as in
 * ctx_x86_64.S, where their contracts are.
 *
 * What a parked stack looks like, from its saved stack pointer upwards:
 *
 *   sp -> x19 x20 | x21 x22 | x23 x24 | x25 x26 | x27 x28 | x29 x30
 *   +96   d8 d9 | d10 d11 | d12 d13 | d14 d15 | after, unused        (176 bytes)
 *
 * The way back is br, not ret: the CPU predicts a ret from the calls it has seen on
 * the stack we just left. */

        .text

        .macro  function name
        .globl  \name
        .hidden \name
        .type   \name, %function
        .p2align 6 /* a CPU takes up a line at a time */
\name:
        .endm

        .macro  save_registers
        sub     sp, sp, #176
        stp     x19, x20, [sp, #0]
        stp     x21, x22, [sp, #16]
        stp     x23, x24, [sp, #32]
        stp     x25, x26, [sp, #48]
        stp     x27, x28, [sp, #64]
        stp     x29, x30, [sp, #80]
        stp     d8, d9, [sp, #96]
        stp     d10, d11, [sp, #112]
        stp     d12, d13, [sp, #128]
        stp     d14, d15, [sp, #144]
        str     x3, [sp, #160]
        mov     x9, sp
        str     x9, [x0]
        .endm

        /* the lock in x2 */
        .macro  load_registers_and_go
        stlr    wzr, [x2]
        ldp     x19, x20, [sp, #0]
        ldp     x21, x22, [sp, #16]
        ldp     x23, x24, [sp, #32]
        ldp     x25, x26, [sp, #48]
        ldp     x27, x28, [sp, #64]
        ldp     x29, x30, [sp, #80]
        ldp     d8, d9, [sp, #96]
        ldp     d10, d11, [sp, #112]
        ldp     d12, d13, [sp, #128]
        ldp     d14, d15, [sp, #144]
        ldr     x9, [sp, #160]
        add     sp, sp, #176
        cbz     x9, 1f
        stp     x29, x30, [sp, #-16]!
        blr     x9
        ldp     x29, x30, [sp], #16
        cbz     x0, message_receive_again
1:      mov     x16, x30                /* br x16: a legal way in under branch protection */
        br      x16
        .endm

        .macro  start_loop
        stlr    wzr, [x2]
        mov     x29, #0                 /* debuggers stop here */
        mov     x30, #0
        b       ctx_asm_lane
        .endm

        function ctx_asm_switch
        save_registers
        mov     sp, x1
        load_registers_and_go
        .size   ctx_asm_switch, . - ctx_asm_switch

        function ctx_asm_enter
        save_registers
        mov     sp, x1
        start_loop
        .size   ctx_asm_enter, . - ctx_asm_enter

        function ctx_asm_resume
        mov     sp, x0
        mov     x2, x1
        load_registers_and_go
        .size   ctx_asm_resume, . - ctx_asm_resume

        function ctx_asm_restart
        mov     sp, x0
        mov     x2, x1
        start_loop
        .size   ctx_asm_restart, . - ctx_asm_restart

/* struct lane_call { void (*function)(uint64_t); uint64_t arg; } comes back in x0, x1. */
        function ctx_asm_lane
        .cfi_startproc
        .cfi_undefined x30
1:      bl      lane_next
        mov     x9, x0
        mov     x0, x1
        blr     x9
        b       1b
        .cfi_endproc
        .size   ctx_asm_lane, . - ctx_asm_lane

        .section .note.GNU-stack, "", %progbits
