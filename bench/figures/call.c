/* call.c - what does a call cost that would notice the end of whom it calls?
 * In a batch a caller asks a server I = 1..1,000, and adds up the answers I + 1. Each time it does what
 * gen_server:call/3 does: it monitors the server by a reference that is an alias ({alias, demonitor}),
 * sends {'$gen_call', {Self, Ref}, I}, waits for {Ref, I + 1}, or for the DOWN of Ref, past what is older
 * than Ref, and ends the monitor (demonitor, flush). The server sends its answer to the alias.
 * Before the clock n other messages are put into the caller's mailbox, and looked at once.
 * Measured: with the two messages of tuple_ping_pong, a monitor that is set and taken back, and an
 * address that is valid for one answer.
 * Not measured: a time limit for the call; what a server's loop does around its answer.
 * n: messages that wait in the caller's mailbox. */
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->call;
}

static uint64_t ops(uint64_t n)
{
    (void)n;
    return BATCH_TRIPS;
}

/* The answers are 2..1,001. */
static uint64_t checksum(uint64_t n)
{
    (void)n;
    return sum_to(BATCH_TRIPS) + BATCH_TRIPS;
}

const struct figure figure_call = {
    .name = "call", .unit = "ns",
    .question = "What does a call cost that would notice the end of whom it calls?",
    .variants = (const char *const[]){"one_cpu", "two_cpus", NULL},
    .sizes = (const uint64_t[]){0, 100000, END_OF_SIZES},
    .task = task, .ops = ops, .checksum = checksum,
};
