/* processes.c - the public functions of beamling/processes.h: each checks who calls and
 * with what, takes in what has come (so that signals take effect in their order), and
 * hands over to the kernel. */
#include "beamling/beamling.h"

#include "api/call.h"
#include "data/atom.h"
#include "data/box.h"
#include "kernel/catch.h"
#include "kernel/garbage.h"
#include "kernel/info.h"
#include "kernel/link.h"
#include "kernel/monitor.h"
#include "kernel/name.h"
#include "kernel/receive.h"
#include "kernel/reception.h"
#include "kernel/select.h"
#include "kernel/spawn.h"

/* ---- exits ---- */

static void exit_to_self(struct sched *s, term reason)
{
    parcel packed = parcel_make(reason);
    exit_receive(s->current, process_pid(s->current), packed ? packed : term_atom(ATOM_no_memory), false, false);
    if (process_doomed(s->current))
        process_end_doomed();
}

bl_error bl_exit_signal(bl_pid to, bl_term reason)
{
    struct sched *s = enter();
    if (!reason.word || !term_is_pid(to.word))
        return BL_EINVAL;
    if (!s)
        return exit_send(term_pid(0, 0), to.word, reason.word);
    if (to.word == process_pid(s->current))
        exit_to_self(s, reason.word);
    else
        return done(exit_send(process_pid(s->current), to.word, reason.word));
    return BL_OK;
}

/* {reason, []} */
static term with_stack(struct sched *s, term reason)
{
    struct heap *h = process_heap(s->current);
    term t = h ? tuple_make(h, (term[]){reason, TERM_NIL}, 2) : TERM_NONE;
    return t ? t : term_atom(ATOM_no_memory);
}

static struct sched *must_be_process(const char *function)
{
    struct sched *s = self_sched();
    if (!s)
        panic("%s() outside a process: there is nobody to end", function);
    sched_check_stack(s);
    return s;
}

void bl_error_exit(bl_term reason)
{
    catch_error(must_be_process("bl_error_exit"), reason.word);
}

void bl_throw(bl_term value)
{
    struct sched *s = must_be_process("bl_throw");
    catch_leave(s->current, BL_CAUGHT_THROW, value.word);
    struct heap *h = process_heap(s->current);
    term nocatch = h ? tuple_make(h, (term[]){term_atom(ATOM_nocatch), value.word}, 2) : TERM_NONE;
    process_end_self(nocatch ? with_stack(s, nocatch) : term_atom(ATOM_no_memory));
}

bl_caught bl_catch(bl_term (*function)(bl_term), bl_term arg, bl_term *result)
{
    struct sched *s = enter();
    if (!s || !function)
        return BL_CAUGHT_NO_MEMORY;
    term value = TERM_NONE;
    bl_caught how = catch_call(s->current, function, arg.word, &value);
    if (result)
        *result = term_give(value);
    return how;
}

/* ---- links ---- */

bl_error bl_link_opt(bl_pid to, unsigned options)
{
    struct sched *s = enter();
    if (!s)
        return BL_ECONTEXT;
    if (!term_is_pid(to.word) || (options & ~(unsigned)BL_PRIORITY_MESSAGE))
        return BL_EINVAL;
    return done(link_self(s->current, to.word, options & BL_PRIORITY_MESSAGE));
}

bl_error bl_link(bl_pid to)
{
    return bl_link_opt(to, 0);
}

bl_error bl_unlink(bl_pid to)
{
    struct sched *s = enter();
    if (!s)
        return BL_ECONTEXT;
    return term_is_pid(to.word) ? done(unlink_self(s->current, to.word)) : BL_EINVAL;
}

/* ---- monitors and aliases ---- */

enum { ALIAS_MODES = BL_ALIAS_UNALIAS | BL_ALIAS_DEMONITOR | BL_ALIAS_REPLY };

bl_term bl_monitor_opt(bl_term of, unsigned options, bl_term tag)
{
    struct sched *s = enter();
    bool by_name = term_is_atom(of.word);
    if (!s || (!by_name && !term_is_pid(of.word)) || options > MONITOR_OPTIONS)
        return term_give(TERM_NONE);
    parcel packed = tag.word ? parcel_make(tag.word) : 0;
    if (tag.word && !packed)
        return term_give(TERM_NONE);
    term to = by_name ? name_find(of.word) : of.word, name = by_name ? of.word : TERM_NONE;
    return done_term(monitor_self(s, to, name, monitor_flags(options), packed));
}

bl_term bl_monitor(bl_pid of)
{
    return bl_monitor_opt(bl_from_pid(of), 0, term_give(TERM_NONE));
}

bl_term bl_monitor_name(bl_term name)
{
    return bl_is_atom(name) ? bl_monitor_opt(name, 0, term_give(TERM_NONE)) : term_give(TERM_NONE);
}

bl_error bl_demonitor(bl_term reference, bool flush, bool *was)
{
    bool ignored;
    struct sched *s = enter();
    if (!was)
        was = &ignored;
    *was = false;
    if (!s)
        return BL_ECONTEXT;
    if (!term_is_reference(reference.word))
        return BL_EINVAL;
    bl_error error = monitor_end_self(s->current, reference.word, was);
    if (!error && flush && !*was)
        select_drop(s->current, message_may_be_down, reference.word);
    select_unmark(s->current, reference.word);
    return done(error);
}

bl_term bl_alias(unsigned options)
{
    struct sched *s = enter();
    if (!s || options > MONITOR_OPTIONS || (options & BL_ALIAS_DEMONITOR))
        return term_give(TERM_NONE);
    return done_term(alias_self(s, monitor_flags(options)));
}

bool bl_unalias(bl_term alias)
{
    struct sched *s = enter();
    return s && term_is_reference(alias.word) && alias_end_self(s->current, alias.word);
}

/* ---- sending ---- */

static bl_error send_alias(term alias, term message, bool priority)
{
    struct sched *s = self_sched();
    if (s)
        sched_check_stack(s);
    if (events_are_wanted() && s)
        event(s->current, EVENT_SEND, message, alias);
    struct message *m = message_make(s, message);
    if (!m)
        return BL_ENOMEM;
    bl_error error = alias_send(s, alias, m, priority);
    if (error)
        message_free(m);
    return done(error);
}

static bl_error send_named(term pid, term name, term message)
{
    struct sched *s = self_sched();
    if (!s)
        return message_send_outside(pid, message);
    sched_check_stack(s);
    if (events_are_wanted())
        tell_sent(s, pid, name, message);
    return done(message_send(s, pid, message));
}

/* What was said is told, though nobody hears it. */
static bl_error send_unnamed(term name, term message)
{
    struct sched *s = self_sched();
    if (s)
        event(s->current, EVENT_SEND, message, name);
    return BL_ENAME;
}

bl_error bl_send_to(bl_term to, bl_term message)
{
    if (term_is_pid(to.word))
        return bl_send((bl_pid){to.word}, message);
    if (!message.word)
        return BL_EINVAL;
    if (term_is_atom(to.word)) {
        term pid = name_find(to.word);
        return pid ? send_named(pid, to.word, message.word) : send_unnamed(to.word, message.word);
    }
    if (!term_is_reference(to.word))
        return BL_EINVAL;
    return reference_is_alias(to.word) ? send_alias(to.word, message.word, false) : BL_OK;
}

bl_error bl_send_priority(bl_term alias, bl_term message)
{
    if (!message.word || !term_is_reference(alias.word))
        return BL_EINVAL;
    return reference_is_alias(alias.word) ? send_alias(alias.word, message.word, true) : BL_OK;
}

/* ---- names ---- */

bl_error bl_register(bl_term name, bl_pid pid)
{
    struct sched *s = enter();
    if (!term_is_atom(name.word) || !term_is_pid(pid.word))
        return BL_EINVAL;
    if (name.word == term_atom(ATOM_undefined) || name_find(name.word))
        return BL_ENAME;
    if (s && pid.word == process_pid(s->current))
        return done(name_take(s->current, name.word));
    return ask_for_error(pid.word, ASK_REGISTER, name.word);
}

bl_error bl_unregister(bl_term name)
{
    struct sched *s = enter();
    if (!term_is_atom(name.word))
        return BL_EINVAL;
    term pid = name_find(name.word);
    if (!pid)
        return BL_ENAME;
    if (s && pid == process_pid(s->current))
        return done(name_give_back(s->current, name.word));
    bl_error error = ask_for_error(pid, ASK_UNREGISTER, name.word);
    return error == BL_ENOPROC ? BL_ENAME : error;
}

bl_pid bl_whereis(bl_term name)
{
    return (bl_pid){name_find(name.word)};
}

bl_term bl_registered(void)
{
    enter();
    struct heap *h = garbage_heap();
    term list = h ? TERM_NIL : TERM_NONE, pid;
    for (uint32_t i = 0; list && runtime.count && name_next(&i, &pid); i++)
        list = cell_make(h, term_atom(i), list);
    return term_give(list);
}

/* ---- spawning ---- */

bl_pid bl_spawn_link(bl_function *function, bl_term arg)
{
    const bl_spawn_options options = {.link = true};
    return bl_spawn_opt(function, arg, &options);
}

bl_pid bl_spawn_monitor(bl_function *function, bl_term arg, bl_term *reference)
{
    const bl_spawn_options options = {.monitor = true, .reference = reference};
    return bl_spawn_opt(function, arg, &options);
}

/* The reply comes first of all: nothing that the child does can be received before we
 * take it in, and we do that later. */
static term why_not_spawned(bl_error error)
{
    switch (error) {
    case BL_ELIMIT: return term_atom(ATOM_system_limit);
    case BL_ENOMEM: return term_atom(ATOM_no_memory);
    default: return term_atom(ATOM_badopt);
    }
}

static bool reply_is_wanted(unsigned reply, bl_error error)
{
    switch (reply) {
    case BL_REPLY_NO: return false;
    case BL_REPLY_ERROR_ONLY: return error;
    case BL_REPLY_SUCCESS_ONLY: return !error;
    default: return true;
    }
}

bl_term bl_spawn_request(bl_function *function, bl_term arg, const bl_spawn_options *options, bl_term tag)
{
    struct sched *s = enter();
    bl_term reference = {0};
    bl_spawn_options o = options ? *options : (bl_spawn_options){0};
    if (!s || !function)
        return reference;
    o.reference = &reference;
    if (s->reductions < 2) {
        s->current->reductions += 2 - (uint32_t)s->reductions; /* those that are given back below */
        s->reductions = 2; /* no giving way before the reply is there */
    }
    bl_pid pid = bl_spawn_opt(function, arg, &o);
    bl_error error = bl_pid_error(pid);
    s = self_sched();
    if (!reference.word)
        reference = term_give(term_reference(reference_number(s)));
    term reply[4] = {tag.word ? tag.word : term_atom(ATOM_spawn_reply), reference.word,
                     term_atom(error ? ATOM_error : ATOM_ok), error ? why_not_spawned(error) : pid.word};
    if (reply_is_wanted(o.reply, error))
        signal_post(s->current, reply, 4, false);
    if (process_doomed(s->current))
        process_end_doomed();
    done(BL_OK);
    return reference;
}
