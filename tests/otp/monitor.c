/* monitor.c - cases of monitor_SUITE. */
#include "otp/words.h"

/* ---- who watches is ended, or another ends his monitor ---- */

static void end_parent(bl_term parent)
{
    claim_next(atom("ok"));
    bl_exit_signal(bl_to_pid(parent), atom("foo"));
}

static void watch_who_ends_us(bl_term unused)
{
    bl_pid b = bl_spawn(end_parent, self());
    bl_monitor(b);
    bl_send(b, atom("ok"));
    idler(unused);
}

CASE(monitor, case_1)
{
    bl_trap_exit(true);
    for (int64_t i = full(1, 1000); i > 0; i--)
        claim_exit(bl_spawn_link(watch_who_ends_us, bl_int(0)), atom("foo"));
}

static void demonitor_what_comes(bl_term parent)
{
    bool was = true;
    CLAIM(bl_demonitor(bl_receive(), false, &was) == BL_OK && !was);
    bl_send_to(parent, atom("true"));
}

CASE(monitor, case_2a)
{
    for (int64_t i = full(1, 1000); i > 0; i--) {
        bl_term r;
        bl_pid b = bl_spawn_monitor(demonitor_what_comes, self(), &r);
        bl_send(b, r);
        claim_next(atom("true"));
        claim_down(r, bl_from_pid(b), atom("normal"));
    }
}

/* ---- what is refused, and what is not ---- */

static void send_monitor(bl_term to)
{
    bl_send_to(to, bl_monitor(bl_to_pid(to)));
    claim_next(atom("stop"));
}

/* The cases demon_e_1, demon_1 and demon_2 too. */
CASE(monitor, mon_e_1)
{
    bl_term wrong[] = {BL_TERM("[bingo]"), BL_TERM("{rex, node, junk}"), bl_int(1), no_term()}, r;
    bl_pid p;
    for (int i = 0; i < 4; i++) {
        CLAIM(bl_is_none(bl_monitor_opt(wrong[i], 0, no_term())));
        CLAIM(bl_demonitor(wrong[i], false, NULL) == BL_EINVAL);
    }
    CLAIM(bl_is_none(bl_monitor_opt(self(), 1u << 20, no_term())));
    CLAIM(bl_demonitor(atom("plutt"), false, NULL) == BL_EINVAL);
    p = bl_spawn(send_monitor, self());
    CLAIM(bl_demonitor(bl_receive(), false, NULL) == BL_OK); /* not ours */
    bl_send(p, atom("stop"));
    CLAIM(bl_demonitor(bl_make_reference(), false, NULL) == BL_OK);
    r = bl_monitor(bl_self());
    CLAIM(bl_demonitor(r, false, NULL) == BL_OK && bl_demonitor(r, false, NULL) == BL_OK);
    p = bl_spawn(idler, bl_int(0));
    CLAIM(bl_demonitor(bl_monitor(p), false, NULL) == BL_OK);
    bl_exit_signal(p, atom("frop"));
    CLAIM(!bl_is_alive(p));
    claim_nothing();
}

/* ---- a butler: does what he is told, and has a name ---- */

static bl_term lists(void)
{
    return BL_TUPLE(info(bl_self(), "monitors"), info(bl_self(), "monitored_by"));
}

/* {Parent, Name}; Name may be []. */
static void jeeves(bl_term about)
{
    bl_term parent = bl_element(about, 0), t;
    if (bl_is_atom(bl_element(about, 1)))
        CLAIM(bl_register(bl_element(about, 1), bl_self()) == BL_OK);
    bl_send_to(parent, atom("started"));
    for (;;)
        BL_RECEIVE {
            BL_ON("monitors") bl_send_to(parent, lists());
            BL_ON("{monitor_process, %t}", &t) bl_send_to(parent, bl_monitor_opt(t, 0, no_term()));
            BL_ON("stop") return;
            BL_ON("{exit, %t}", &t) bl_exit(t);
        }
}

static bl_pid start_jeeves(const char *name)
{
    bl_pid p = bl_spawn(jeeves, BL_TUPLE(self(), atom(name)));
    claim_next(atom("started"));
    return p;
}

static void sleep_and_end(bl_term milliseconds)
{
    bl_sleep((uint64_t)bl_to_int(milliseconds));
}

CASE(monitor, mon_1)
{
    bl_pid p = bl_spawn(sleep_and_end, bl_int(1));
    bl_term r = bl_monitor(p), reason = claim_fired(r);
    bl_term name = atom("jeeves"), named = BL_TERM("{jeeves, nonode@nohost}");
    CLAIM(is_atom(reason, "normal") || is_atom(reason, "noproc"));
    p = bl_spawn_monitor(sleep_and_end, bl_int(1), &r);
    claim_down(r, bl_from_pid(p), atom("normal"));
    p = bl_spawn(sleep_and_end, bl_int(100000));
    r = bl_monitor(p);
    bl_exit_signal(p, atom("frop"));
    claim_down(r, bl_from_pid(p), atom("frop"));
    r = bl_monitor(p);
    claim_down(r, bl_from_pid(p), atom("noproc"));
    p = bl_spawn_monitor(sleep_and_end, bl_int(100000), &r);
    bl_exit_signal(p, atom("frop"));
    claim_down(r, bl_from_pid(p), atom("frop"));
    p = start_jeeves("jeeves");
    r = bl_monitor_name(name);
    bl_send(p, atom("stop"));
    claim_down(r, named, atom("normal"));
    p = start_jeeves("jeeves");
    r = bl_monitor_opt(name, 0, no_term());
    bl_send(p, BL_TERM("{exit, frop}"));
    claim_down(r, named, atom("frop"));
    claim_down(bl_monitor_name(name), named, atom("noproc"));
    claim_nothing();
}

CASE(monitor, demonitor_flush)
{
    bl_pid p = bl_spawn(idler, bl_int(0));
    bl_term m[4];
    CLAIM(bl_demonitor(atom("x"), true, NULL) == BL_EINVAL);
    for (int i = 0; i < 4; i++)
        m[i] = bl_monitor(p);
    CLAIM(bl_demonitor(m[0], true, NULL) == BL_OK);
    bl_exit_signal(p, atom("bang"));
    BL_RECEIVE {
        BL_ON("{'DOWN', %=r, process, %=p, bang}", m[1], p) (void)0;
    }
    while (bl_mailbox_length() < 2)
        bl_yield();
    CLAIM(bl_demonitor(m[2], true, NULL) == BL_OK);
    CLAIM(bl_demonitor(m[3], false, NULL) == BL_OK);
    claim_down(m[3], bl_from_pid(p), atom("bang"));
    claim_nothing();
}

/* ---- aliases ---- */

static void nothing(bl_term unused)
{
    (void)unused;
}

static void demonitor_twice(bl_term alias)
{
    CLAIM(bl_demonitor(alias, false, NULL) == BL_OK);
    CLAIM(bl_demonitor(alias, true, NULL) == BL_OK);
}

CASE(monitor, gh_5225_demonitor_alias)
{
    bl_term r;
    bl_spawn_options o = {.monitor = true, .monitor_options = BL_ALIAS_UNALIAS, .reference = &r};
    bl_pid p;
    demonitor_twice(bl_alias(0));
    p = bl_spawn_opt(nothing, bl_int(0), &o);
    claim_down(r, bl_from_pid(p), atom("normal"));
    demonitor_twice(r);
    r = bl_monitor_opt(bl_from_pid(p), BL_ALIAS_UNALIAS, no_term());
    claim_down(r, bl_from_pid(p), atom("noproc"));
    demonitor_twice(r);
    claim_nothing();
}

static void greet_alias(bl_term unused)
{
    bl_term alias;
    (void)unused;
    BL_RECEIVE {
        BL_ON("{alias, %r}", &alias) CLAIM(bl_send_to(alias, atom("hello_via_alias")) == BL_OK);
    }
}

CASE(monitor, unexpected_alias_at_demonitor_gh5310)
{
    bl_pid p = bl_spawn_link(greet_alias, bl_int(0));
    bl_term monitor = bl_monitor(p), alias = bl_monitor_opt(bl_from_pid(p), BL_ALIAS_REPLY, no_term());
    CLAIM(bl_demonitor(alias, true, NULL) == BL_OK);
    BL_SEND(p, "{alias, %r}", alias);
    claim_down(monitor, bl_from_pid(p), atom("normal"));
    claim_nothing();
}

static void end_on_message(bl_term parent)
{
    bl_send_to(parent, atom("ready"));
    bl_exit(bl_receive());
}

static void demonitor_who_ends(bl_term about)
{
    bl_pid parent, p;
    bl_term alias;
    MUST_MATCH(about, "{%p, %p}", &parent, &p);
    alias = bl_monitor_opt(bl_from_pid(p), BL_ALIAS_UNALIAS, no_term());
    bl_send(parent, atom("ready"));
    BL_RECEIVE {
        BL_ON("go") (void)0;
    }
    CLAIM(bl_demonitor(alias, true, NULL) == BL_OK);
    while (bl_is_alive(p))
        bl_yield();
    claim_nothing();
    bl_send(parent, atom("done"));
}

CASE(monitor, down_on_alias_gh5310)
{
    bl_term compound = BL_TERM("{a, [compound], \"reason\"}");
    unsigned ending = ON(1) ? 1 : 3;
    bl_spawn_options o = {.link = true, .scheduler = ON(1) ? 1 : 2};
    for (int64_t i = full(200, 8000); i > 0; i--) {
        bl_pid ender = bl_spawn_on(ending, end_on_message, self()), watcher;
        claim_next(atom("ready"));
        watcher = bl_spawn_opt(demonitor_who_ends, BL_TUPLE(self(), bl_from_pid(ender)), &o);
        claim_next(atom("ready"));
        bl_yield();
        bl_send(ender, i % 2 ? atom("bye") : compound);
        bl_send(watcher, atom("go"));
        claim_next(atom("done"));
    }
}

/* With an alias, and with a tag, or without. */
static void watch_nobody(bool aliased, bool tagged)
{
    bl_term name = atom("undefined_name_gh6185"), tag = tagged ? BL_TERM("{%r}", bl_make_reference()) : no_term();
    bl_term r = bl_monitor_opt(name, aliased ? BL_ALIAS_UNALIAS : 0, tag);
    claim_next(BL_TUPLE(tagged ? tag : atom("DOWN"), r, atom("process"), BL_TUPLE(name, atom("nonode@nohost")),
                        atom("noproc")));
    CLAIM(bl_send_to(r, bl_int(1)) == BL_OK);
    CLAIM(bl_send(bl_self(), bl_int(2)) == BL_OK);
    if (aliased)
        claim_next(bl_int(1));
    claim_next(bl_int(2));
    CLAIM(bl_unalias(r) == aliased);
    CLAIM(bl_send_to(r, bl_int(3)) == BL_OK);
    claim_nothing();
}

static void watch_nobody_and_end(bl_term about)
{
    bool aliased = bl_to_int(about) & 1, tagged = bl_to_int(about) & 2;
    bl_yield();
    bl_monitor_opt(atom("undefined_name_gh6185"), aliased ? BL_ALIAS_UNALIAS : 0,
                   tagged ? bl_make_reference() : no_term());
    bl_exit(atom("bang"));
}

/* Theirs does the same with ports, and with a process of an earlier node. */
CASE(monitor, monitor_3_noproc_gh6185)
{
    for (int64_t i = 0; i < 4; i++) {
        bl_term r;
        bl_pid p;
        watch_nobody(i & 1, i & 2);
        p = bl_spawn_monitor(watch_nobody_and_end, bl_int(i), &r);
        claim_down(r, bl_from_pid(p), atom("bang"));
    }
}

/* ---- large words ---- */

static void exit_when_told(bl_term reason)
{
    bl_receive();
    bl_exit(reason);
}

CASE(monitor, large_exit)
{
    for (int i = 0; i < 100; i++) {
        bl_term s0 = BL_TERM("{big, tuple, with, [list, 4563784278]}"), s = BL_TUPLE(s0, big_binary()), r;
        bl_pid p = bl_spawn(exit_when_told, s);
        r = bl_monitor(p);
        bl_send(p, atom("hej"));
        claim_down(r, bl_from_pid(p), s);
    }
}

/* {Parent, Tag, Processes} */
static void watch_all(bl_term about)
{
    bl_term parent = bl_element(about, 0), tag = bl_element(about, 1), all = bl_element(about, 2), kept = bl_nil();
    size_t n = length(all);
    for (; bl_is_cons(all); all = bl_tail(all))
        bl_monitor_opt(bl_head(all), 0, tag);
    bl_send_to(parent, atom("ready"));
    BL_RECEIVE {
        BL_ON("continue") (void)0;
    }
    bl_collect();
    while (bl_mailbox_length())
        kept = bl_cons(bl_receive(), kept);
    bl_collect();
    CLAIM(length(kept) == n);
    for (; bl_is_cons(kept); kept = bl_tail(kept))
        CLAIM(BL_MATCH(bl_head(kept), "{%=t, %*r, process, %*p, bang}", tag));
}

/* Here there is one way to keep messages, whatever is asked for. */
static void store_tags(bool off_heap)
{
    bl_term tag = BL_TERM("{%r, [tag]}", bl_make_reference()), all = bl_nil(), messages, r;
    bl_spawn_options o = {.link = true, .monitor = true, .message_queue_off_heap = off_heap, .reference = &r};
    bl_pid receiver;
    int n = (int)full(1000, 4000);
    for (int i = 0; i < n; i++)
        all = bl_cons(bl_from_pid(bl_spawn_link(idler, bl_int(0))), all);
    receiver = bl_spawn_opt(watch_all, BL_TUPLE(self(), tag, all), &o);
    claim_next(atom("ready"));
    for (; bl_is_cons(all); all = bl_tail(all)) {
        bl_unlink(bl_to_pid(bl_head(all)));
        bl_exit_signal(bl_to_pid(bl_head(all)), atom("bang"));
    }
    while (bl_to_int(info(receiver, "message_queue_len")) < n)
        bl_yield();
    messages = info(receiver, "messages");
    CLAIM(length(messages) == (size_t)n);
    bl_collect();
    for (; bl_is_cons(messages); messages = bl_tail(messages))
        CLAIM(BL_MATCH(bl_head(messages), "{%=t, %*r, process, %*p, bang}", tag));
    bl_send(receiver, atom("continue"));
    claim_down(r, bl_from_pid(receiver), atom("normal"));
}

CASE(monitor, monitor_tag_storage)
{
    bl_process_flag(atom("priority"), atom("max"));
    store_tags(false);
    store_tags(true);
}

/* ---- what process_info says ---- */

static bl_term always; /* the word of the one who watches this case */

/* These are ours; the second list without the one who watches the case. */
static void claim_ours(bl_term monitors, bl_term monitored_by)
{
    bl_term by = info(bl_self(), "monitored_by"), others = bl_nil();
    for (; bl_is_cons(by); by = bl_tail(by))
        if (!bl_same(bl_head(by), always))
            others = bl_cons(bl_head(by), others);
    CLAIM(bl_same(info(bl_self(), "monitors"), monitors) && bl_same(others, monitored_by));
}

static void claim_his(bl_pid p, bl_term monitors, bl_term monitored_by)
{
    bl_send(p, atom("monitors"));
    claim_next(BL_TUPLE(monitors, monitored_by));
}

static void jeeves_is_watched(void)
{
    bl_term none = bl_nil(), us = BL_LIST(self()), r;
    bl_pid p = start_jeeves("jeeves");
    claim_ours(none, none);
    claim_his(p, none, none);
    r = bl_monitor(p);
    claim_ours(BL_LIST(BL_TUPLE(atom("process"), bl_from_pid(p))), none);
    claim_his(p, none, us);
    CLAIM(bl_demonitor(r, false, NULL) == BL_OK);
    claim_nothing();
    claim_ours(none, none);
    claim_his(p, none, none);
    r = bl_monitor_name(atom("jeeves"));
    claim_ours(BL_TERM("[{process, {jeeves, nonode@nohost}}]"), none);
    claim_his(p, none, us);
    bl_send(p, atom("stop"));
    claim_down(r, BL_TERM("{jeeves, nonode@nohost}"), atom("normal"));
    claim_ours(none, none);
}

static void jeeves_watches_and_ends(void)
{
    bl_term none = bl_nil();
    bl_pid p = start_jeeves("jeeves");
    claim_ours(none, none);
    claim_his(p, none, none);
    bl_send(p, BL_TERM("{monitor_process, master_bertie}"));
    CLAIM(bl_is_reference(bl_receive()));
    claim_ours(none, BL_LIST(bl_from_pid(p)));
    claim_his(p, BL_TERM("[{process, {master_bertie, nonode@nohost}}]"), none);
    bl_send(p, BL_TERM("{exit, frop}"));
    while (is_in(bl_from_pid(p), info(bl_self(), "monitored_by")))
        bl_yield();
    claim_ours(none, none);
}

CASE(monitor, list_cleanup)
{
    always = info(bl_self(), "parent");
    CLAIM(bl_register(atom("master_bertie"), bl_self()) == BL_OK);
    for (int64_t i = full(1, 100); i > 0; i--) {
        jeeves_is_watched();
        jeeves_watches_and_ends();
    }
    CLAIM(bl_unregister(atom("master_bertie")) == BL_OK);
}

/* ---- the end ---- */

/* Beside those who keep the schedulers busy, and are more important. */
CASE(monitor, named_down)
{
    bl_spawn_options high = {.link = true, .priority = BL_PRIORITY_HIGH};
    bl_term name = atom("monitor_SUITE-named_down");
    bl_pid hogs[4];
    bl_process_flag(atom("priority"), atom("high"));
    for (unsigned i = 0; i < otp_schedulers; i++)
        hogs[i] = bl_spawn_opt(looper, bl_int(0), &high);
    for (int64_t i = full(1, 400); i > 0; i--) {
        bl_pid p = bl_spawn_link(idler, bl_int(0));
        bl_term r;
        CLAIM(bl_register(name, p) == BL_OK);
        bl_unlink(p);
        r = bl_monitor_name(name);
        bl_exit_signal(p, atom("bang"));
        claim_down(r, BL_TUPLE(name, atom("nonode@nohost")), atom("bang"));
        CLAIM(bl_register(name, bl_self()) == BL_OK);
        CLAIM(bl_unregister(name) == BL_OK);
    }
    for (unsigned i = 0; i < otp_schedulers; i++)
        put_away(hogs[i]);
}

enum { MEMBERS = 100 };

/* Each is over, or has fired: one of the two. */
static void remove_monitors(bl_term master)
{
    bl_term monitors[MEMBERS];
    for (int i = 0; i < MEMBERS; i++)
        monitors[i] = bl_monitor(bl_spawn(nothing, bl_int(0)));
    for (int i = 0; i < MEMBERS; i++) {
        bool was, fired = false;
        CLAIM(bl_demonitor(monitors[i], false, &was) == BL_OK);
        BL_RECEIVE {
            BL_ON("{'DOWN', %=r, _, _, _}", monitors[i]) fired = true;
            BL_AFTER(0) (void)0;
        }
        CLAIM(was != fired);
    }
    claim_nothing();
    bl_send_to(master, atom("result"));
}

CASE(monitor, local_remove_monitor)
{
    int64_t groups = full(100, 400);
    for (int64_t i = 0; i < groups; i++)
        bl_spawn_link(remove_monitors, self());
    for (int64_t i = 0; i < groups; i++)
        claim_next(atom("result"));
}
