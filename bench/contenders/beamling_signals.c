/* beamling_signals.c - link_exit, monitor and call: processes that hear of each other's ends. */
#include "../figures/figures.h"
#include "beamling_crew.h"
#include "beamling_terms.h"

/* ---- units that are made anew for each batch, outside the clock ---- */

static uint64_t now_ns(void)
{
    return (uint64_t)bl_monotonic_ns();
}

/* Unit i is born with arg(i). All have run to their first wait when this returns. */
static bool make_units(uint64_t n, bl_function *part, bl_term (*arg)(uint64_t i))
{
    crew.to_park = n;
    atomic_store_explicit(&crew.parked, 0, memory_order_relaxed);
    for (uint64_t i = 0; i < n; i++) {
        crew.pids[i] = bl_spawn(part, arg(i));
        if (bl_pid_error(crew.pids[i]))
            return false; /* the proof will say so */
    }
    bl_receive();
    return true;
}

/* ---- link_exit ---- */

static void linked(bl_term before)
{
    if (bl_is_pid(before))
        bl_link(bl_to_pid(before));
    crew_parked();
    bl_exit(bl_receive()); /* the first; nobody says anything to the others */
}

static bl_term before(uint64_t i)
{
    return i ? bl_from_pid(crew.pids[i - 1]) : bl_nil();
}

static bool died_of(const char *reason, bl_term watched)
{
    bl_term why;
    BL_RECEIVE {
        BL_ON("{'DOWN', %=r, process, _, %t}", watched, &why) return bl_same(why, bl_atom(reason));
    }
    return false;
}

static void count_the_gone(uint64_t n, struct proof *proof)
{
    for (uint64_t i = 0; i < n; i++)
        if (!bl_is_alive(crew.pids[i])) {
            proof->work++;
            proof->checksum += i + 1;
        }
}

static void link_exit_batch(uint64_t n, struct proof *proof)
{
    uint64_t began = now_ns();
    if (!make_units(n, linked, before))
        return;
    bl_term last = bl_monitor(crew.pids[n - 1]);
    uint64_t told = now_ns();
    bl_send(crew.pids[0], bl_atom("crash"));
    bool right = died_of("crash", last);
    uint64_t over = now_ns();
    if (right)
        count_the_gone(n, proof);
    proof->aside_ns += told - began + now_ns() - over;
    proof->peak_live = n;
}

static int link_exit_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(link_exit_batch, setting, count, proof);
}

const struct task beamling_link_exit = {.batches = link_exit_batches};

/* ---- monitor ---- */

static void ends_when_told(bl_term number)
{
    crew_parked();
    bl_receive();
    bl_exit(number);
}

static bl_term number(uint64_t i)
{
    return bl_int((int64_t)i + 1);
}

static void await_end(struct proof *proof)
{
    int64_t reason;
    BL_RECEIVE {
        BL_ON("{'DOWN', %*r, process, %*p, %i}", &reason) {
            proof->work++;
            proof->checksum += (uint64_t)reason;
        }
    }
}

static void monitor_batch(uint64_t n, struct proof *proof)
{
    bl_term stop = bl_atom("stop");
    uint64_t began = now_ns();
    if (!make_units(n, ends_when_told, number))
        return;
    proof->aside_ns += now_ns() - began;
    for (uint64_t i = 0; i < n; i++)
        bl_monitor(crew.pids[i]);
    for (uint64_t i = 0; i < n; i++)
        bl_send(crew.pids[i], stop);
    for (uint64_t i = 0; i < n; i++)
        await_end(proof);
    proof->peak_live = n;
}

static int monitor_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(monitor_batch, setting, count, proof);
}

const struct task beamling_monitor = {.batches = monitor_batches};

/* ---- call: pids[0] calls, pids[1] serves ---- */

static void server(bl_term unused)
{
    (void)unused;
    for (;;) {
        bl_term alias;
        int64_t i;
        BL_RECEIVE {
            BL_ON("{'$gen_call', {%*p, %r}, %i}", &alias, &i) BL_SEND_TO(alias, "{%r, %i}", alias, i + 1);
            BL_ON("-1") return; /* CREW_END */
        }
    }
}

static int64_t call(bl_pid to, int64_t i)
{
    int64_t answer = 0;
    bl_term reason, alias = bl_monitor_opt(bl_from_pid(to), BL_ALIAS_DEMONITOR, (bl_term){0});
    BL_SEND(to, "{'$gen_call', {%p, %r}, %i}", bl_self(), alias, i);
    BL_RECEIVE_SINCE(alias) {
        BL_ON("{%=r, %i}", alias, &answer) bl_demonitor(alias, true, NULL);
        BL_ON("{'DOWN', %=r, process, %*p, %t}", alias, &reason) bl_exit(reason);
    }
    return answer;
}

static void fill_own_mailbox(int64_t junk)
{
    for (int64_t k = 1; k <= junk; k++)
        BL_SEND(bl_self(), "{junk, %i}", k);
    BL_RECEIVE {
        BL_ON("nothing_like_it") {}
        BL_AFTER(0) {}
    }
}

static void caller(bl_term junk)
{
    crew_await(); /* somebody must be there to be told */
    fill_own_mailbox(bl_to_int(junk));
    int64_t sum = 0;
    while (crew_told_to_go_on(sum)) {
        sum = 0;
        for (int64_t i = 1; i <= BATCH_TRIPS; i++)
            sum += call(crew.pids[1], i);
    }
}

static int call_begin(const struct setting *setting)
{
    int r = crew_hire(crew_place(setting, 0), caller, bl_int((int64_t)setting->n));
    if (!r)
        r = crew_hire(crew_place(setting, 1), server, bl_nil());
    return r ? r : crew_await_first(setting);
}

static void call_batch(uint64_t n, struct proof *proof)
{
    (void)n;
    crew_ask(crew.pids[0], bl_atom("go"), BATCH_TRIPS, proof);
    proof->peak_live = 2;
}

static int call_batches(const struct setting *setting, uint64_t count, struct proof *proof)
{
    return crew_direct(call_batch, setting, count, proof);
}

const struct task beamling_call = {.begin = call_begin, .batches = call_batches, .end = crew_end};
