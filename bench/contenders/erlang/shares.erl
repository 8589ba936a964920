%% shares.erl - shares: do processes that compute for ever share the CPUs evenly?
%%
%% n processes take turns of 10,000 steps each until a window closes, and count those that end while it is open.
-module(shares).
-export([names/0, sample/1]).
-export([unit/3]).

-define(AFTER, 50000000). % ns until the window opens
-define(FOR, 1000000000). % ns it is open
-define(STEPS, 10000).

names() -> [shares].

sample(#{n := N}) ->
    Opens = nanoseconds() + ?AFTER,
    [spawn_link(?MODULE, unit, [I, Opens, self()]) || I <- lists:seq(1, N)],
    {Sum, Turns} = lists:foldl(fun(_, {S, T}) -> receive {done, I, Had} -> {S + I, [Had | T]} end end,
                               {0, []}, lists:seq(1, N)),
    All = lists:sum(Turns),
    All > 0 orelse exit(nobody_ended_a_turn_while_turns_counted),
    Fewest = 100 * N * lists:min(Turns) / All,
    #{value => Fewest, unit => "%", ops => All, work => length(Turns), checksum => Sum, peak_live => N,
      more => [{fewest, Fewest}, {most, 100 * N * lists:max(Turns) / All}]}.

unit(Number, Opens, Runner) ->
    Runner ! {done, Number, turns(Opens, 0)}.

turns(Opens, Had) ->
    _ = turn(?STEPS, 1),
    case nanoseconds() - Opens of
        Since when Since >= ?FOR -> Had;
        Since when Since >= 0 -> turns(Opens, Had + 1);
        _ -> turns(Opens, Had)
    end.

turn(0, X) -> X;
turn(Steps, X) -> turn(Steps - 1, (5 * X + 1) band 16#FFFFFF).

nanoseconds() -> erlang:monotonic_time(nanosecond).
