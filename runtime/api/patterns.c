/* patterns.c - the public functions behind the macros of beamling/receive.h: each finds
 * the compiled form of its text, and hands over.
 *
 * A text is compiled when its place in the source is first reached, and kept for the life
 * of the OS process: there are as many as the program has such places. A text with a
 * mistake in it can never work, so it is reported at once, and ends the program. */
#include <stdarg.h>
#include <string.h>

#include "beamling/beamling.h"
#include "api/call.h"
#include "data/atom.h"
#include "data/compile.h"
#include "kernel/catch.h"
#include "kernel/garbage.h"
#include "kernel/monitor.h"
#include "kernel/name.h"
#include "kernel/receive.h"
#include "kernel/reference.h"
#include "kernel/select.h"

/* ---- compiling once ---- */

static COLD _Noreturn void complain(const char *text, const struct text_error *why)
{
    panic("\"%s\", at byte %zu: %s", text, why->offset, why->sentence);
}

/* Two threads may compile the same text; one of them is kept. acquire and release: who
 * finds it, sees it whole. */
static void *publish(bl_site *site, void *compiled, void (*drop)(void *))
{
    void *found = NULL;
    if (__atomic_compare_exchange_n(&site->compiled, &found, compiled, false, __ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
        return compiled;
    drop(compiled);
    return found;
}

static void drop_pattern(void *p)
{
    pattern_free(p);
}

static void drop_build(void *b)
{
    syntax_free(b);
}

static COLD const struct pattern *compile_pattern(bl_site *site, const char *text)
{
    struct text_error why;
    struct pattern *p = pattern_compile(text, strlen(text), &why);
    if (!p)
        complain(text, &why);
    const struct pattern *published = publish(site, p, drop_pattern);
    if (published->look.simple && published->look.root_mask == ~UINT64_C(0))
        __atomic_store_n(&site->exact, published->look.root_word, __ATOMIC_RELAXED); /* the same for everybody */
    return published;
}

static COLD const struct build *compile_build(bl_site *site, const char *text)
{
    struct text_error why;
    struct build *b = build_compile(text, strlen(text), &why);
    if (!b)
        complain(text, &why);
    return publish(site, b, drop_build);
}

static inline const struct pattern *pattern_at(bl_site *site, const char *text)
{
    const struct pattern *p = __atomic_load_n(&site->compiled, __ATOMIC_ACQUIRE);
    return LIKELY(p != NULL) ? p : compile_pattern(site, text);
}

static inline const struct build *build_at(bl_site *site, const char *text)
{
    const struct build *b = __atomic_load_n(&site->compiled, __ATOMIC_ACQUIRE);
    return LIKELY(b != NULL) ? b : compile_build(site, text);
}

/* A match that needed memory, and found none. */
static COLD void no_memory(void)
{
    if (!self_sched())
        panic("no memory to match a deep term");
    process_end_self(term_atom(ATOM_no_memory));
}

/* t may match. */
static inline bool matches(const struct pattern *p, term t, const uint64_t *words)
{
    enum pattern_result result = pattern_match_seen(p, t, words);
    if (UNLIKELY(result == PATTERN_NO_MEMORY))
        no_memory();
    return result == PATTERN_YES;
}

static struct sched *calling_sched(void)
{
    struct sched *s = self_sched();
    if (s)
        sched_check_stack(s);
    return s;
}

/* ---- matching and building ---- */

bool bl_match(bl_term t, bl_site *site, const char *text, ...)
{
    calling_sched();
    const struct pattern *p = pattern_at(site, text);
    if (!t.word || !pattern_may_match(p, t.word))
        return false;
    uint64_t words[BUILD_ARGS_MOST];
    va_list args;
    va_start(args, text);
    pattern_read_args(p, &args, words);
    va_end(args);
    return matches(p, t.word, words);
}

bl_term bl_build(bl_site *site, const char *text, ...)
{
    calling_sched();
    struct heap *h = garbage_heap();
    const struct build *b = build_at(site, text);
    if (!h)
        return term_give(TERM_NONE);
    uint64_t words[BUILD_ARGS_MOST];
    bl_error error;
    va_list args;
    va_start(args, text);
    build_read_args(b, &args, words);
    va_end(args);
    return term_give(build_make_args(h, b, words, &error));
}

static bl_error send_word(term to, bool pid, term word)
{
    return pid ? bl_send((bl_pid){to}, term_give(word)) : bl_send_to(term_give(to), term_give(word));
}

/* An immediate, or what only the heap of the caller can tell: as it says in the book. */
static bl_error send_term(term to, bool pid, const struct build *b, const uint64_t *words)
{
    bl_error error = BL_ENOMEM;
    struct heap *h = garbage_heap();
    term t = h ? build_make_args(h, b, words, &error) : TERM_NONE;
    return t ? send_word(to, pid, t) : error;
}

static bl_error send_made_to_pid(struct sched *s, term pid, term said, struct block *made)
{
    if (events_are_wanted() && s)
        tell_sent(s, pid, said, made->message.word);
    return message_send_block(s, pid, made);
}

static bl_error send_made_to_alias(struct sched *s, term alias, struct block *made)
{
    if (events_are_wanted() && s)
        event(s->current, EVENT_SEND, made->message.word, alias);
    bl_error error = alias_send(s, alias, &made->message, false);
    if (error)
        message_free(&made->message);
    return error;
}

/* Whoever it is that `to` means; what is none of these is nobody. The message is the callee's. */
static NOINLINE bl_error send_made_to(struct sched *s, term to, struct block *made)
{
    if (reference_is_alias(to))
        return send_made_to_alias(s, to, made);
    term pid = term_is_atom(to) ? name_find(to) : TERM_NONE;
    if (pid)
        return send_made_to_pid(s, pid, to, made);
    message_free(&made->message); /* or an alias that is none any more */
    return term_is_reference(to) ? BL_OK : term_is_atom(to) ? BL_ENAME : BL_EINVAL;
}

static inline bl_error send_made(struct sched *s, term to, bool pid, struct block *made)
{
    if (LIKELY(s != NULL) && LIKELY(sched_charge_early(s)))
        return pid ? send_made_to_pid(s, to, to, made) : send_made_to(s, to, made);
    bl_error error = pid ? send_made_to_pid(s, to, to, made) : send_made_to(s, to, made);
    if (s != NULL)
        sched_charge(s, 1);
    return error;
}

/* NULL: it is not the usual case. */
static inline __attribute__((always_inline)) struct block *make_plain(const struct build *b, va_list *args)
{
    const struct template *t = b->template;
    return LIKELY(t && t->plain) ? build_message_plain(t, args) : NULL;
}

/* `pid`: it is one, though maybe nobody's. */
static NOINLINE bl_error send_text(struct sched *s, term to, bool pid, const struct build *b, va_list *args)
{
    term word = build_word(b);
    if (word)
        return send_word(to, pid, word);
    uint64_t words[BUILD_ARGS_MOST];
    bl_error error;
    build_read_args(b, args, words);
    if (!build_is_boxed(b))
        return send_term(to, pid, b, words);
    struct block *made = build_message(b, words, &error);
    return made ? send_made(s, to, pid, made) : error;
}

/* These two are one, written twice: a function that copies a va_list is not inlined. */
bl_error bl_send_built(bl_pid to, bl_site *site, const char *text, ...)
{
    struct sched *s = calling_sched();
    const struct build *b = build_at(site, text);
    va_list args;
    va_start(args, text);
    struct block *made = make_plain(b, &args);
    va_end(args);
    if (LIKELY(made != NULL))
        return send_made(s, to.word, true, made);
    va_start(args, text);
    bl_error error = send_text(s, to.word, true, b, &args);
    va_end(args);
    return error;
}

bl_error bl_send_built_to(bl_term to, bl_site *site, const char *text, ...)
{
    struct sched *s = calling_sched();
    const struct build *b = build_at(site, text);
    va_list args;
    va_start(args, text);
    struct block *made = make_plain(b, &args);
    va_end(args);
    if (LIKELY(made != NULL))
        return send_made(s, to.word, term_is_pid(to.word), made);
    va_start(args, text);
    bl_error error = send_text(s, to.word, term_is_pid(to.word), b, &args);
    va_end(args);
    return error;
}

/* ---- receiving ---- */

/* bl_receive_next(), under its name for the linker: so that it ends in the tail call into the
 * switch, as bl_receive() does (api.c). A bool is a register whose low byte is 0 or 1. */
BL_API uint64_t receive_next(bl_receiver *) __asm__("bl_receive_next");

uint64_t receive_next(bl_receiver *r)
{
    struct sched *s = calling_sched();
    if (UNLIKELY(!s))
        panic("BL_RECEIVE outside a process: there is no mailbox");
    return select_next(s, r);
}

bl_receiver bl_receive_since(bl_term reference, bl_site *site)
{
    bl_receiver r = {.site = site};
    struct sched *s = calling_sched();
    if (s)
        select_since(s, &r, reference.word);
    return r;
}

bool bl_receive_on(bl_receiver *r, bl_site *site, const char *text, ...)
{
    const struct pattern *p = pattern_at(site, text);
    term t = select_message(r);
    if (!t || !pattern_may_match(p, t))
        return false;
    uint64_t words[BUILD_ARGS_MOST];
    va_list args;
    va_start(args, text);
    pattern_read_args(p, &args, words);
    va_end(args);
    if (!matches(p, t, words))
        return false;
    if (!p->keeps) {
        select_discard(self_sched(), r);
        return true;
    }
    term taken = select_take(self_sched(), r);
    if (taken != t)
        matches(p, taken, words); /* it has moved, and the holes are to hold it where it is now */
    return true;
}

bool bl_receive_after(bl_receiver *r, int64_t milliseconds)
{
    if (!select_done(r) && UNLIKELY(!select_limit(r, milliseconds)))
        catch_error(self_sched(), term_atom(ATOM_timeout_value));
    return false;
}

bool bl_receive_expired(bl_receiver *r)
{
    return select_expired(r);
}

size_t bl_mailbox_length(void)
{
    struct sched *s = calling_sched();
    return s ? select_length(s) : 0;
}

size_t bl_mailbox_bytes(void)
{
    struct sched *s = calling_sched();
    return s ? select_bytes(s) : 0;
}
