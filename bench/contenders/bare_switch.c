/* bare_switch.c - the register switch of runtime/machine/ctx_*.S with nothing around it:
 * two stacks, no scheduler, no queue, no message. The ruler for everything else. The same
 * assembly file is linked into this program once more, with stubs for the two functions
 * that it calls in the kernel. */
#include "bare_switch.h"

#include "machine/ctx.h"

enum { STACK_SIZE = 64 * 1024 };

static char stack[STACK_SIZE] __attribute__((aligned(64)));
static void *here, *there;
static uint64_t switches;
static _Atomic uint32_t lock;

static void other_side(uint64_t unused)
{
    (void)unused;
    for (;;) {
        switches++;
        ctx_asm_switch(&there, here, &lock, NULL);
    }
}

struct lane_call lane_next(void)
{
    return (struct lane_call){.function = other_side};
}

uint64_t message_receive_again(void)
{
    return 0;
}

int bare_switch_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    uint64_t target = count * BATCH_YIELDS;
    (void)setting;
    switches = 1;
    ctx_asm_enter(&here, stack + STACK_SIZE, &lock, NULL);
    while (switches < target) {
        switches++;
        ctx_asm_switch(&here, there, &lock, NULL);
    }
    proof->work = proof->checksum = switches;
    return 0;
}
