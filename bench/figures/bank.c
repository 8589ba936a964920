/* bank.c - what does a transfer cost between accounts that are units?
 * 1,000 accounts and a teller. In a batch the teller orders n transfers, {debit, Teller, Destination, Amount} to the
 * source. The source takes the amount off, sends {credit, Source, Ref, Amount} to the destination, waits for
 * {Ref, credited} whatever else is in its mailbox, and then answers the teller `done`. 100 transfers are under way
 * at a time. When all are done the teller asks all for their balances, and adds up balance times number. (Savina's
 * Banking, with 50,000 transfers. As there, a destination comes after its source, so that no circle can form. There
 * the teller orders all at once: how many wait then is up to time slices and to the room in channels, and so not the
 * same in all contenders. Here balances may fall below nothing.)
 * Measured: four messages to units of which most have not run for a while, one of them past what waits.
 * Not measured: mailboxes with thousands of messages (selective, call).
 * n: transfers. */
#include "draws.h"
#include "figures.h"

static const struct task *task(const struct contender *c)
{
    return c->bank;
}

static uint64_t checksum(uint64_t n)
{
    uint64_t sum = sum_to(BANK_ACCOUNTS) * BANK_BALANCE;
    struct transfer t = {.drawn = 1};
    for (uint64_t i = 0; i < n; i++) {
        t = next_transfer(t.drawn);
        sum += (uint64_t)(t.destination - t.source) * t.amount;
    }
    return sum;
}

static uint64_t units(uint64_t n)
{
    (void)n;
    return BANK_ACCOUNTS + 1;
}

const struct figure figure_bank = {
    .name = "bank", .unit = "ns",
    .question = "What does a transfer cost between accounts that are units?",
    .variants = (const char *const[]){"one_cpu", "two_cpus", NULL},
    .sizes = (const uint64_t[]){5000, 50000, END_OF_SIZES},
    .task = task, .ops = same, .checksum = checksum, .units = units,
};
