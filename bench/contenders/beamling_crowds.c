/* beamling_crowds.c - big, bank and chameneos: straight-line processes that all talk to each other. */
#include "../figures/draws.h"
#include "../figures/figures.h"
#include "beamling_crew.h"
#include "beamling_crowds.h"
#include "beamling_terms.h"

/* Numbers count from 1. Where they run is up to the runtime. */
static int hire_numbered(int count, bl_function *part)
{
    int r = 0;
    for (int i = 1; i <= count && !r; i++)
        r = crew_hire(0, part, bl_int(i));
    return r;
}

/* ---- big: actor i is pids[i - 1] ---- */

static int64_t pinged(bl_pid peer, int64_t self)
{
    int64_t answer = 0;
    bl_pid from;
    BL_SEND(peer, "{ping, %p}", bl_self());
    while (!answer)
        BL_RECEIVE {
            BL_ON("{ping, %p}", &from) BL_SEND(from, "{pong, %i}", self);
            BL_ON("{pong, %i}", &answer) {}
        }
    return answer;
}

static void ping_others(int64_t pings, int64_t self)
{
    int64_t sum = 0;
    uint32_t drawn = (uint32_t)self;
    for (int64_t i = 0; i < pings; i++) {
        drawn = draw(drawn);
        sum += pinged(crew.pids[big_peer(drawn, (uint32_t)self) - 1], self);
    }
    bl_send(crew.director, bl_int(sum));
}

static void actor(bl_term number)
{
    int64_t self = bl_to_int(number), pings = 0;
    bl_pid from;
    while (pings != CREW_END)
        BL_RECEIVE {
            BL_ON("{ping, %p}", &from) BL_SEND(from, "{pong, %i}", self);
            BL_ON("%i", &pings) ping_others(pings, self);
        }
}

static int big_begin(const struct setting *setting)
{
    (void)setting;
    return hire_numbered(BIG_ACTORS, actor);
}

static void big_batch(uint64_t n, struct proof *proof)
{
    for (int i = 0; i < BIG_ACTORS; i++)
        bl_send(crew.pids[i], bl_int((int64_t)n));
    for (int i = 0; i < BIG_ACTORS; i++)
        proof->checksum += (uint64_t)bl_to_int(bl_receive());
    proof->work += BIG_ACTORS * n;
    proof->peak_live = BIG_ACTORS;
}

static int big_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(big_batch, setting, count, proof);
}

const struct task beamling_big = {.begin = big_begin, .batches = big_batches, .end = crew_end};

/* ---- bank: account i is pids[i - 1], the director is the teller ---- */

static void pass_on(bl_pid destination, int64_t amount)
{
    bl_term reference = bl_make_reference();
    BL_SEND(destination, "{credit, %p, %r, %i}", bl_self(), reference, amount);
    BL_RECEIVE_SINCE(reference) {
        BL_ON("{%=r, credited}", reference) {}
    }
}

static void account(bl_term number)
{
    int64_t balance = BANK_BALANCE, amount;
    bl_pid from, to;
    bl_term reference;
    for (;;)
        BL_RECEIVE {
            BL_ON("{debit, %p, %p, %i}", &from, &to, &amount) {
                balance -= amount;
                pass_on(to, amount);
                BL_SEND(from, "done");
            }
            BL_ON("{credit, %p, %r, %i}", &from, &reference, &amount) {
                balance += amount;
                BL_SEND(from, "{%r, credited}", reference);
            }
            BL_ON("balance") {
                bl_send(crew.director, bl_int(balance * bl_to_int(number)));
                balance = BANK_BALANCE;
            }
            BL_ON("-1") return; /* CREW_END */
        }
}

static int bank_begin(const struct setting *setting)
{
    (void)setting;
    return hire_numbered(BANK_ACCOUNTS, account);
}

/* The first `count` of those that come after t; returns the last. */
static struct transfer order(struct transfer t, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        t = next_transfer(t.drawn);
        BL_SEND(crew.pids[t.source - 1], "{debit, %p, %p, %i}", bl_self(), crew.pids[t.destination - 1],
                (int64_t)t.amount);
    }
    return t;
}

/* Whenever one is done, another is ordered, as long as there are more. */
static void order_all(uint64_t n, struct proof *proof)
{
    uint64_t ordered = n < BANK_UNDER_WAY ? n : BANK_UNDER_WAY;
    struct transfer t = order((struct transfer){.drawn = 1}, ordered);
    for (uint64_t i = 0; i < n; i++) {
        BL_RECEIVE {
            BL_ON("done") proof->work++;
        }
        if (ordered < n) {
            t = order(t, 1);
            ordered++;
        }
    }
}

static void bank_batch(uint64_t n, struct proof *proof)
{
    bl_term balance = bl_atom("balance");
    order_all(n, proof);
    for (int i = 0; i < BANK_ACCOUNTS; i++)
        bl_send(crew.pids[i], balance);
    for (int i = 0; i < BANK_ACCOUNTS; i++)
        proof->checksum += (uint64_t)bl_to_int(bl_receive());
    proof->peak_live = BANK_ACCOUNTS + 1;
}

static int bank_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(bank_batch, setting, count, proof);
}

const struct task beamling_bank = {.begin = bank_begin, .batches = bank_batches, .end = crew_end};

/* ---- chameneos: pids[0] is the mall, the creatures follow ---- */

/* False: it was told to stop. */
static bool meets(int64_t *colour)
{
    bl_pid other;
    int64_t theirs;
    BL_SEND(crew.pids[0], "{meet, %p, %i}", bl_self(), *colour);
    BL_RECEIVE {
        BL_ON("{meet, %p, %i}", &other, &theirs) {
            *colour = mixed(*colour, theirs);
            BL_SEND(other, "{change, %i}", *colour);
            return true;
        }
        BL_ON("{change, %i}", colour) return true;
        BL_ON("stop") return false;
    }
    return false;
}

static void creature(bl_term number)
{
    int64_t colour = bl_to_int(number) % COLOURS;
    for (;;) {
        int64_t meetings = crew_await();
        while (meets(&colour))
            meetings++;
        bl_send(crew.pids[0], bl_int(meetings));
    }
}

static void introduce(void)
{
    bl_pid first, second;
    int64_t colour;
    BL_RECEIVE {
        BL_ON("{meet, %p, %*i}", &first) {}
    }
    BL_RECEIVE {
        BL_ON("{meet, %p, %i}", &second, &colour) BL_SEND(first, "{meet, %p, %i}", second, colour);
    }
}

/* How often all of them have met. */
static int64_t close(void)
{
    int64_t sum = 0, meetings = 0;
    bl_pid late;
    for (int i = 0; i < CHAMENEOS; i++)
        BL_RECEIVE {
            BL_ON("{meet, %p, %*i}", &late) BL_SEND(late, "stop");
        }
    for (int i = 0; i < CHAMENEOS; i++)
        BL_RECEIVE {
            BL_ON("%i", &meetings) sum += meetings;
        }
    return sum;
}

void crowd_mall(bl_term unused)
{
    (void)unused;
    for (;;) {
        int64_t meetings = crew_await();
        for (int i = 1; i <= CHAMENEOS; i++)
            bl_send(crew.pids[i], bl_int(0));
        for (int64_t i = 0; i < meetings; i++)
            introduce();
        bl_send(crew.director, bl_int(close()));
    }
}

static int chameneos_begin(const struct setting *setting)
{
    int r = crew_hire(0, crowd_mall, bl_nil());
    (void)setting;
    return r ? r : hire_numbered(CHAMENEOS, creature);
}

static void chameneos_batch(uint64_t n, struct proof *proof)
{
    crew_ask(crew.pids[0], bl_int((int64_t)n), n, proof);
    proof->peak_live = CHAMENEOS + 1;
}

int chameneos_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(chameneos_batch, setting, count, proof);
}

const struct task beamling_chameneos = {.begin = chameneos_begin, .batches = chameneos_batches, .end = crew_end};
