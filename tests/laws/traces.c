/* Who traces is told what happens, all of it, in its order, and nobody else pays for it. */
#include <string.h>
#include <unistd.h>

#include "support/processes.h"

/* The next message is {trace, of, event, ...}; its number i from 3 on. */
static bl_term claim_event(bl_pid of, const char *event, bl_term first)
{
    bl_term m = bl_receive();
    CLAIM(is_atom(bl_element(m, 0), "trace"));
    CLAIM(bl_same(bl_element(m, 1), bl_from_pid(of)));
    CLAIM(is_atom(bl_element(m, 2), event));
    CLAIM(!first.word || bl_same_value(bl_element(m, 3), first));
    return m;
}

/* ---- messages ---- */

static void echo(bl_term to)
{
    for (;;) {
        bl_term m = bl_receive();
        if (is_atom(m, "stop"))
            return;
        bl_send(bl_to_pid(to), m);
    }
}

static void messages(bl_term unused)
{
    (void)unused;
    bl_pid other = bl_spawn(sleeper, bl_int(0)), p = bl_spawn(echo, bl_from_pid(other));
    bl_trace *t = bl_trace_to_process(bl_self());
    CLAIM(bl_trace_process(t, p, BL_TRACE_SEND | BL_TRACE_RECEIVE, 0) == BL_OK);
    for (int i = 0; i < rounds(1000); i++)
        bl_send(p, i % 2 ? bl_int(i) : BL_TUPLE(bl_int(i), bl_atom("x")));
    for (int i = 0; i < 2 * rounds(1000); i++) { /* as it happens: n received, then the n-th sent, and so on */
        bl_term m = bl_receive();
        CLAIM(bl_same(bl_element(m, 1), bl_from_pid(p)));
        CLAIM(is_atom(bl_element(m, 2), bl_tuple_size(m) == 4 ? "receive" : "send"));
        CLAIM(bl_tuple_size(m) == 4 || bl_same(bl_element(m, 4), bl_from_pid(other)));
    }
    CLAIM(bl_trace_end(t) == BL_OK);
    bl_send(p, bl_atom("again"));
    bl_send(p, bl_atom("stop"));
    bl_wait(p, NULL);
    claim_nothing();
}

LAW(traces, of_messages)
{
    run(messages);
}

static void shouter(bl_term gone)
{
    bl_receive();
    bl_send_to(bl_atom("ear"), bl_atom("hello"));
    CLAIM(bl_send_to(bl_atom("nobody_has_it"), bl_atom("hello")) == BL_ENAME);
    bl_send(bl_to_pid(gone), bl_atom("nobody"));
    BL_SEND(bl_self(), "{me, %i}", (int64_t)7);
    bl_receive();
}

static void as_it_was_said(bl_term unused)
{
    (void)unused;
    bl_pid gone = bl_spawn(exit_with, bl_atom("normal")), ear = bl_spawn(sleeper, bl_int(0));
    bl_wait(gone, NULL);
    CLAIM(bl_register(bl_atom("ear"), ear) == BL_OK);
    bl_pid p = bl_spawn(shouter, bl_from_pid(gone));
    await_waiting(p);
    bl_trace *t = bl_trace_to_process(bl_self());
    CLAIM(bl_trace_process(t, p, BL_TRACE_SEND | BL_TRACE_RECEIVE, 0) == BL_OK);
    bl_send(p, bl_atom("go"));
    claim_event(p, "receive", bl_atom("go"));
    bl_term m = claim_event(p, "send", bl_atom("hello"));
    CLAIM(bl_tuple_size(m) == 5 && is_atom(bl_element(m, 4), "ear"));
    m = claim_event(p, "send", bl_atom("hello"));
    CLAIM(is_atom(bl_element(m, 4), "nobody_has_it"));
    m = claim_event(p, "send_to_non_existing_process", bl_atom("nobody"));
    CLAIM(bl_same(bl_element(m, 4), bl_from_pid(gone)));
    claim_event(p, "send", BL_TERM("{me, 7}"));
    claim_event(p, "receive", BL_TERM("{me, 7}"));
    bl_wait(p, NULL);
    claim_nothing();
    bl_exit_signal(ear, bl_atom("kill"));
    bl_wait(ear, NULL);
    bl_trace_end(t);
}

LAW(traces, as_it_was_said)
{
    run(as_it_was_said);
}

/* ---- what processes are to each other ---- */

static void child_of(bl_term unused)
{
    (void)unused;
    bl_receive();
    bl_exit(bl_atom("done"));
}

static void lives(bl_term unused)
{
    (void)unused;
    bl_receive();
    bl_trap_exit(true);
    bl_pid child = bl_spawn_link(child_of, bl_int(0));
    bl_unlink(child);
    bl_link(child);
    bl_register(bl_atom("livesname"), bl_self());
    bl_unregister(bl_atom("livesname"));
    bl_send(child, bl_atom("end"));
    bl_receive();
    bl_exit(BL_TERM("{because, 1}"));
}

static void procs(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn(lives, bl_int(0));
    bl_trace *t = bl_trace_to_process(bl_self());
    CLAIM(bl_trace_process(t, p, BL_TRACE_PROCS, 0) == BL_OK);
    bl_send(p, bl_atom("go"));
    bl_term m = claim_event(p, "spawn", (bl_term){0}), child = bl_element(m, 3);
    CLAIM(bl_is_pid(child) && bl_tuple_size(m) == 5);
    claim_event(p, "link", child);
    claim_event(p, "unlink", child);
    claim_event(p, "link", child);
    claim_event(p, "register", bl_atom("livesname"));
    claim_event(p, "unregister", bl_atom("livesname"));
    claim_event(p, "getting_unlinked", child); /* which has ended */
    claim_event(p, "exit", BL_TERM("{because, 1}"));
    bl_wait(p, NULL);
    claim_nothing();
    bl_trace_end(t);
}

LAW(traces, of_links_names_and_ends)
{
    run(procs);
}

static void passive(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn(sleeper, bl_int(0));
    bl_trace *t = bl_trace_to_process(bl_self());
    CLAIM(bl_trace_process(t, p, BL_TRACE_PROCS, 0) == BL_OK);
    bl_link(p);
    bl_unlink(p);
    claim_event(p, "getting_linked", bl_from_pid(bl_self()));
    claim_event(p, "getting_unlinked", bl_from_pid(bl_self()));
    bl_exit_signal(p, bl_atom("kill"));
    claim_event(p, "exit", bl_atom("killed"));
    bl_trace_end(t);
}

LAW(traces, of_what_others_do)
{
    run(passive);
}

/* ---- who inherits ---- */

static void spawner(bl_term how)
{
    bl_receive();
    for (int i = 0; i < 3; i++) {
        if (is_atom(how, "link"))
            bl_link(bl_spawn(sleeper, bl_int(0)));
        else
            bl_spawn(sleeper, bl_int(0));
    }
    sleeper(how);
}

static unsigned flags_of(bl_pid p)
{
    unsigned flags = 99;
    bl_term tracer;
    CLAIM(bl_trace_info(p, &flags, &tracer) == BL_OK);
    CLAIM(!flags || bl_same(tracer, bl_from_pid(bl_self())));
    return flags;
}

/* The flags of the three children that p gets, who is traced with `flags`. */
static void children(const char *how, unsigned flags, unsigned of[3])
{
    bl_pid p = bl_spawn(spawner, bl_atom(how)), child[3];
    bl_trace *t = bl_trace_to_process(bl_self());
    CLAIM(bl_trace_process(t, p, flags | BL_TRACE_PROCS, 0) == BL_OK);
    bl_send(p, bl_atom("go"));
    for (int i = 0; i < 3;) {
        bl_term m = bl_receive();
        if (is_atom(bl_element(m, 2), "spawn"))
            child[i++] = bl_to_pid(bl_element(m, 3));
    }
    await_waiting(p);
    for (int i = 0; i < 3; i++)
        of[i] = flags_of(child[i]);
    for (int i = 0; i < 3; i++) {
        bl_exit_signal(child[i], bl_atom("kill"));
        bl_wait(child[i], NULL);
    }
    bl_exit_signal(p, bl_atom("kill"));
    bl_wait(p, NULL);
    bl_trace_end(t);
    while (bl_mailbox_length())
        bl_receive();
}

static void heirs(bl_term unused)
{
    (void)unused;
    const unsigned procs = BL_TRACE_PROCS;
    unsigned of[3];
    children("spawn", 0, of);
    CLAIM(!of[0] && !of[1] && !of[2]);
    children("spawn", BL_TRACE_SET_ON_SPAWN, of);
    CLAIM(of[0] == (procs | BL_TRACE_SET_ON_SPAWN) && of[1] == of[0] && of[2] == of[0]);
    children("spawn", BL_TRACE_SET_ON_FIRST_SPAWN, of);
    CLAIM(of[0] == procs && !of[1] && !of[2]);
    children("link", BL_TRACE_SET_ON_LINK, of);
    CLAIM(of[0] == (procs | BL_TRACE_SET_ON_LINK) && of[1] == of[0] && of[2] == of[0]);
    children("link", BL_TRACE_SET_ON_FIRST_LINK, of);
    CLAIM(of[0] == procs && !of[1] && !of[2]);
}

LAW(traces, heirs)
{
    run(heirs);
}

/* ---- running ---- */

static void yielder(bl_term unused)
{
    (void)unused;
    bl_receive();
    for (int i = 0; i < 3; i++)
        bl_yield();
}

static void running(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn(yielder, bl_int(0));
    await_waiting(p);
    bl_trace *t = bl_trace_to_process(bl_self());
    CLAIM(bl_trace_process(t, p, BL_TRACE_RUNNING | BL_TRACE_RECEIVE, 0) == BL_OK);
    bl_send(p, bl_atom("go"));
    claim_event(p, "in", (bl_term){0});
    claim_event(p, "receive", bl_atom("go"));
    for (int i = 0; i < 3; i++) {
        claim_event(p, "out", (bl_term){0});
        claim_event(p, "in", (bl_term){0});
    }
    claim_event(p, "out_exited", (bl_term){0});
    bl_wait(p, NULL);
    claim_nothing();
    bl_trace_end(t);
}

LAW(traces, of_running)
{
    if (!TEST_HOSTILE_BUILD)
        run(running);
}

/* Its last duties take more than one slice: it has ended all the same. */
static void popular(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < 1000; i++)
        bl_spawn_link(sleeper, bl_int(0));
    bl_receive();
}

static void the_end(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn(popular, bl_int(0));
    await_waiting(p);
    bl_trace *t = bl_trace_to_process(bl_self());
    bl_term monitor = bl_monitor(p);
    CLAIM(bl_trace_process(t, p, BL_TRACE_RUNNING | BL_TRACE_PROCS, 0) == BL_OK);
    bl_send(p, bl_atom("end"));
    claim_event(p, "in", (bl_term){0});
    claim_event(p, "exit", bl_atom("normal"));
    claim_event(p, "out_exited", (bl_term){0});
    claim_down(monitor, bl_from_pid(p), bl_atom("normal"));
    bl_trace_end(t);
}

LAW(traces, nothing_comes_after_the_end)
{
    if (!TEST_HOSTILE_BUILD)
        run(the_end);
}

/* ---- others than processes ---- */

struct counts {
    _Atomic int spawned, ended, others;
    _Atomic bool ordered;
    uint64_t last;
};

static void count_event(void *context, const bl_trace_event *e)
{
    struct counts *c = context;
    if (e->ns < c->last)
        c->ordered = false; /* one at a time, so this needs no atomic */
    atomic_fetch_add(strcmp(e->name, "spawned") == 0 ? &c->spawned : strcmp(e->name, "exit") == 0 ? &c->ended : &c->others, 1);
}

static void parent(bl_term unused)
{
    (void)unused;
    for (int i = 0; i < rounds(1000); i++)
        bl_wait(bl_spawn(exit_with, bl_atom("normal")), NULL);
}

static struct counts counts;

LAW(traces, a_function_sees_all_that_are_new)
{
    counts = (struct counts){.ordered = true};
    bl_trace *t = bl_trace_to_function(count_event, &counts);
    cr_assert_eq(bl_trace_new(t, BL_TRACE_PROCS, 0), BL_OK);
    run(parent);
    while (counts.ended < rounds(1000) + 1) /* its end is told before it is waited for, but not before `run` */
        sched_yield();
    cr_assert_eq(bl_trace_end(t), BL_OK);
    cr_assert_eq(counts.spawned, rounds(1000));
    cr_assert_eq(counts.ended, rounds(1000) + 1);
    run(parent);
    cr_assert_eq(counts.ended, rounds(1000) + 1, "it is over");
}

LAW(traces, a_file_has_a_line_for_each)
{
    char path[] = "/tmp/beamling-trace-XXXXXX", line[2000];
    int fd = mkstemp(path), lines = 0, ends = 0, quoted = 0;
    cr_assert(fd >= 0);
    bl_trace *t = bl_trace_to_file(path);
    cr_assert(t);
    cr_assert_eq(bl_trace_new(t, BL_TRACE_ALL, 0), BL_OK);
    run(parent);
    bl_wait(bl_spawn(exit_with, bl_atom("say \"hi\"\n")), NULL);
    cr_assert_eq(bl_trace_end(t), BL_OK);
    FILE *f = fdopen(fd, "r");
    cr_assert(f);
    for (; fgets(line, sizeof line, f); lines++) {
        size_t n = strlen(line);
        cr_assert(line[0] == '{' && n > 2 && line[n - 2] == '}' && line[n - 1] == '\n', "%s", line);
        quoted += strstr(line, "\"event\":\"exit\",\"first\":\"'say \\\"hi\\\"\\\\n'\"") != NULL;
        ends += strstr(line, "\"event\":\"exit\",\"first\":\"normal\"") != NULL;
    }
    fclose(f);
    unlink(path);
    cr_assert_eq(quoted, 1, "what JSON wants to be escaped is");
    cr_assert(ends >= rounds(1000) && lines >= 3 * ends, "%d ends in %d lines", ends, lines);
    errno = 0;
    cr_assert(!bl_trace_to_file("/nowhere/at/all") && errno == ENOENT);
}

/* ---- those that are yet to come ---- */

static void claim_new(unsigned expected, bl_pid by)
{
    unsigned flags = 99;
    bl_term tracer;
    CLAIM(bl_trace_new_info(&flags, &tracer) == BL_OK && flags == expected);
    CLAIM(expected ? bl_same(tracer, bl_from_pid(by)) : bl_is_none(tracer));
}

static void new_ones(bl_term unused)
{
    (void)unused;
    bl_pid mortal_tracer = bl_spawn(sleeper, bl_int(0));
    bl_trace *t = bl_trace_to_process(mortal_tracer), *mine = bl_trace_to_process(bl_self());
    claim_new(0, bl_self());
    CLAIM(bl_trace_new(t, BL_TRACE_PROCS, 0) == BL_OK);
    CLAIM(bl_trace_new(mine, BL_TRACE_SEND, 0) == BL_ESTATE);
    claim_new(BL_TRACE_PROCS, mortal_tracer);
    bl_exit_signal(mortal_tracer, bl_atom("kill"));
    bl_wait(mortal_tracer, NULL);
    CLAIM(bl_trace_new(mine, BL_TRACE_SEND, 0) == BL_OK); /* its place is free */
    claim_new(BL_TRACE_SEND, bl_self());
    bl_trace_end(mine);
    claim_new(0, bl_self());
    CLAIM(bl_trace_new_info(NULL, NULL) == BL_EINVAL);
    bl_trace_end(t);
}

LAW(traces, of_the_new_end_with_their_tracer)
{
    run(new_ones);
}

/* ---- the end of a tracer, and mistakes ---- */

static void tracer_of(bl_term p)
{
    bl_trace *t = bl_trace_to_process(bl_self());
    CLAIM(bl_trace_process(t, bl_to_pid(p), BL_TRACE_RECEIVE, 0) == BL_OK);
    bl_send(bl_to_pid(p), bl_from_pid(bl_self()));
    claim_event(bl_to_pid(p), "receive", bl_from_pid(bl_self()));
    bl_trace_end(t); /* ours only: who is traced finds the rest */
}

static void ends(bl_term unused)
{
    (void)unused;
    unsigned flags = 1;
    bl_term tracer;
    bl_pid p = bl_spawn(sleeper, bl_int(0)), mortal_tracer = bl_spawn(sleeper, bl_int(0));
    bl_wait(bl_spawn(tracer_of, bl_from_pid(p)), NULL);
    CLAIM(bl_trace_info(p, &flags, &tracer) == BL_OK && !flags && !tracer.word);
    bl_trace *t = bl_trace_to_process(mortal_tracer), *mine = bl_trace_to_process(bl_self());
    CLAIM(bl_trace_process(t, p, BL_TRACE_RECEIVE, 0) == BL_OK);
    CLAIM(bl_trace_process(mine, p, BL_TRACE_RECEIVE, 0) == BL_ESTATE);
    CLAIM(bl_trace_process(t, mortal_tracer, BL_TRACE_RECEIVE, 0) == BL_EINVAL);
    CLAIM(bl_trace_process(mine, bl_self(), BL_TRACE_RECEIVE, 0) == BL_EINVAL);
    CLAIM(bl_trace_process(mine, p, 1u << 15, 0) == BL_EINVAL);
    CLAIM(bl_trace_process(NULL, p, BL_TRACE_RECEIVE, 0) == BL_EINVAL);
    CLAIM(bl_trace_info(p, &flags, &tracer) == BL_OK && flags == BL_TRACE_RECEIVE);
    CLAIM(bl_same(tracer, bl_from_pid(mortal_tracer)));
    bl_exit_signal(mortal_tracer, bl_atom("kill"));
    bl_wait(mortal_tracer, NULL);
    CLAIM(bl_trace_info(p, &flags, &tracer) == BL_OK && !flags);
    CLAIM(bl_trace_process(mine, p, BL_TRACE_RECEIVE, 0) == BL_OK);
    bl_exit_signal(p, bl_atom("kill"));
    bl_wait(p, NULL);
    CLAIM(bl_trace_process(mine, p, BL_TRACE_RECEIVE, 0) == BL_ENOPROC);
    CLAIM(bl_trace_info(p, &flags, &tracer) == BL_ENOPROC);
    claim_nothing();
    bl_trace_end(t);
    bl_trace_end(mine);
}

LAW(traces, end_with_their_tracer)
{
    run(ends);
}

/* ---- each other ---- */

static void traces_back(bl_term other)
{
    bl_trace *t = bl_trace_to_process(bl_self());
    CLAIM(bl_trace_process(t, bl_to_pid(other), BL_TRACE_RECEIVE, 0) == BL_OK);
    bl_send(bl_to_pid(other), bl_atom("traced"));
    while (!is_atom(bl_receive(), "stop"))
        ;
    bl_trace_end(t);
}

/* What one is told is not told to the other. */
static void each_other(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn(traces_back, bl_from_pid(bl_self()));
    bl_trace *t = bl_trace_to_process(bl_self());
    CLAIM(is_atom(bl_receive(), "traced"));
    CLAIM(bl_trace_process(t, p, BL_TRACE_RECEIVE, 0) == BL_OK);
    for (int i = 0; i < 3; i++) {
        bl_send(p, bl_int(i));
        claim_event(p, "receive", bl_int(i));
    }
    await_waiting(p);
    claim_nothing();
    bl_send(p, bl_atom("stop"));
    bl_wait(p, NULL);
    bl_trace_end(t);
}

LAW(traces, each_other)
{
    run(each_other);
}

/* ---- the barrier ---- */

static void talker(bl_term unused)
{
    (void)unused;
    bl_receive();
    for (int i = 0; i < rounds(200); i++)
        bl_send(bl_self(), bl_int(i));
    sleeper(unused);
}

static void delivered(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn(talker, bl_int(0));
    bl_trace *t = bl_trace_to_process(bl_self());
    CLAIM(bl_trace_process(t, p, BL_TRACE_SEND, 0) == BL_OK);
    bl_send(p, bl_atom("go"));
    await_waiting(p);
    bl_term reference = bl_trace_delivered(p);
    for (int i = 0; i < rounds(200); i++)
        claim_event(p, "send", bl_int(i));
    bl_term m = bl_receive();
    CLAIM(is_atom(bl_element(m, 0), "trace_delivered") && bl_same(bl_element(m, 2), reference));
    bl_trace_end(t);
}

LAW(traces, a_barrier)
{
    run(delivered);
}

/* ---- alarms ---- */

/* {monitor, of, what, value} */
static bl_term claim_alarm(bl_pid of, const char *what)
{
    bl_term m = bl_receive();
    CLAIM(is_atom(bl_element(m, 0), "monitor"));
    CLAIM(bl_same(bl_element(m, 1), bl_from_pid(of)));
    CLAIM(is_atom(bl_element(m, 2), what));
    return bl_element(m, 3);
}

static void picky(bl_term unused)
{
    (void)unused;
    for (int left = 10; left > 0;) {
        BL_RECEIVE {
            BL_ON("wanted")
                for (; left > 0; left--)
                    bl_receive();
        }
    }
    sleeper(unused);
}

static void long_queue(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn(picky, bl_int(0));
    const bl_system_limits limits = {.long_queue = 10, .short_queue = 5};
    bl_system_limits now;
    CLAIM(bl_system_monitor(bl_self(), &limits) == BL_OK);
    CLAIM(bl_same(bl_from_pid(bl_get_system_monitor(&now)), bl_from_pid(bl_self())));
    CLAIM(now.long_queue == 10 && now.short_queue == 5 && !now.long_gc_ms);
    for (int64_t i = 0; i < 9; i++)
        bl_send(p, bl_int(i));
    await_waiting(p);
    claim_nothing();
    bl_send(p, bl_int(9));
    CLAIM(is_atom(claim_alarm(p, "long_message_queue"), "true"));
    bl_send(p, bl_int(10));
    await_waiting(p);
    claim_nothing();
    bl_send(p, bl_atom("wanted"));
    CLAIM(is_atom(claim_alarm(p, "long_message_queue"), "false"));
    CLAIM(bl_system_monitor(bl_self(), &(bl_system_limits){.long_queue = 5, .short_queue = 5}) == BL_EINVAL);
    CLAIM(bl_system_monitor(bl_self(), NULL) == BL_OK);
    CLAIM(bl_pid_error(bl_get_system_monitor(NULL)) != BL_OK);
    bl_exit_signal(p, bl_atom("kill"));
    bl_wait(p, NULL);
}

LAW(traces, alarms_about_mailboxes)
{
    run(long_queue);
}

/* Who hears next is told as well, and not of an end that had no beginning. */
static void next_monitor(bl_term unused)
{
    (void)unused;
    const bl_system_limits limits = {.long_queue = 10, .short_queue = 5};
    bl_pid first = bl_spawn(sleeper, bl_int(0)), p = bl_spawn(picky, bl_int(0));
    CLAIM(bl_system_monitor(first, &limits) == BL_OK);
    for (int64_t i = 0; i < 10; i++)
        bl_send(p, bl_int(i));
    await_waiting(p);
    bl_exit_signal(first, bl_atom("kill"));
    bl_wait(first, NULL);
    CLAIM(bl_system_monitor(bl_self(), &limits) == BL_OK);
    bl_send(p, bl_int(10));
    CLAIM(is_atom(claim_alarm(p, "long_message_queue"), "true"));
    bl_system_monitor(bl_self(), NULL);
    bl_exit_signal(p, bl_atom("kill"));
    bl_wait(p, NULL);
}

LAW(traces, alarms_begin_anew)
{
    run(next_monitor);
}

static void hoarder(bl_term unused)
{
    bl_term list = bl_nil();
    (void)unused;
    bl_receive();
    for (int64_t i = 0; i < 20000; i++)
        list = bl_cons(bl_int(i), list);
    bl_collect();
    bl_receive();
    bl_exit(bl_head(list));
}

static void large_heap(bl_term unused)
{
    (void)unused;
    bl_pid p = bl_spawn(hoarder, bl_int(0));
    CLAIM(bl_system_monitor(bl_self(), &(bl_system_limits){.large_heap_words = 40000}) == BL_OK);
    bl_send(p, bl_atom("go"));
    int64_t words = bl_to_int(bl_element(bl_head(claim_alarm(p, "large_heap")), 1));
    CLAIM(words >= 40000 && words < 100000);
    bl_system_monitor(bl_self(), NULL);
    bl_exit_signal(p, bl_atom("kill"));
    bl_wait(p, NULL);
}

LAW(traces, alarms_about_heaps)
{
    run(large_heap);
}

static void slow(bl_term unused)
{
    (void)unused;
    bl_receive();
    CLAIM(bl_preempt_off() == BL_OK); /* or its time slice would be short */
    for (int64_t began = bl_monotonic_ns(); bl_monotonic_ns() - began < 30 * 1000 * 1000;)
        ; /* it calls nothing that could give way */
    bl_receive();
}

static void long_schedule(bl_term unused)
{
    (void)unused;
    CLAIM(bl_system_monitor(bl_self(), &(bl_system_limits){.long_schedule_ms = 25}) == BL_OK);
    bl_pid q = bl_spawn(slow, bl_int(0));
    bl_send(q, bl_atom("go"));
    for (;;) { /* on a slow machine others may be late as well */
        bl_term m = bl_receive();
        if (bl_same(bl_element(m, 1), bl_from_pid(q)) && bl_to_int(bl_element(bl_head(bl_element(m, 3)), 1)) >= 25)
            break;
    }
    bl_system_monitor(bl_self(), NULL);
    bl_exit_signal(q, bl_atom("kill"));
    bl_wait(q, NULL);
}

LAW(traces, alarms_about_time)
{
    run(long_schedule);
}
