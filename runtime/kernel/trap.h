/* trap.h - a stack overflow is the end of one process. */
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

/* Take over SIGSEGV and SIGBUS. 0 or a negative errno. */
int trap_install(void);
void trap_restore(void);

#endif
