/* beamling_resting_crowds.c - chameneos: creatures that rest between meetings. Their state is one integer:
 * how often they have met, and their colour. */
#include "../figures/draws.h"
#include "beamling_crew.h"
#include "beamling_crowds.h"
#include "beamling_terms.h"

static int64_t meet_somebody(int64_t meetings, int64_t colour)
{
    BL_SEND(crew.pids[0], "{meet, %p, %i}", bl_self(), colour);
    return COLOURS * meetings + colour;
}

static bl_term creature(bl_term state, bl_term message)
{
    int64_t meetings = bl_to_int(state) / COLOURS, colour = bl_to_int(state) % COLOURS, theirs;
    bl_pid other;
    if (BL_MATCH(message, "{meet, %p, %i}", &other, &theirs)) {
        colour = mixed(colour, theirs);
        BL_SEND(other, "{change, %i}", colour);
        return bl_int(meet_somebody(meetings + 1, colour));
    }
    if (BL_MATCH(message, "{change, %i}", &colour))
        return bl_int(meet_somebody(meetings + 1, colour));
    if (BL_MATCH(message, "0")) /* set off */
        return bl_int(meet_somebody(0, colour));
    if (!BL_MATCH(message, "stop"))
        bl_exit(bl_atom("normal"));
    bl_send(crew.pids[0], bl_int(meetings));
    return bl_int(colour);
}

static int begin(const struct setting *setting)
{
    int r = crew_hire(0, crowd_mall, bl_nil());
    (void)setting;
    for (int i = 1; i <= CHAMENEOS && !r; i++) {
        bl_pid pid = bl_spawn_resting(creature, bl_int(i % COLOURS));
        r = bl_pid_error(pid) ? crew_failed(pid) : 0;
        crew.pids[crew.size] = pid;
        crew.size += r == 0;
    }
    return r;
}

const struct task beamling_resting_chameneos = {.begin = begin, .batches = chameneos_batches, .end = crew_end};
