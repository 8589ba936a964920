/* trace.c - the public functions of beamling/trace.h, and the observer that is a file. */
#include "kernel/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "api/call.h"
#include "base/memory.h"
#include "data/atom.h"
#include "data/print.h"
#include "kernel/extra.h"
#include "kernel/garbage.h"
#include "kernel/receive.h"
#include "kernel/reference.h"
#include "kernel/sysmon.h"

/* ---- a file: one object of JSON a line ---- */

struct trace_file {
    FILE *file;
    int error; /* the first that there was */
};

enum { MOST_TEXT = 400 /* bytes of a term; what is longer is cut */ };

static void write_quoted(FILE *f, const char *bytes, size_t n)
{
    putc('"', f);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '"' || c == '\\')
            putc('\\', f);
        if (c < ' ')
            fprintf(f, "\\u%04x", c);
        else
            putc(c, f);
    }
    putc('"', f);
}

/* Not in the middle of a character: bytes of UTF-8 that go on begin with 10. */
static size_t cut_text(const char *bytes, size_t n)
{
    if (n <= MOST_TEXT)
        return n;
    for (n = MOST_TEXT; n && ((unsigned char)bytes[n] & 0xc0) == 0x80; n--)
        ;
    return n;
}

static void write_member(FILE *f, const char *key, term t)
{
    struct text text;
    if (!t)
        return;
    text_init(&text);
    fprintf(f, ",\"%s\":", key);
    if (term_print(&text, t))
        write_quoted(f, text.bytes, cut_text(text.bytes, text.count));
    else
        fputs("null", f);
    text_fini(&text);
}

static void write_event(void *context, const bl_trace_event *e)
{
    struct trace_file *to = context;
    FILE *f = to->file;
    fprintf(f, "{\"ns\":%" PRIu64 ",\"scheduler\":%u", e->ns, e->scheduler);
    write_member(f, "process", e->process.word);
    fprintf(f, ",\"event\":\"%s\"", e->name);
    write_member(f, "first", e->first.word);
    write_member(f, "second", e->second.word);
    fputs("}\n", f);
    if (ferror(f) && !to->error)
        to->error = errno;
}

static bl_error close_file(struct trace_file *file)
{
    if (!file)
        return BL_OK;
    int error = file->error;
    if (fclose(file->file) && !error)
        error = errno;
    memory_free(file, sizeof *file);
    errno = error;
    return error ? BL_EIO : BL_OK;
}

bl_trace *bl_trace_to_file(const char *path)
{
    struct trace_file *to = memory_alloc(sizeof *to);
    if (!to) {
        errno = ENOMEM;
        return NULL;
    }
    *to = (struct trace_file){.file = path ? fopen(path, "we") : NULL};
    struct bl_trace *t = to->file ? trace_create(TERM_NONE, write_event, to) : NULL;
    if (t)
        return t;
    int error = !path ? EINVAL : to->file ? ENOMEM : errno;
    if (to->file)
        (void)fclose(to->file); /* nothing has been written */
    memory_free(to, sizeof *to);
    errno = error;
    return NULL;
}

/* ---- other observers ---- */

bl_trace *bl_trace_to_process(bl_pid tracer)
{
    return term_is_pid(tracer.word) ? trace_create(tracer.word, NULL, NULL) : NULL;
}

bl_trace *bl_trace_to_function(bl_trace_function *function, void *context)
{
    return function ? trace_create(TERM_NONE, function, context) : NULL;
}

bl_error bl_trace_end(bl_trace *t)
{
    if (!t)
        return BL_EINVAL;
    trace_end(t);
    struct trace_file *file = trace_context(t, write_event);
    trace_release(t);
    return close_file(file);
}

/* ---- whom ---- */

static bool are_flags(unsigned flags)
{
    return flags < 2u * BL_TRACE_LAST;
}

static bl_error trace_one(struct sched *s, struct bl_trace *t, term pid, unsigned add, unsigned remove)
{
    if (s && pid == process_pid(s->current))
        return trace_set(s->current, t, add, remove);
    uint64_t order = trace_order(t, add, remove);
    return order ? ask_for_error(pid, ASK_TRACE, order) : BL_ENOMEM;
}

bl_error bl_trace_process(bl_trace *t, bl_pid pid, unsigned add, unsigned remove)
{
    struct sched *s = enter();
    if (!t || !term_is_pid(pid.word) || !are_flags(add | remove))
        return BL_EINVAL;
    return done(trace_one(s, t, pid.word, add, remove));
}

/* The process in slot i; TERM_NONE: none. */
static term pid_at(uint64_t i)
{
    const struct process *p = &processes.all[i];
    /* acquire: pairs with the end of the life before. Whether it lives is asked of itself. */
    uint32_t generation = atomic_load_explicit(&p->generation, memory_order_acquire);
    return generation ? term_pid((uint32_t)i, generation) : TERM_NONE;
}

bl_error bl_trace_existing(bl_trace *t, unsigned add, unsigned remove, size_t *how_many)
{
    size_t n = 0;
    enter();
    if (!t || !are_flags(add | remove))
        return BL_EINVAL;
    for (uint64_t i = 1, end = runtime.count ? processes_used() : 0; i < end; i++) {
        term pid = pid_at(i);
        if (!pid)
            continue;
        bl_error error = trace_one(self_sched(), t, pid, add, remove);
        if (error == BL_ENOMEM)
            return error;
        n += !error;
    }
    if (how_many)
        *how_many = n;
    return done(BL_OK);
}

bl_error bl_trace_new(bl_trace *t, unsigned add, unsigned remove)
{
    if (!t || !are_flags(add | remove))
        return BL_EINVAL;
    return trace_set_new(t, add, remove);
}

bl_error bl_trace_info(bl_pid pid, unsigned *flags, bl_term *tracer)
{
    struct sched *s = enter();
    struct heap h;
    parcel answer = 0;
    bl_error error = BL_OK;
    if (!term_is_pid(pid.word) || !flags)
        return BL_EINVAL;
    heap_init(&h);
    if (s && pid.word == process_pid(s->current))
        answer = parcel_of(event_watcher(s->current, &h));
    else
        error = ask(pid.word, ASK_TRACED, 0, &answer);
    heap_fini(&h);
    if (error || !answer)
        return error ? error : BL_ENOMEM;
    const term *pair = box_payload(parcel_term(answer));
    *flags = (unsigned)term_int_value(pair[0]);
    if (tracer)
        *tracer = term_give(term_is_pid(pair[1]) ? pair[1] : TERM_NONE);
    parcel_release(answer);
    return done(BL_OK);
}

bl_error bl_trace_new_info(unsigned *flags, bl_term *tracer)
{
    term who;
    if (!flags)
        return BL_EINVAL;
    *flags = trace_info_new(&who);
    if (tracer)
        *tracer = term_give(who);
    return BL_OK;
}

/* ---- has all been told? ---- */

/* Who is asked has told its tracer of everything before it answers. */
bl_term bl_trace_delivered(bl_pid pid)
{
    struct sched *s = enter();
    if (!s || !term_is_pid(pid.word))
        return term_give(TERM_NONE);
    parcel answer;
    if (pid.word != process_pid(s->current))
        (void)ask(pid.word, ASK_ALIVE, 0, &answer); /* that there is none is an answer too */
    s = self_sched();
    term reference = term_reference(reference_number(s));
    struct message *m = message_of_tuple((term[]){term_atom(ATOM_trace_delivered), pid.word, reference}, 3);
    if (!m)
        return term_give(TERM_NONE);
    message_send_block(s, process_pid(s->current), CONTAINER_OF(m, struct block, message));
    return done_term(reference);
}

/* ---- alarms ---- */

bl_error bl_system_monitor(bl_pid monitor, const bl_system_limits *limits)
{
    if (!limits) {
        sysmon_set(TERM_NONE, NULL);
        return BL_OK;
    }
    if (!term_is_pid(monitor.word) || (limits->long_queue && limits->short_queue >= limits->long_queue))
        return BL_EINVAL;
    sysmon_set(monitor.word, limits);
    return BL_OK;
}

bl_pid bl_get_system_monitor(bl_system_limits *limits)
{
    bl_system_limits ignored;
    term monitor = sysmon_get(limits ? limits : &ignored);
    return (bl_pid){monitor && process_find(monitor) ? monitor : TERM_NONE};
}
