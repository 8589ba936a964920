/* inbox.pml - the inbox of a process: many senders, one owner, one word. data/mailbox.h
 *
 * One slot of the table has two lives. Two senders know the pid of the first and send it two messages, and one, in
 * whatever time that takes them: to the one who lives, to one who has died, to a slot that has been used again. Somebody
 * sends one to the second life. A timer rouses the first. The owner reads one message where it lies, takes many
 * at once, sleeps, and dies when it has received all, or after any message.
 *
 * Steps, and what they stand for (data/mailbox.h unless another file is named):
 *   sender     the generation is read       process_find(): acquire, a hint          kernel/process.h
 *              old = the word               inbox_push(): relaxed, confirmed by the CAS
 *              the compare-and-swap         inbox_push(): acq_rel
 *              queued = true                sched_ready() of kernel/sched.h, after MAILBOX_MUST_WAKE
 *   owner      the newest, unless read      inbox_peek(): acquire
 *              what = READ                  next_term() of kernel/receive.c: a plain store, the owner's alone
 *              the exchange                 inbox_take(): acquire, and message_take_in() of kernel/receive.c
 *              was = the word, and the CAS  inbox_idle(): acquire, then release
 *              the generation, the exchange close_mailbox() of kernel/leave.c, inbox_close(): release, then acq_rel
 *              the word is stored           inbox_open(): release; by process_spawn() of kernel/spawn.c
 *   rouser     the compare-and-swap         inbox_rouse(): acquire; by kernel/timer.c
 *
 * Memory order. All that decides is one word, and one word has one order of changes on every CPU. What hangs on it, a
 * message's contents and link, is written before a release and read after an acquire of that word: a sender's
 * stores cannot sink below its compare-and-swap, which BROKEN_5 lets them do. The generation in the slot is
 * another word, but a hint: a sender that reads it too old is refused by the word. So no store buffer is needed.
 *
 * Holds: messages of one sender are received in order and none twice (asserted), none by another life (asserted), each is
 * received, dropped by a death, or refused (asserted at the end); who sleeps while there is something for it
 * sleeps for ever, and that is an invalid end state. At most one wakes (asserted).
 *
 * Not modelled: generations that repeat after 2^20 lives; signals; several blocks to a message.
 *
 * BROKEN_1: inbox_idle() stores instead of comparing and swapping.
 * BROKEN_2: inbox_push() looks for CLOSED, but not at the generation.
 * BROKEN_3: inbox_push() finds out whether it must wake from the word as it was first read.
 * BROKEN_4: a message that is read where it lies is freed at once.
 * BROKEN_5: inbox_push() without release: the contents come after the compare-and-swap. */

#define EMPTY 0
#define IDLE 1
#define CLOSED 2
#define FIRST 3 /* FIRST + b: a pointer to block b */

#define BLOCKS 3
#define FREE 0
#define READ 255

#define MESSAGES 4
#define CODE(life, sender, seq) ((life) * 32 + (sender) * 8 + (seq))
#define LIST(pointer) ((pointer) < FIRST -> 0 : (pointer))

typedef block {
    byte next;
    byte what;
};
block blocks[BLOCKS];

byte word = EMPTY, bits = 1; /* the inbox: the pointer, and the generation */
byte generation = 1;         /* the slot's */
byte published = 1;          /* the pid of this life is known */
bool queued = false;         /* somebody has woken the owner */
byte received = 0, dropped = 0, refused = 0;
byte sending = 3, ended = 0;

inline wake()
{
    atomic {
        assert(!queued);
        queued = true;
    }
}

proctype sender(byte id, life, count)
{
    byte seq = 0, b, old_word, old_bits, first_word;
    bool must_wake;

    published >= life;
    do
    :: seq == count -> break
    :: else ->
        atomic {
            seq++;
            if
            :: generation != life -> goto dead_at_once
            :: else
            fi
        }
        atomic { /* pool_take(): what was freed last comes first */
            if
            :: blocks[0].what == FREE -> b = 0
            :: else -> if
                :: blocks[1].what == FREE -> b = 1
                :: else -> blocks[2].what == FREE; b = 2
                fi
            fi;
#ifdef BROKEN_5
            blocks[b].what = READ - 1 /* whatever it was before */
#else
            blocks[b].what = CODE(life, id, seq)
#endif
        }
        atomic {
            old_word = word;
            old_bits = bits;
            first_word = old_word;
    again:
            if
#ifdef BROKEN_2
            :: old_word == CLOSED -> goto dead
#else
            :: old_bits != life || old_word == CLOSED -> goto dead
#endif
            :: else
            fi;
            blocks[b].next = LIST(old_word) /* nobody else's yet */
        }
        atomic {
            if
            :: word == old_word && bits == old_bits ->
                word = FIRST + b;
#ifdef BROKEN_3
                must_wake = (first_word == IDLE)
#else
                must_wake = (old_word == IDLE)
#endif
            :: else ->
                old_word = word;
                old_bits = bits;
                goto again
            fi
        }
#ifdef BROKEN_5
        blocks[b].what = CODE(life, id, seq);
#endif
        if
        :: must_wake -> wake()
        :: else
        fi;
        goto next;
    dead:
        blocks[b].what = FREE;
    dead_at_once:
        atomic { refused++ }
    next:
        skip
    od;
    atomic { sending-- }
}

proctype rouser()
{
    do
    :: atomic { word == IDLE && bits == 1 -> word = EMPTY }
        wake();
        break
    :: break
    od
}

byte mail[4], mails = 0; /* the private list, oldest first; only the owner's */
byte got[3];

inline receive(what)
{
    d_step {
        assert(what / 32 == life);
        assert(what % 8 == got[(what / 8) % 4] + 1); /* in order, none twice, none left out */
        got[(what / 8) % 4]++;
        received++;
        mine++;
    }
}

/* What was taken out becomes the private list; all that in one step, since nobody else sees it. */
inline take_in(newest)
{
    d_step {
        n = 0;
        b = newest;
        do
        :: b >= FIRST ->
            assert(n < BLOCKS);
            stack[n] = b - FIRST;
            n++;
            b = blocks[b - FIRST].next
        :: else -> break
        od;
        oldest = n;
        do
        :: n > 0 ->
            n--;
            if
            :: blocks[stack[n]].what == READ -> assert(n == oldest - 1)
            :: else ->
                mail[mails] = blocks[stack[n]].what;
                mails++
            fi;
            blocks[stack[n]].what = FREE
        :: else -> break
        od;
        n = 0; b = 0; oldest = 0; stack[0] = 0; stack[1] = 0; stack[2] = 0;
        newest = 0
    }
}

proctype owner()
{
    byte life = 1, mine = 0, all = 3, newest = 0, v = 0, was;
    byte stack[BLOCKS], n = 0, b = 0, oldest = 0;
    bool slept;

alive:
    do
    :: mails > 0 ->
        d_step {
            v = mail[0];
            mail[0] = mail[1]; mail[1] = mail[2]; mail[2] = mail[3]; mail[3] = 0;
            mails--;
        }
        receive(v);
        goto received_one
    :: else ->
        atomic { /* inbox_peek(); what is in there is the owner's alone */
            newest = LIST(word);
            if
            :: newest && blocks[newest - FIRST].what != READ && !blocks[newest - FIRST].next ->
                v = blocks[newest - FIRST].what; /* alone: it is read where it lies */
#ifdef BROKEN_4
                blocks[newest - FIRST].what = FREE;
#else
                blocks[newest - FIRST].what = READ;
#endif
                newest = 0;
                receive(v);
                goto received_one
            :: else
            fi
        }
        if
        :: newest && blocks[newest - FIRST].what != READ ->
            atomic { newest = LIST(word); word = EMPTY } /* inbox_take() */
            take_in(newest)
        :: else -> /* inbox_idle() */
            atomic { was = word; newest = LIST(word); slept = true }
            if
            :: newest && blocks[newest - FIRST].what != READ -> slept = false
            :: !newest && was != EMPTY -> slept = false
            :: else
#ifdef BROKEN_1
                atomic { word = IDLE }
#else
                atomic {
                    if
                    :: word == was -> word = IDLE
                    :: else -> slept = false
                    fi
                }
#endif
            fi;
            if
            :: slept ->
                if
                :: newest -> blocks[newest - FIRST].what = FREE
                :: else
                fi;
                newest = 0;
                atomic { queued -> queued = false } /* asleep, until it is taken from a queue */
            :: else -> newest = 0
            fi
        fi
    od;

received_one:
    if
    :: mine < all -> goto alive
    :: true /* it dies */
    fi;
    generation = life + 1;
    atomic { newest = LIST(word); word = CLOSED; bits = life + 1 } /* inbox_close() */
    take_in(newest);
    d_step {
        dropped = dropped + mails;
        mails = 0;
        mail[0] = 0; mail[1] = 0; mail[2] = 0; mail[3] = 0
    }
    atomic { ended = life }
    if
    :: life == 1 ->
        d_step { life = 2; mine = 0; all = 1; v = 0 }
        if /* inbox_open(): straight-line, or resting */
        :: word = EMPTY; published = 2
        :: word = IDLE; published = 2; atomic { queued -> queued = false }
        fi;
        goto alive
    :: else
    fi
}

init
{
    atomic {
        run owner();
        run sender(0, 1, 2);
        run sender(1, 1, 1);
        run sender(2, 2, 1);
        run rouser();
    }
    ended == 2 && sending == 0;
    assert(received + dropped + refused == MESSAGES);
    assert(blocks[0].what == FREE && blocks[1].what == FREE && blocks[2].what == FREE);
}
