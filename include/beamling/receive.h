/* receive.h - taking messages by pattern, and terms apart. Included by beamling.h.
 *
 *     BL_RECEIVE {
 *         BL_ON("inc")                    n++;
 *         BL_ON("{get, %p}", &from)       bl_send(from, bl_int(n));
 *         BL_AFTER(5000)                  bl_exit(bl_atom("idle"));
 *     }
 *
 * As in Erlang: the oldest message is tried against the clauses from the top; if none
 * matches, the next message, and the others stay where they are, in their order. The
 * first that matches is taken out and its clause runs; then the receive is over. If no
 * message matches, it waits for more.
 *
 * The language of patterns, with all holes (%i, %p, ...), is in docs/patterns.md. A text with a mistake is reported, with its place, and
 * ends the program the first time its receive is reached, whatever is in the mailbox.
 *
 * A clause is a statement: use braces for more than one. `break`, `return` and `goto` may
 * leave it (the message is taken, nothing needs cleaning up), receives may be nested in
 * it. Nothing but clauses may stand in a BL_RECEIVE. */
#ifndef BEAMLING_RECEIVE_H
#define BEAMLING_RECEIVE_H

#ifndef BEAMLING_BEAMLING_H
#error "include beamling/beamling.h instead"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* No limit, for BL_AFTER. */
#define BL_INFINITY (-1)

/* The clauses. [process] */
#define BL_RECEIVE BL_RECEIVER_LOOP_({NULL, NULL, 0, BL_SITE_, NULL, {0}, 0})

/* The same, but messages that were in the mailbox before `reference` was made by this
 * process (bl_make_reference()) are not looked at: they cannot contain it. For the answer
 * to a call, however many messages wait. The last reference made counts; and, for who has
 * monitors, seven before it, until bl_demonitor(). With others everything is looked at. */
#define BL_RECEIVE_SINCE(reference) BL_RECEIVER_LOOP_(bl_receive_since(reference, BL_SITE_))

/* When the message matches: BL_ON(pattern, arguments for its holes...) statement. The
 * arguments are evaluated once, or not at all. */
#define BL_ON(...)                                                                                 \
    if ((bl_receiver_.state & BL_RECEIVER_STATES_) < BL_RECEIVER_EXPIRED_ &&                       \
        BL_LOOK_(bl_receiver_.message, false, bl_receive_on, &bl_receiver_, __VA_ARGS__))

/* When no message that matches has come for so many milliseconds: 0 .. 2^32 - 1, or
 * BL_INFINITY; anything else is an error, {timeout_value, []}, as of bl_error_exit(). Never early. The last
 * clause; evaluated once. 0: what is there is looked at, all of it. */
#define BL_AFTER(milliseconds)                                                                     \
    if ((bl_receiver_.state & BL_RECEIVER_STATES_) < BL_RECEIVER_DONE_ &&                          \
        (bl_receiver_.state & BL_RECEIVER_TIMED_ ? bl_receive_expired(&bl_receiver_)               \
                                                 : bl_receive_after(&bl_receiver_, (milliseconds))))

/* Does t match? The holes are filled if it does, else nothing is written. [any]
 *     if (BL_MATCH(t, "{point, %i, %i}", &x, &y)) ... */
#define BL_MATCH(t, ...) BL_MATCH_(t, __VA_ARGS__)

/* A term from a text and values: BL_TERM("{point, %i, %i}", (int64_t)1, (int64_t)2). "No
 * term" if there is no memory, or a value is not what its hole says. [any] */
#define BL_TERM(...) bl_build(BL_SITE_, __VA_ARGS__)

/* Send what BL_TERM() would build. It is built where it will be received: nothing is copied,
 * and nothing of it is left on the heap of the sender, unless a value is a term that lives on
 * a heap. Results: bl_send()'s; BL_EINVAL also if a value is not what its hole says. [any]
 *     BL_SEND(server, "{get, %p}", bl_self()); */
#define BL_SEND(to, ...) bl_send_built((to), BL_SITE_, __VA_ARGS__)

/* The same to a term: a pid, an alias, or a name. Results: bl_send_to()'s as well. [any]
 *     BL_SEND_TO(alias, "{%r, %i}", alias, answer); */
#define BL_SEND_TO(to, ...) bl_send_built_to((to), BL_SITE_, __VA_ARGS__)

/* How many messages wait in the mailbox of this process. Constant time, spread over
 * their arrivals. (process_info(self(), message_queue_len)) [process] */
BL_API size_t bl_mailbox_length(void);
/* How many bytes they take, large binaries not included: those are shared. The same cost. */
BL_API size_t bl_mailbox_bytes(void);

/* ---- what the macros are made of ---- */

/* A place in the source, and what was found out about it once: its text is always the same. */
typedef struct bl_site {
    void *compiled;
    uint64_t exact; /* the one word that matches, and nothing but words do; 0: not known to be so */
} bl_site;

typedef struct bl_receiver {
    void *place;
    void *timer;
    uint64_t deadline;
    bl_site *site;
    void *alone;     /* a message that is looked at where it lies */
    bl_term message; /* that it looks at */
    unsigned state;
} bl_receiver;

/* The first look of a compiled pattern: the term itself, the first word it points to (if it is
 * to be a tuple or a list), and another; or the value of a key, if it is to be a map. Most
 * misfits fail here, and cost no call. */
typedef struct bl_look {
    uint64_t root_mask, root_word, first_mask, first_word, other_mask, other_word;
    uint64_t key; /* of a map, a word, whose value is the other; 0: none */
    uint32_t other_offset;
    bool enters; /* it is to be a tuple or a list */
    bool simple; /* who passes matches, and nothing is to be written */
} bl_look;

enum bl_seen { BL_MISFIT_, BL_MATCHES_, BL_UNDECIDED_ };
enum { BL_SMALL_MAP_ = 2 << 3 };

/* False: the small map at `object` has another word for the key. A small map is a header, the
 * number of its pairs, the keys, and the values; a large one has another header. */
static inline bool bl_look_in_map(const uint64_t *object, const bl_look *look)
{
    uint64_t pairs = object[0] >> 9, i;
    if ((object[0] & 0xf8) != BL_SMALL_MAP_)
        return true;
    for (i = 0; i < pairs; i++)
        if (object[2 + i] == look->key)
            return (object[2 + pairs + i] & look->other_mask) == look->other_word;
    return false;
}

/* The number that a text of one to three digits is, or -1. */
static inline int bl_number_(const char *text)
{
    if (text[0] < '0' || text[0] > '9')
        return -1;
    if (!text[1])
        return text[0] - '0';
    if (text[0] == '0' || text[1] < '0' || text[1] > '9')
        return -1;
    if (!text[2])
        return 10 * (text[0] - '0') + text[1] - '0';
    if (text[2] < '0' || text[2] > '9' || text[3])
        return -1;
    return 100 * (text[0] - '0') + 10 * (text[1] - '0') + text[2] - '0';
}

/* Such a text, if the compiler optimises, is seen by it: clauses that are numbers, and `_`, cost
 * what a switch does. */
#define BL_IS_CLEAR_(text) (__builtin_constant_p(*(text)) && (bl_number_(text) >= 0 || (*(text) == '_' && !(text)[1])))

static inline enum bl_seen bl_look_clearly(bl_term t, const char *text)
{
    if (*text == '_')
        return t.word ? BL_MATCHES_ : BL_MISFIT_; /* "no term" matches nothing */
    return t.word == bl_int(bl_number_(text)).word ? BL_MATCHES_ : BL_MISFIT_;
}

static inline enum bl_seen bl_look_at(bl_term t, const bl_site *site)
{
    uint64_t exact = __atomic_load_n(&site->exact, __ATOMIC_RELAXED); /* alone it says all */
    if (exact)
        return t.word == exact ? BL_MATCHES_ : BL_MISFIT_;
    const bl_look *look = (const bl_look *)__atomic_load_n(&site->compiled, __ATOMIC_ACQUIRE);
    if (__builtin_expect(!look, 0))
        return BL_UNDECIDED_;
    if ((t.word & look->root_mask) != look->root_word)
        return BL_MISFIT_;
    if (look->enters || look->key) {
        uintptr_t address = (uintptr_t)(t.word & ~(uint64_t)7);
        __asm__("" : "+r"(address)); /* or compilers warn where they know that t is no pointer */
        const uint64_t *object = (const uint64_t *)address;
        if (look->key)
            return bl_look_in_map(object, look) ? BL_UNDECIDED_ : BL_MISFIT_;
        if ((object[0] & look->first_mask) != look->first_word ||
            (object[look->other_offset] & look->other_mask) != look->other_word)
            return BL_MISFIT_;
    }
    return look->simple && t.word ? BL_MATCHES_ : BL_UNDECIDED_;
}

enum { BL_RECEIVER_EXPIRED_ = 3, BL_RECEIVER_DONE_ = 4, BL_RECEIVER_STATES_ = 15, BL_RECEIVER_TIMED_ = 16 };

#define BL_RECEIVER_GOES_ON_                                                                       \
    (bl_receiver_.state & BL_RECEIVER_STATES_) < BL_RECEIVER_DONE_ && bl_receive_next(&bl_receiver_)

BL_API bl_receiver bl_receive_since(bl_term reference, bl_site *);
BL_API bool bl_receive_next(bl_receiver *);
BL_API bool bl_receive_on(bl_receiver *, bl_site *, const char *pattern, ...);
BL_API bool bl_receive_after(bl_receiver *, int64_t milliseconds);
BL_API bool bl_receive_expired(bl_receiver *);
BL_API bool bl_match(bl_term t, bl_site *, const char *pattern, ...);
BL_API bl_term bl_build(bl_site *, const char *text, ...);
BL_API bl_error bl_send_built(bl_pid to, bl_site *, const char *text, ...);
BL_API bl_error bl_send_built_to(bl_term to, bl_site *, const char *text, ...);

#ifdef __cplusplus
}
#endif

/* A receive in a clause, or a term that is built in the arguments of another, declares the same
 * names again, so that it finds its own: not by mistake, as -Wshadow would have it, which does
 * not look at what systems declare. What is above is looked at as usual. */
#pragma GCC system_header
#define BL_RECEIVER_LOOP_(...) for (bl_receiver bl_receiver_ = __VA_ARGS__; BL_RECEIVER_GOES_ON_;)

#define BL_SITE_                                                                                   \
    __extension__({                                                                                \
        static bl_site bl_site_;                                                                   \
        &bl_site_;                                                                                 \
    })

#define BL_TEXT_(text, ...) text

/* Look at t; if that does not decide, f(what, site, text, arguments...) does. To match is not
 * `enough` where f has more to do. */
#define BL_LOOK_(t, enough, f, what, ...)                                                          \
    __extension__({                                                                                \
        static bl_site bl_site_;                                                                   \
        enum bl_seen bl_seen_ = BL_IS_CLEAR_(BL_TEXT_(__VA_ARGS__, ))                              \
                                    ? bl_look_clearly((t), BL_TEXT_(__VA_ARGS__, ))                \
                                    : bl_look_at((t), &bl_site_);                                  \
        bl_seen_ != BL_MISFIT_ &&                                                                  \
            (((enough) && bl_seen_ == BL_MATCHES_) || f((what), &bl_site_, __VA_ARGS__));          \
    })

#define BL_MATCH_(t, ...)                                                                          \
    __extension__({                                                                                \
        bl_term bl_matched_ = (t);                                                                 \
        BL_LOOK_(bl_matched_, true, bl_match, bl_matched_, __VA_ARGS__);                           \
    })
#endif
