%% savina_basic.erl - programs of Savina and its like: skynet, fj_create, thread_ring,
%% counting, spawn_storm. With two CPUs all of them are left to the emulator's schedulers,
%% but for the spawners of spawn_storm, each of which is bound to one.
%%
%% - As in figures.erl: prepare/1 creates the units, which then wait, and returns the
%%   batch; spawn/3 with a function's name, and what a process has to say is a message.
%% - Who may have many messages waiting keeps them off its heap. (The runner does.)
-module(savina_basic).
-export([names/0, expected/1, peak_live/1, prepare/1]).
-export([node/4, made_for_one/1, member/2, counter/1, producer/2, spawner/2, short_lived/2]).

-define(HOPS, 100000).

%% What the batch before the clock of skynet counts: places in an array.
-define(MADE, 1).
-define(LIVE, 2).
-define(PEAK, 3).

names() -> [skynet, fj_create, thread_ring, counting, spawn_storm].

%% {Work, Checksum} of a batch; its work is also its number of operations.
expected(#{figure := skynet, n := N}) ->
    Leaves = leaves(N),
    {units(Leaves), sum(Leaves - 1)};
expected(#{figure := thread_ring}) -> {?HOPS, ?HOPS};
expected(#{figure := counting, n := N}) -> {N, N};
expected(#{n := N}) -> {N, sum(N)}.

%% Units alive at once. In skynet it was counted; 0: nobody counts.
peak_live(#{figure := skynet}) -> get(peak);
peak_live(#{figure := thread_ring, n := N}) -> N;
peak_live(#{figure := counting}) -> 2;
peak_live(_) -> 0.

sum(N) -> N * (N + 1) div 2.

unit(Function, Arguments, Options) ->
    spawn_opt(?MODULE, Function, Arguments, [link | Options]).

done() -> receive {done, Work, Sum} -> {Work, Sum} end.

%% -- preparing -------------------------------------------------------------

prepare(#{figure := skynet, n := N}) ->
    Leaves = leaves(N),
    Counts = atomics:new(3, []),
    {_, _} = grow(Leaves, Counts),
    put(peak, atomics:get(Counts, ?PEAK)),
    case {atomics:get(Counts, ?MADE), units(Leaves)} of
        {Units, Units} -> fun() -> grow(Leaves, none) end;
        {Made, _} -> fun() -> {Made, 0} end
    end;
prepare(#{figure := fj_create, n := N}) ->
    fun() -> create(1, N), gather(N, 0, 0) end;
prepare(#{figure := thread_ring, n := N}) ->
    First = ring(N),
    fun() -> First ! 0, done() end;
prepare(#{figure := counting, n := N}) ->
    Counter = unit(counter, [0], [{message_queue_data, off_heap}]),
    Producer = unit(producer, [N, Counter], []),
    fun() -> Producer ! {go, self()}, done() end;
prepare(#{figure := spawn_storm, n := N, cpus := K} = Setting) ->
    Spawners = [unit(spawner, [N * I div K + 1, N * (I + 1) div K],
                     [{message_queue_data, off_heap} | figures:place(Setting, I + 1)]) || I <- lists:seq(0, K - 1)],
    fun() ->
        [Spawner ! {go, self()} || Spawner <- Spawners],
        lists:foldl(fun(_, {Work, Sum}) -> {W, S} = done(), {Work + W, Sum + S} end, {0, 0}, Spawners)
    end.

gather(0, Work, Sum) -> {Work, Sum};
gather(Left, Work, Sum) ->
    receive I when is_integer(I) -> gather(Left - 1, Work + 1, Sum + I) end.

%% -- skynet ----------------------------------------------------------------

leaves(N) when N < 10 -> 1;
leaves(N) -> 10 * leaves(N div 10).

units(Leaves) -> Leaves + (Leaves - 1) div 9.

grow(Leaves, Counts) ->
    count_birth(Counts),
    spawn(?MODULE, node, [self(), 0, Leaves, Counts]),
    receive Sum -> {units(Leaves), Sum} end.

%% Its leaves are First..First + Size - 1.
node(Parent, First, 1, Counts) ->
    Parent ! First,
    count_end(Counts);
node(Parent, First, Size, Counts) ->
    children(10, First, Size div 10, Counts),
    Parent ! sum_of(10, 0),
    count_end(Counts).

children(0, _, _, _) -> ok;
children(Left, First, Size, Counts) ->
    count_birth(Counts),
    spawn(?MODULE, node, [self(), First, Size, Counts]),
    children(Left - 1, First + Size, Size, Counts).

sum_of(0, Sum) -> Sum;
sum_of(Left, Sum) -> receive Number -> sum_of(Left - 1, Sum + Number) end.

count_birth(none) -> ok;
count_birth(Counts) ->
    atomics:add(Counts, ?MADE, 1),
    raise_peak(Counts, atomics:add_get(Counts, ?LIVE, 1), atomics:get(Counts, ?PEAK)).

count_end(none) -> ok;
count_end(Counts) -> atomics:sub(Counts, ?LIVE, 1).

raise_peak(_, Live, Peak) when Live =< Peak -> ok;
raise_peak(Counts, Live, Peak) ->
    case atomics:compare_exchange(Counts, ?PEAK, Peak, Live) of
        ok -> ok;
        Other -> raise_peak(Counts, Live, Other)
    end.

%% -- fj_create -------------------------------------------------------------

create(I, N) when I > N -> ok;
create(I, N) -> spawn(?MODULE, made_for_one, [self()]) ! I, create(I + 1, N).

made_for_one(Creator) -> receive I -> Creator ! I end.

%% -- thread_ring -----------------------------------------------------------

%% As in figures.erl: the first member is made before it can know the second.
ring(N) ->
    First = unit(member, [next, self()], []),
    Second = lists:foldl(fun(_, Next) -> unit(member, [Next, self()], []) end, First, lists:seq(2, N)),
    First ! {next, Second},
    First.

member(next, Runner) -> receive {next, Next} -> member(Next, Runner) end;
member(Next, Runner) ->
    receive
        Token when Token + 1 =:= ?HOPS -> Runner ! {done, ?HOPS, Token + 1};
        Token -> Next ! Token + 1
    end,
    member(Next, Runner).

%% -- counting --------------------------------------------------------------

counter(N) ->
    receive
        increment -> counter(N + 1);
        {retrieve, From} -> From ! N, counter(0)
    end.

producer(N, Counter) ->
    receive {go, Runner} ->
        increments(N, Counter),
        Counter ! {retrieve, self()},
        receive Number -> Runner ! {done, Number, Number} end
    end,
    producer(N, Counter).

increments(0, _) -> ok;
increments(Left, Counter) -> Counter ! increment, increments(Left - 1, Counter).

%% -- spawn_storm -----------------------------------------------------------

spawner(First, Last) ->
    receive {go, Runner} ->
        spawn_all(First, Last),
        {Work, Sum} = gather(Last - First + 1, 0, 0),
        Runner ! {done, Work, Sum}
    end,
    spawner(First, Last).

spawn_all(I, Last) when I > Last -> ok;
spawn_all(I, Last) -> spawn(?MODULE, short_lived, [self(), I]), spawn_all(I + 1, Last).

short_lived(Parent, I) -> Parent ! I.
