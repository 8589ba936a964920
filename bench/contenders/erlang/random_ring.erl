%% random_ring.erl - a ring whose order has nothing to do with that of its creation.
%%
%% - Each member is told who comes next before the clock, and says that it was. It passes on what is
%%   left of a token; who ends one tells the runner who comes next, where the next batch begins.
%% - The random choices are those of bench/figures/draws.h.
-module(random_ring).
-export([names/0, expected/1, peak_live/1, prepare/1, member/1]).

-define(HOPS, 200000).
-define(TOKENS, 1000).

names() -> [random_ring].

expected(_) -> {?HOPS, ?HOPS}.
peak_live(#{n := N}) -> N.

prepare(#{n := N, variant := Variant}) ->
    Runner = self(),
    Members = list_to_tuple([spawn_opt(?MODULE, member, [Runner], [link]) || _ <- lists:seq(1, N)]),
    Next = cycle(N),
    [element(I, Members) ! {next, element(atomics:get(Next, I), Members)} || I <- lists:seq(1, N)],
    [receive told -> ok end || _ <- lists:seq(1, N)],
    Tokens = tokens(Variant),
    put(starts, [element(1 + T * N div Tokens, Members) || T <- lists:seq(0, Tokens - 1)]),
    fun() -> batch(?HOPS div Tokens) end.

tokens(tokens) -> ?TOKENS;
tokens(one_token) -> 1.

%% One cycle through all of 1..N, each with the same chance: Sattolo's.
cycle(N) ->
    Next = atomics:new(N, []),
    [atomics:put(Next, I, I) || I <- lists:seq(1, N)],
    shuffle(Next, N, 1),
    Next.

shuffle(_, 1, _) -> ok;
shuffle(Next, I, Before) ->
    Drawn = crowds:draw(Before),
    J = 1 + Drawn rem (I - 1),
    Kept = atomics:get(Next, I),
    atomics:put(Next, I, atomics:get(Next, J)),
    atomics:put(Next, J, Kept),
    shuffle(Next, I - 1, Drawn).

batch(Each) ->
    Starts = get(starts),
    [Member ! Each || Member <- Starts],
    Ends = [receive {ended, Next} -> Next end || _ <- Starts],
    put(starts, Ends),
    {Each * length(Ends), Each * length(Ends)}.

member(Runner) ->
    receive {next, Next} -> Runner ! told, pass_on(Next, Runner) end.

pass_on(Next, Runner) ->
    receive
        1 -> Runner ! {ended, Next};
        Left -> Next ! Left - 1
    end,
    pass_on(Next, Runner).
