/* spawn.h - birth, and death. */
#ifndef KERNEL_SPAWN_H
#define KERNEL_SPAWN_H

#include "kernel/sched.h"

/* A new process, already on its way: straight-line ones are ready to run, resting ones
 * wait for their first message. Any thread.
 * TERM_NONE with *error: BL_ELIMIT or BL_ENOMEM. */
extern const bl_spawn_options spawn_plain; /* all defaults */

term process_spawn(enum process_kind, union process_entry, term arg, const bl_spawn_options *, bl_error *error);

/* A slot without a run: a thread takes part in the inbox protocol. Any thread that is
 * no scheduler. NULL: no slot. */
struct process *process_adopt(struct guest *guest);
void process_release(struct process *guest);

/* p ends: its mailbox closes, who waits for it hears why, its memory is given back.
 * The slot may be somebody else's when this returns. Run by the scheduler that runs p,
 * on p's lane; `current` is NULL afterwards. */
void process_end(struct process *p, uint64_t reason); /* a term, or a parcel */

#endif
