/* ctx_x86_64.S - the register switch (System V AMD64).
 *
 *   uint64_t ctx_asm_switch(void **save, void *to, _Atomic uint32_t *unlock, uint64_t (*after)(void));
 *   uint64_t ctx_asm_enter(void **save, void *top, _Atomic uint32_t *unlock, uint64_t (*after)(void));
 *   _Noreturn void ctx_asm_resume(void *to, _Atomic uint32_t *unlock);
 *   _Noreturn void ctx_asm_restart(void *top, _Atomic uint32_t *unlock);
 *
 * switch: save this stack, go on with `to`. enter: save this stack, start the lane loop
 * on an empty one. resume, restart: the same without saving; this stack is done with.
 * All store 0 to *unlock (release) as soon as the old stack is no longer in use: what
 * was saved may be run by another CPU from that store on.
 *
 * When a saved stack is resumed, `after` is called there, if not NULL, and its result
 * is the result. A result of 0 means "not yet": control goes to message_receive_again()
 * as if the function that called ctx_asm_switch (by a tail call) were called afresh.
 *
 * What a parked stack looks like, from its saved stack pointer upwards:
 *
 *        +56  return address
 *        +48  after
 *        +40  rbp
 *        +32  rbx
 *        +24  r12
 *        +16  r13
 *         +8  r14
 *   sp ->     r15
 *
 * The way back is pop and jmp, not ret: the CPU predicts a ret from the calls it has
 * seen on the stack we just left, and would be wrong whenever the two processes wait
 * in different places. Floating-point control words are not saved: they belong to the
 * scheduler's thread. */

        .text

        .macro  function name
        .globl  \name
        .hidden \name
        .type   \name, @function
        .p2align 6 /* a CPU takes up a line at a time */
\name:
        .endm

        .macro  save_registers
        pushq   %rcx
        pushq   %rbp
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rsp, (%rdi)
        .endm

        /* the lock in rdx; x86 stores are released in order */
        .macro  load_registers_and_go
        movl    $0, (%rdx)
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        popq    %rax
        testq   %rax, %rax
        jz      1f
        subq    $8, %rsp
        call    *%rax
        addq    $8, %rsp
        testq   %rax, %rax
        jz      message_receive_again
1:      popq    %rcx
        jmp     *%rcx
        .endm

        .macro  start_loop
        movl    $0, (%rdx)
        xorl    %ebp, %ebp              /* debuggers stop here */
        jmp     ctx_asm_lane
        .endm

        function ctx_asm_switch
        save_registers
        movq    %rsi, %rsp
        load_registers_and_go
        .size   ctx_asm_switch, . - ctx_asm_switch

        function ctx_asm_enter
        save_registers
        movq    %rsi, %rsp
        start_loop
        .size   ctx_asm_enter, . - ctx_asm_enter

        function ctx_asm_resume
        movq    %rdi, %rsp
        movq    %rsi, %rdx
        load_registers_and_go
        .size   ctx_asm_resume, . - ctx_asm_resume

        function ctx_asm_restart
        movq    %rdi, %rsp
        movq    %rsi, %rdx
        start_loop
        .size   ctx_asm_restart, . - ctx_asm_restart

/* The loop at a lane's foot, on an empty stack: call what lane_next() names, for ever.
 * struct lane_call { void (*function)(uint64_t); uint64_t arg; } comes back in rax:rdx. */
        function ctx_asm_lane
        .cfi_startproc
        .cfi_undefined rip
1:      call    lane_next
        movq    %rdx, %rdi
        call    *%rax
        jmp     1b
        .cfi_endproc
        .size   ctx_asm_lane, . - ctx_asm_lane

        .section .note.GNU-stack, "", @progbits
