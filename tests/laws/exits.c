/* A process ends when its function returns or when it says so, and its reason is heard. */
#include "support/law.h"

static bl_term reason_of(bl_function *function, bl_term arg)
{
    bl_pid p = bl_spawn(function, arg);
    CLAIM(bl_pid_error(p) == BL_OK);
    return end_of(p);
}

/* Waits to be told, so that who asks for the reason is never too late. */
static void gate(void)
{
    CLAIM(is_atom(bl_receive(), "go"));
}

static void return_(bl_term unused)
{
    (void)unused;
    gate();
}

static void exit_(bl_term reason)
{
    gate();
    bl_exit(reason);
}

static void descend(int depth, bl_term reason)
{
    volatile char frame[64] = {(char)depth};
    if (depth == 0)
        bl_exit(reason);
    descend(depth - 1, reason);
    frame[0]++; /* never reached, and keeps this from being a loop */
    CLAIM(!"a function went on after bl_exit()");
}

static void exit_in_the_depth(bl_term reason)
{
    gate();
    descend(200, reason);
}

struct question {
    bl_pid pid;
    bl_term answer;
};

static struct question question;

static void ask(bl_term unused)
{
    (void)unused;
    question.answer = end_of(question.pid);
}

/* The reason, as heard by a process that asked before the end. */
static bl_term heard(bl_function *function, bl_term arg)
{
    question.pid = bl_spawn(function, arg);
    bl_pid asker = spawn(ask, 0);
    bl_send(question.pid, bl_atom("go"));
    cr_assert(ended_well(asker));
    return question.answer;
}

/* Who asks too late hears `noproc`; both answers are right when nobody holds the gate. */
static bool is_or_noproc(bl_term reason, bl_term wanted)
{
    return bl_same(reason, wanted) || is_atom(reason, "noproc");
}

LAW(exits, returning_is_normal)
{
    cr_assert(is_or_noproc(heard(return_, bl_int(0)), bl_atom("normal")));
}

static void ask_and_open(bl_term function_number)
{
    static bl_function *const functions[] = {return_, exit_, exit_in_the_depth};
    bl_pid p = bl_spawn(functions[bl_to_int(function_number)], bl_int(77));
    bl_pid opener = spawn(return_, 0);
    (void)opener;
    bl_send(opener, bl_atom("go"));
    bl_send(p, bl_atom("go"));
    bl_term reason = end_of(p);
    bl_term wanted = bl_to_int(function_number) ? bl_int(77) : bl_atom("normal");
    CLAIM(is_or_noproc(reason, wanted));
}

LAW(exits, the_reason_is_what_was_given)
{
    for (int i = 0; i < 3; i++)
        cr_assert(ended_well(spawn(ask_and_open, i)));
}
