/* processes.c - our half of the oracle of processes; Erlang's half, which says what may happen, is
 * processes.escript: run that.
 *
 * A packet on the standard input (four bytes of length, highest first, then so many) is a scenario: the
 * text of a term {Kind, Runs, Seed, Roots, Steps}. A step is {Actor, Id, Instruction}: what the actor of
 * this number does next. There is a process for each actor: the roots are spawned by a process called the
 * director, the others by steps. The answer is a packet with the text of a list, the outcomes of all
 * runs. An outcome has, for each actor that there was, {Actor, [{Id, Result}...], Reason}: what its steps
 * came to, and why it ended.
 *
 *     turns   The director has one step performed at a time, and goes on when all that this led to is over
 *             (settle()). So there is one outcome.
 *     free    All actors run at once, each through its own steps. A seed says how much they dawdle. Who
 *             receives waits until there is a message, or until nothing moves any more: then the director
 *             says so to the first who waits.
 *
 * Each instruction is a function below; what Erlang calls it is in the same place of processes.escript. Pids
 * and references are known to all by numbers, of the actor and of the step that made them. In what is
 * answered they are written as a0 and r12.
 *
 *     oracle_processes SCHEDULERS */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "beamling/beamling.h"
#include "support/random.h"

enum { ACTORS_MOST = 8, STEPS_MOST = 256, ANSWER_MOST = 1 << 24 };

/* What all may look at, of the run that is on. */
static struct {
    _Atomic uint64_t director;
    _Atomic uint64_t actors[ACTORS_MOST];  /* pids; 0: not spawned */
    _Atomic uint64_t claimed[ACTORS_MOST]; /* who is spawning it, or has */
    _Atomic bool born[ACTORS_MOST];        /* and has made known what is to be known of that */
    _Atomic uint64_t references[STEPS_MOST];
    _Atomic uint64_t seed; /* of this run */
    _Atomic int64_t roots, here;
} known;

static char answer[ANSWER_MOST];
static unsigned schedulers;

static void need_at(bool good, const char *what, int line)
{
    if (good)
        return;
    fprintf(stderr, "oracle_processes: line %d: %s\n", line, what);
    _Exit(EXIT_FAILURE);
}

#define need(...) need_at((__VA_ARGS__), #__VA_ARGS__, __LINE__)

static bl_term word(const char *text)
{
    return bl_atom(text);
}

static bool is_word(bl_term t, const char *text)
{
    return bl_same(t, bl_atom(text));
}

static bl_term truth(bool b)
{
    return word(b ? "true" : "false");
}

/* What Erlang would return, or raise. */
static bl_term result_of(bl_error error)
{
    need(error != BL_ENOMEM && error != BL_ELIMIT && error != BL_ECONTEXT);
    return word(error == BL_OK ? "true" : error == BL_ENOPROC ? "noproc" : "badarg");
}

static bl_pid pid_of(const _Atomic uint64_t *place)
{
    return (bl_pid){atomic_load(place)};
}

static bl_pid director(void)
{
    return pid_of(&known.director);
}

static int64_t number(bl_term step, size_t i)
{
    bl_term t = bl_element(step, i);
    need(bl_is_int(t));
    return bl_to_int(t);
}

static int64_t actor_number(bl_term step, size_t i)
{
    int64_t k = number(step, i);
    need(k >= 0 && k < ACTORS_MOST);
    return k;
}

/* The pid of the actor whose number is element i; false: there is none yet. */
static bool find_actor(bl_term step, size_t i, bl_pid *pid)
{
    *pid = pid_of(&known.actors[actor_number(step, i)]);
    return pid->word;
}

static bool find_reference(bl_term step, size_t i, bl_term *reference)
{
    int64_t id = number(step, i);
    need(id >= 0 && id < STEPS_MOST);
    reference->word = atomic_load(&known.references[id]);
    return reference->word;
}

static bl_term made(const char *how, int64_t id, bl_term reference)
{
    need(bl_is_reference(reference));
    atomic_store(&known.references[id], reference.word);
    return BL_TERM("{%A, %t}", how, reference);
}

static bool has(bl_term list, const char *text)
{
    for (; bl_is_cons(list); list = bl_tail(list))
        if (is_word(bl_head(list), text))
            return true;
    return false;
}

/* ---- instructions: spawning ---- */

static void actor(bl_term k);

static bl_spawn_options spawn_options(bl_term step, int64_t id, bl_term *reference)
{
    struct random r = random_split(atomic_load(&known.seed), (uint64_t)id);
    bl_term list = bl_element(step, 2);
    return (bl_spawn_options){.link = has(list, "link"), .monitor = has(list, "monitor"), .reference = reference,
                              .scheduler = random_below(&r, schedulers + 1)};
}

static bool claim(int64_t k)
{
    uint64_t nobody = 0;
    return atomic_compare_exchange_strong(&known.claimed[k], &nobody, bl_self().word);
}

static bl_term do_spawn(bl_term step, int64_t id)
{
    int64_t k = actor_number(step, 1);
    bl_term reference = {0};
    bl_spawn_options options = spawn_options(step, id, &reference);
    if (!claim(k))
        return word("again");
    bl_pid pid = bl_spawn_opt(actor, bl_int(k), &options);
    need(bl_pid_error(pid) == BL_OK);
    atomic_store(&known.actors[k], pid.word);
    bl_term result = reference.word ? made("spawned", id, reference) : word("spawned");
    atomic_store(&known.born[k], true);
    return result;
}

static bl_term do_request(bl_term step, int64_t id)
{
    int64_t k = actor_number(step, 1);
    bl_spawn_options options = spawn_options(step, id, NULL);
    if (!claim(k))
        return word("again");
    bl_term result = made("spawned", id, bl_spawn_request(actor, bl_int(k), &options, (bl_term){0}));
    atomic_store(&known.born[k], true);
    return result;
}

/* ---- instructions: links, exits ---- */

static bl_term do_link(bl_term step, int64_t id)
{
    bl_pid to;
    (void)id;
    return find_actor(step, 1, &to) ? result_of(bl_link(to)) : word("nobody");
}

static bl_term do_unlink(bl_term step, int64_t id)
{
    bl_pid to;
    (void)id;
    return find_actor(step, 1, &to) ? result_of(bl_unlink(to)) : word("nobody");
}

static bl_term do_signal(bl_term step, int64_t id)
{
    bl_pid to;
    (void)id;
    return find_actor(step, 1, &to) ? result_of(bl_exit_signal(to, bl_element(step, 2))) : word("nobody");
}

static bl_term do_trap(bl_term step, int64_t id)
{
    (void)id;
    return truth(bl_trap_exit(is_word(bl_element(step, 1), "true")));
}

static bl_term do_exit(bl_term step, int64_t id)
{
    (void)id;
    bl_exit(bl_element(step, 1));
}

static bl_term do_error(bl_term step, int64_t id)
{
    (void)id;
    bl_error_exit(bl_element(step, 1));
}

static bl_term do_throw(bl_term step, int64_t id)
{
    (void)id;
    bl_throw(bl_element(step, 1));
}

static bl_term fall(bl_term step)
{
    bl_term how = bl_element(step, 1), why = bl_element(step, 2);
    if (is_word(how, "exit"))
        bl_exit(why);
    else if (is_word(how, "error"))
        bl_error_exit(why);
    bl_throw(why);
}

static bl_term do_catch(bl_term step, int64_t id)
{
    static const char *const names[] = {"nothing", "throw", "exit", "error"};
    bl_term why;
    (void)id;
    bl_caught how = bl_catch(fall, step, &why);
    need(how != BL_CAUGHT_NO_MEMORY);
    return BL_TERM("{%A, %t}", names[how], how == BL_CAUGHT_ERROR ? bl_element(why, 0) : why);
}

/* ---- instructions: monitors, aliases ---- */

static unsigned alias_option(bl_term t)
{
    return is_word(t, "explicit_unalias")  ? BL_ALIAS_UNALIAS
           : is_word(t, "demonitor")       ? BL_ALIAS_DEMONITOR
           : is_word(t, "reply_demonitor") ? BL_ALIAS_REPLY
                                           : 0;
}

static bl_term tag_of(bl_term t)
{
    return is_word(t, "none") ? (bl_term){0} : t;
}

static bl_term monitored(bl_term step, int64_t id, bl_term of)
{
    unsigned options = alias_option(bl_element(step, 2));
    return made("made", id, bl_monitor_opt(of, options, tag_of(bl_element(step, 3))));
}

static bl_term do_monitor(bl_term step, int64_t id)
{
    bl_pid of;
    if (!find_actor(step, 1, &of))
        return word("nobody");
    return monitored(step, id, bl_from_pid(of));
}

static bl_term do_watch(bl_term step, int64_t id)
{
    return monitored(step, id, bl_element(step, 1));
}

static bl_term do_demonitor(bl_term step, int64_t id)
{
    bl_term reference, options = bl_element(step, 2);
    bool was = false;
    (void)id;
    if (!find_reference(step, 1, &reference))
        return word("nothing");
    bl_term result = result_of(bl_demonitor(reference, has(options, "flush"), &was));
    return has(options, "info") ? truth(was) : result;
}

static bl_term do_alias(bl_term step, int64_t id)
{
    return made("made", id, bl_alias(is_word(bl_element(step, 1), "reply") ? BL_ALIAS_REPLY : 0));
}

static bl_term do_unalias(bl_term step, int64_t id)
{
    bl_term reference;
    (void)id;
    return find_reference(step, 1, &reference) ? truth(bl_unalias(reference)) : word("nothing");
}

/* ---- instructions: messages ---- */

static bl_term message(bl_term step, int64_t id)
{
    return BL_TERM("{m, %i, %t}", id, bl_element(step, 2));
}

static bl_term sent(bl_error error)
{
    need(error == BL_OK || error == BL_ENAME);
    return word(error == BL_OK ? "ok" : "badarg");
}

static bl_term do_send(bl_term step, int64_t id)
{
    bl_pid to;
    return find_actor(step, 1, &to) ? sent(bl_send(to, message(step, id))) : word("nobody");
}

static bl_term do_send_name(bl_term step, int64_t id)
{
    return sent(bl_send_to(bl_element(step, 1), message(step, id)));
}

static bl_term do_send_reference(bl_term step, int64_t id)
{
    bl_term to;
    return find_reference(step, 1, &to) ? sent(bl_send_to(to, message(step, id))) : word("nothing");
}

/* The oldest message that comes from a step. */
static bl_term do_take(bl_term step, int64_t id)
{
    bl_term m, n;
    (void)step, (void)id;
    BL_RECEIVE {
        BL_ON("{m, %t, %t}", &n, &m) return BL_TERM("{got, {m, %t, %t}}", n, m);
        BL_AFTER(0) return word("nothing");
    }
    return word("nothing");
}

static bl_term reversed(bl_term list)
{
    bl_term back = bl_nil();
    for (; bl_is_cons(list); list = bl_tail(list))
        back = bl_cons(bl_head(list), back);
    return back;
}

static bl_term do_drain(bl_term step, int64_t id)
{
    bl_term all = bl_nil();
    (void)step, (void)id;
    while (bl_mailbox_length())
        all = bl_cons(bl_receive(), all);
    return BL_TERM("{drained, %t}", reversed(all));
}

/* One message, whatever it is; in a free scenario. */
static bl_term do_receive(bl_term step, int64_t id)
{
    bl_term m;
    int64_t said;
    (void)step;
    BL_RECEIVE {
        BL_ON("%t", &m) return BL_TERM("{got, %t}", m);
        BL_AFTER(0) (void)0;
    }
    BL_SEND(director(), "{waits, %p, %i}", bl_self(), id);
    for (;;)
        BL_RECEIVE {
            BL_ON("{nothing_moves, %i}", &said) {
                if (said == id)
                    return word("nothing");
            }
            BL_ON("%t", &m) return BL_TERM("{got, %t}", m);
        }
}

static bl_term do_poll(bl_term step, int64_t id)
{
    bl_term m;
    (void)step, (void)id;
    BL_RECEIVE {
        BL_ON("%t", &m) return BL_TERM("{got, %t}", m);
        BL_AFTER(0) (void)0;
    }
    return word("nothing");
}

/* ---- instructions: names ---- */

static bl_term do_register(bl_term step, int64_t id)
{
    bl_pid who;
    (void)id;
    return find_actor(step, 2, &who) ? truth(bl_register(bl_element(step, 1), who) == BL_OK) : word("nobody");
}

static bl_term do_unregister(bl_term step, int64_t id)
{
    (void)id;
    return truth(bl_unregister(bl_element(step, 1)) == BL_OK);
}

static bl_term do_whereis(bl_term step, int64_t id)
{
    bl_pid who = bl_whereis(bl_element(step, 1));
    (void)id;
    return who.word ? bl_from_pid(who) : word("undefined");
}

static bl_term do_registered(bl_term step, int64_t id)
{
    bl_term ours = bl_nil();
    (void)step, (void)id;
    for (bl_term l = bl_registered(); bl_is_cons(l); l = bl_tail(l))
        ours = bl_cons(bl_head(l), ours);
    return BL_TERM("{registered, %t}", ours);
}

/* ---- instructions: timers ---- */

/* A short one: the director hears of another, which is due after it. */
static bl_term do_timer(bl_term step, int64_t id)
{
    uint64_t ms = (uint64_t)number(step, 2);
    bl_term to = bl_element(step, 3), m = BL_TERM("{m, %i, timer}", id);
    if (bl_is_int(to))
        to = bl_from_pid(pid_of(&known.actors[actor_number(step, 3)]));
    if (!to.word)
        return word("nobody");
    bl_term timer = is_word(bl_element(step, 1), "send_after") ? bl_send_after(ms, to, m) : bl_start_timer(ms, to, m);
    if (ms < 1000)
        need(bl_send_after(ms + 1, bl_from_pid(director()), BL_TERM("{fired, %i}", id)).word);
    return made("made", id, timer);
}

static bl_term do_cancel_timer(bl_term step, int64_t id)
{
    bl_term timer;
    (void)id;
    return find_reference(step, 1, &timer) ? word(bl_cancel_timer(timer) < 0 ? "over" : "left") : word("nothing");
}

static bl_term do_read_timer(bl_term step, int64_t id)
{
    bl_term timer;
    (void)id;
    return find_reference(step, 1, &timer) ? word(bl_read_timer(timer) < 0 ? "over" : "left") : word("nothing");
}

/* ---- instructions: questions, and what is left ---- */

static bl_term do_alive(bl_term step, int64_t id)
{
    bl_pid who;
    (void)id;
    return find_actor(step, 1, &who) ? truth(bl_is_alive(who)) : word("nobody");
}

static bl_term do_info(bl_term step, int64_t id)
{
    bl_pid who;
    (void)id;
    return find_actor(step, 1, &who) ? bl_process_info(who, bl_element(step, 2)) : word("nobody");
}

static bl_term do_leader(bl_term step, int64_t id)
{
    bl_pid who, leader;
    (void)id;
    if (!find_actor(step, 1, &who) || !find_actor(step, 2, &leader))
        return word("nobody");
    return truth(bl_set_group_leader(leader, who) == BL_OK);
}

static bl_term do_suspend(bl_term step, int64_t id)
{
    bl_pid who;
    (void)id;
    return find_actor(step, 1, &who) ? truth(bl_suspend(who) == BL_OK) : word("nobody");
}

static bl_term do_resume(bl_term step, int64_t id)
{
    bl_pid who;
    (void)id;
    return find_actor(step, 1, &who) ? truth(bl_resume(who) == BL_OK) : word("nobody");
}

static bl_term do_put(bl_term step, int64_t id)
{
    (void)id;
    return bl_put(word("key"), bl_element(step, 1));
}

/* The actor sees to it: it is more than a result. */
static bl_term do_hibernate(bl_term step, int64_t id)
{
    (void)step, (void)id;
    return word("hibernates");
}

static const struct {
    const char *name;
    bl_term (*function)(bl_term step, int64_t id);
} instructions[] = {
    {"spawn", do_spawn},
    {"request", do_request},
    {"link", do_link},
    {"unlink", do_unlink},
    {"signal", do_signal},
    {"trap", do_trap},
    {"exit", do_exit},
    {"error", do_error},
    {"throw", do_throw},
    {"catch", do_catch},
    {"monitor", do_monitor},
    {"watch", do_watch},
    {"demonitor", do_demonitor},
    {"alias", do_alias},
    {"unalias", do_unalias},
    {"send", do_send},
    {"send_name", do_send_name},
    {"send_reference", do_send_reference},
    {"take", do_take},
    {"drain", do_drain},
    {"receive", do_receive},
    {"poll", do_poll},
    {"register", do_register},
    {"unregister", do_unregister},
    {"whereis", do_whereis},
    {"registered", do_registered},
    {"timer", do_timer},
    {"cancel_timer", do_cancel_timer},
    {"read_timer", do_read_timer},
    {"alive", do_alive},
    {"info", do_info},
    {"leader", do_leader},
    {"suspend", do_suspend},
    {"resume", do_resume},
    {"put", do_put},
    {"hibernate", do_hibernate},
};

static void perform(int64_t k, int64_t id, bl_term step)
{
    const char *name = bl_atom_text(bl_element(step, 0));
    need(name && id < STEPS_MOST);
    size_t i = 0;
    while (i < sizeof instructions / sizeof *instructions && strcmp(instructions[i].name, name) != 0)
        i++;
    need(i < sizeof instructions / sizeof *instructions);
    bl_term result = instructions[i].function(step, id);
    need(result.word);
    BL_SEND(director(), "{did, %i, %i, %t}", k, id, result);
}

/* ---- actors ---- */

/* Some wait asleep, and others look again for a while: signals reach them in different ways. */
static bl_term await_turn(int64_t k, int64_t *id)
{
    struct random r = random_split(atomic_load(&known.seed), (uint64_t)k);
    unsigned looks = random_below(&r, 3) ? 0 : random_below(&r, 64);
    bl_term step;
    for (;; bl_yield())
        BL_RECEIVE {
            BL_ON("{turn, %i, %t}", id, &step) return step;
            BL_AFTER(looks ? 0 : BL_INFINITY) looks--;
        }
}

static void take_turns(bl_term k)
{
    for (;;) {
        int64_t id;
        bl_term step = await_turn(bl_to_int(k), &id);
        if (is_word(bl_element(step, 0), "return"))
            return;
        perform(bl_to_int(k), id, step);
        if (is_word(bl_element(step, 0), "hibernate"))
            bl_hibernate(take_turns, k);
    }
}

/* In some runs all hurry, and in others they give way, or stand still for a while, here and there. */
static void dawdle(struct random *r)
{
    if (random_below(r, 4) >= atomic_load(&known.seed) / 2 % 4)
        return;
    unsigned yields = random_below(r, 2) ? 1U << random_below(r, 5) : 0;
    unsigned rounds = yields ? 0 : 1U << random_below(r, 18);
    while (yields--)
        bl_yield();
    for (volatile unsigned i = 0; i < rounds; i++)
        ;
}

/* What its spawner makes known of it is known. */
static void await_birth(int64_t k)
{
    while (!atomic_load(&known.born[k]) && bl_is_alive(pid_of(&known.claimed[k])))
        bl_yield();
}

/* In every other run the roots begin at once, for which the schedulers have to be awake. */
static void await_all(void)
{
    if (atomic_load(&known.seed) % 2 == 0)
        return;
    atomic_fetch_add(&known.here, 1);
    while (atomic_load(&known.here) < atomic_load(&known.roots))
        bl_yield();
}

static void run_free(int64_t k, bl_term steps)
{
    struct random r = random_split(atomic_load(&known.seed), (uint64_t)k);
    int64_t who, id;
    bl_term step;
    await_birth(k);
    await_all();
    for (; bl_is_cons(steps); steps = bl_tail(steps)) {
        need(BL_MATCH(bl_head(steps), "{%i, %i, %t}", &who, &id, &step));
        if (who != k)
            continue;
        dawdle(&r);
        perform(k, id, step);
    }
    dawdle(&r);
}

static void actor(bl_term k)
{
    bl_term kind, steps;
    atomic_store(&known.actors[bl_to_int(k)], bl_self().word);
    BL_SEND(director(), "{hello, %t, %p}", k, bl_self());
    BL_RECEIVE {
        BL_ON("{go, %t, %t}", &kind, &steps) {
            if (is_word(kind, "free")) {
                run_free(bl_to_int(k), steps);
            } else {
                BL_SEND(director(), "{ready, %t}", k);
                take_turns(k);
            }
        }
    }
}

/* ---- the director ---- */

struct direction {
    bl_term kind, steps;
    bl_pid pids[ACTORS_MOST]; /* whom it has heard of */
    bl_term monitors[ACTORS_MOST];
    bl_term logs[ACTORS_MOST];  /* newest first */
    bl_term ends[ACTORS_MOST];  /* "no term": it lives */
    bl_term waits[ACTORS_MOST]; /* for a message: since this step */
    bool ready[ACTORS_MOST];    /* to take turns */
    int64_t fired;              /* the last timer that was short */
    int64_t done;               /* the last step */
};

static bool lives(const struct direction *d, int64_t k)
{
    return d->pids[k].word && !d->ends[k].word;
}

/* What a step came to. */
static void note(struct direction *d, int64_t k, int64_t id, bl_term result)
{
    d->logs[k] = bl_cons(BL_TERM("{%i, %t}", id, result), d->logs[k]);
    d->waits[k] = (bl_term){0};
    d->done = id;
}

static void hear_hello(struct direction *d, int64_t k, bl_pid pid)
{
    if (d->logs[k].word)
        return;
    if (!d->pids[k].word)
        d->monitors[k] = bl_monitor(pid);
    d->pids[k] = pid;
    d->logs[k] = bl_nil();
    BL_SEND(pid, "{go, %t, %t}", d->kind, d->steps);
}

static void hear_down(struct direction *d, bl_term reference, bl_term reason)
{
    for (int k = 0; k < ACTORS_MOST; k++)
        if (d->monitors[k].word && bl_same(d->monitors[k], reference))
            d->ends[k] = reason;
}

static void hear_waits(struct direction *d, bl_pid pid, int64_t id)
{
    for (int k = 0; k < ACTORS_MOST; k++)
        if (bl_same_pid(d->pids[k], pid))
            d->waits[k] = bl_int(id);
}

static void hear(struct direction *d, bl_term m)
{
    int64_t k, id;
    bl_term reference, result;
    bl_pid pid;
    if (BL_MATCH(m, "{hello, %i, %p}", &k, &pid))
        hear_hello(d, k, pid);
    else if (BL_MATCH(m, "{ready, %i}", &k))
        d->ready[k] = true;
    else if (BL_MATCH(m, "{did, %i, %i, %t}", &k, &id, &result))
        note(d, k, id, result);
    else if (BL_MATCH(m, "{'DOWN', %r, process, _, %t}", &reference, &result))
        hear_down(d, reference, result);
    else if (BL_MATCH(m, "{waits, %p, %i}", &pid, &id))
        hear_waits(d, pid, id);
    else if (BL_MATCH(m, "{fired, %i}", &id))
        d->fired = id;
    else
        need(false);
}

/* It has handled what it was sent. What is it doing? `undefined`: it has ended. */
static bl_term status(const struct direction *d, int64_t k)
{
    bl_term t = bl_process_info(d->pids[k], word("status"));
    need(t.word);
    return bl_is_atom(t) ? t : bl_element(t, 1);
}

static bool all_have_ended(const struct direction *d)
{
    for (int k = 0; k < ACTORS_MOST; k++)
        if (atomic_load(&known.claimed[k]) && (!d->pids[k].word || lives(d, k)))
            return false;
    return true;
}

static void await_ends(struct direction *d)
{
    while (!all_have_ended(d))
        hear(d, bl_receive());
}

static void start_roots(struct direction *d, int64_t roots)
{
    for (int64_t k = 0; k < roots; k++) {
        struct random r = random_split(atomic_load(&known.seed), (uint64_t)(1000 + k));
        need(claim(k));
        atomic_store(&known.born[k], true);
        d->pids[k] = bl_spawn_opt(actor, bl_int(k),
                                  &(bl_spawn_options){.monitor = true, .reference = &d->monitors[k],
                                                      .scheduler = random_below(&r, schedulers + 1)});
        need(bl_pid_error(d->pids[k]) == BL_OK);
        atomic_store(&known.actors[k], d->pids[k].word);
    }
}

/* ---- taking turns ---- */

static bool names_the_dead(const struct direction *d, bl_term t)
{
    for (; bl_is_cons(t); t = bl_tail(t)) {
        bl_term who = bl_head(t);
        for (int k = 0; k < ACTORS_MOST; k++)
            if (d->pids[k].word && d->ends[k].word &&
                (bl_same(who, bl_from_pid(d->pids[k])) || bl_same(bl_element(who, 1), bl_from_pid(d->pids[k]))))
                return true;
    }
    return false;
}

/* Does nobody have a link or a monitor, from or to somebody who has ended? */
static bool is_consistent(struct direction *d, int64_t k)
{
    static const char *const items[] = {"links", "monitors", "monitored_by"};
    for (int i = 0; i < 3; i++) {
        bl_term t = bl_process_info(d->pids[k], word(items[i]));
        if (is_word(t, "undefined") || names_the_dead(d, bl_element(t, 1)))
            return false;
    }
    return true;
}

/* All have handled what they were sent, and whoever ended has told all. */
static void settle(struct direction *d)
{
    bool settled;
    do {
        settled = true;
        for (int64_t k = 0; k < ACTORS_MOST; k++) {
            if (!lives(d, k) || is_consistent(d, k))
                continue;
            settled = false;
            while (is_word(status(d, k), "undefined") && lives(d, k))
                hear(d, bl_receive());
        }
        bl_yield();
    } while (!settled);
}

static void await_timer(struct direction *d, int64_t id)
{
    while (d->fired != id)
        hear(d, bl_receive());
    while (bl_read_timer((bl_term){atomic_load(&known.references[id])}) >= 0)
        bl_yield();
}

static void await_step(struct direction *d, int64_t k, int64_t id, bl_term step)
{
    bl_term name = bl_element(step, 0), result;
    while (d->done != id && lives(d, k))
        hear(d, bl_receive());
    if (d->done != id || !lives(d, k))
        return;
    result = bl_element(bl_head(d->logs[k]), 1);
    if ((is_word(name, "spawn") || is_word(name, "request")) && !is_word(result, "again"))
        while (!d->ready[actor_number(step, 1)])
            hear(d, bl_receive());
    if (is_word(name, "timer") && number(step, 2) < 1000 && is_word(bl_element(result, 0), "made"))
        await_timer(d, id);
}

static void give_turn(struct direction *d, int64_t k, int64_t id, bl_term step)
{
    if (!lives(d, k))
        return;
    if (is_word(status(d, k), "suspended")) {
        note(d, k, id, word("held"));
        return;
    }
    BL_SEND(d->pids[k], "{turn, %i, %t}", id, step);
    await_step(d, k, id, step);
    settle(d);
}

static void direct_turns(struct direction *d)
{
    int64_t k, id;
    bl_term step;
    for (k = 0; k < ACTORS_MOST; k++)
        while (d->pids[k].word && !d->ready[k])
            hear(d, bl_receive());
    for (bl_term l = d->steps; bl_is_cons(l); l = bl_tail(l)) {
        need(BL_MATCH(bl_head(l), "{%i, %i, %t}", &k, &id, &step));
        give_turn(d, k, id, step);
    }
    for (k = 0; k < ACTORS_MOST; k++)
        if (lives(d, k))
            bl_exit_signal(d->pids[k], word("kill"));
}

/* ---- all at once ---- */

/* Does everybody wait, as far as one can see by asking one after another? */
static bool all_wait(const struct direction *d)
{
    for (int64_t k = 0; k < ACTORS_MOST; k++)
        if (lives(d, k) && !is_word(status(d, k), "waiting"))
            return false;
    return true;
}

static bool any_lives(const struct direction *d)
{
    for (int64_t k = 0; k < ACTORS_MOST; k++)
        if (lives(d, k))
            return true;
    return false;
}

/* The director, and the thread that waits for it. */
enum { OURS = 2 };

static size_t processes(void)
{
    size_t n = 0;
    need(bl_length(bl_processes(), &n));
    return n;
}

/* Nobody lives of whom the director has heard. Was somebody killed before it said hello, or its spawner before
 * it was spawned? */
static void look_for_unheard(struct direction *d)
{
    bool alone = processes() == OURS;
    for (int k = 0; k < ACTORS_MOST; k++) {
        if (d->pids[k].word)
            continue;
        if (atomic_load(&known.actors[k]))
            hear_hello(d, k, pid_of(&known.actors[k]));
        else if (alone)
            atomic_store(&known.claimed[k], 0);
    }
}

static void let_one_go_on(struct direction *d)
{
    for (int64_t k = 0; k < ACTORS_MOST; k++)
        if (lives(d, k) && d->waits[k].word) {
            BL_SEND(d->pids[k], "{nothing_moves, %t}", d->waits[k]);
            d->waits[k] = (bl_term){0};
            return;
        }
}

/* When it has seen everybody wait three times, and heard nothing meanwhile, nothing moves: what was on
 * its way has arrived. */
static void direct_freely(struct direction *d)
{
    int quiet = 0;
    while (!all_have_ended(d)) {
        bl_yield();
        if (bl_mailbox_length()) {
            hear(d, bl_receive());
            quiet = 0;
        } else if (!any_lives(d)) {
            look_for_unheard(d);
        } else if (!all_wait(d)) {
            quiet = 0;
        } else if (++quiet == 3) {
            let_one_go_on(d);
            quiet = 0;
        }
    }
}

/* ---- outcomes ---- */

static bl_term name_of(bl_term t)
{
    char text[32] = "stranger";
    if (bl_is_pid(t)) {
        if (bl_same(t, bl_from_pid(bl_self())))
            return word("director");
        for (int k = 0; k < ACTORS_MOST; k++)
            if (atomic_load(&known.actors[k]) == t.word)
                snprintf(text, sizeof text, "a%d", k);
    } else {
        for (int id = 0; id < STEPS_MOST; id++)
            if (atomic_load(&known.references[id]) == t.word)
                snprintf(text, sizeof text, "r%d", id);
    }
    return word(text);
}

static bl_term named(bl_term t)
{
    bl_term parts[8];
    size_t n = bl_tuple_size(t);
    if (bl_is_pid(t) || bl_is_reference(t))
        return name_of(t);
    if (bl_is_cons(t)) {
        parts[0] = named(bl_head(t));
        return bl_cons(parts[0], named(bl_tail(t)));
    }
    if (!n)
        return t;
    need(n <= 8);
    for (size_t i = 0; i < n; i++)
        parts[i] = named(bl_element(t, i));
    return bl_tuple(parts, n);
}

static bl_term outcome(const struct direction *d)
{
    bl_term all = bl_nil();
    for (int64_t k = ACTORS_MOST; k--;) {
        if (!d->pids[k].word)
            continue;
        bl_term log = named(reversed(d->logs[k])), end = named(d->ends[k]);
        all = bl_cons(BL_TERM("{%i, %t, %t}", k, log, end), all);
    }
    return all;
}

static void forget_run(void)
{
    for (int k = 0; k < ACTORS_MOST; k++) {
        atomic_store(&known.actors[k], 0);
        atomic_store(&known.claimed[k], 0);
        atomic_store(&known.born[k], false);
    }
    for (int i = 0; i < STEPS_MOST; i++)
        atomic_store(&known.references[i], 0);
}

static bl_term direct(bl_term kind, uint64_t seed, int64_t roots, bl_term steps)
{
    struct direction d = {.kind = kind, .steps = steps, .fired = -1, .done = -1};
    forget_run();
    atomic_store(&known.seed, seed);
    atomic_store(&known.roots, roots);
    atomic_store(&known.here, 0);
    start_roots(&d, roots);
    if (is_word(kind, "turns"))
        direct_turns(&d);
    else
        direct_freely(&d);
    await_ends(&d);
    return outcome(&d);
}

static bl_term with(bl_term set, bl_term t)
{
    for (bl_term l = set; bl_is_cons(l); l = bl_tail(l))
        if (bl_same(bl_head(l), t))
            return set;
    return bl_cons(t, set);
}

static void direct_all(bl_term scenario)
{
    bl_term kind, steps, outcomes = bl_nil();
    int64_t runs, seed, roots;
    need(BL_MATCH(scenario, "{%a, %i, %i, %i, %l}", &kind, &runs, &seed, &roots, &steps));
    atomic_store(&known.director, bl_self().word);
    need(bl_set_group_leader(bl_self(), bl_self()) == BL_OK);
    while (processes() != OURS)
        bl_yield();
    while (runs--)
        outcomes = with(outcomes, direct(kind, (uint64_t)seed++, roots, steps));
    need(outcomes.word);
    need(bl_print(outcomes, 0, answer, sizeof answer) < sizeof answer);
}

/* ---- packets ---- */

/* False: the input has ended where a packet would begin. */
static bool read_length(size_t *length)
{
    unsigned char b[4];
    if (fread(b, sizeof b, 1, stdin) != 1)
        return false;
    *length = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
    return true;
}

static void send_answer(void)
{
    size_t n = strlen(answer);
    unsigned char b[4] = {(unsigned char)(n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8),
                          (unsigned char)n};
    need(fwrite(b, sizeof b, 1, stdout) == 1);
    need(fwrite(answer, n, 1, stdout) == 1 && fflush(stdout) == 0);
}

int main(int argc, char **argv)
{
    bl_term reason;
    schedulers = argc == 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    need(schedulers > 0 && bl_start(&(bl_options){.schedulers = schedulers}) == BL_OK);
    for (size_t length; read_length(&length);) {
        char *packet = malloc(length);
        need(packet && fread(packet, 1, length, stdin) == length);
        bl_term scenario = bl_parse(packet, length, NULL);
        need(scenario.word);
        need(bl_wait(bl_spawn(direct_all, scenario), &reason) == BL_OK);
        need(is_word(reason, "normal") || is_word(reason, "noproc"));
        send_answer();
        bl_forget();
        free(packet);
    }
    return bl_stop() == BL_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
