%% figures.erl - the figures whose batches are timed; those about terms are in terms.erl.
%%
%% prepare/1 creates a figure's units, which then wait; it returns the batch, a
%% function that sets them off and returns {Work, Checksum}. Units live as long as
%% the runner, to which they are linked, and serve one batch after another.
%%
%% - Messages are bare integers: 8 bytes in a mailbox and nothing to copy, as the
%%   README asks. `{go, Runner}` and `{done, Work, Checksum}` frame a batch.
%% - spawn_exit and spawn_join: a child hands back its number by a message. The
%%   other idiom, the exit reason under spawn_monitor, measured 1.5 times slower
%%   (2 times on two CPUs). spawn/3 with a function's name measured a tenth faster
%%   than spawning a fun.
%% - The receivers of `stream` and `fan_in` keep their messages off their heaps, as
%%   one does where a queue may grow long: the collector never copies the queue.
%%   With queues as short as these no difference was measurable.
%% - two_cpus: `{scheduler, N}` holds a process on a scheduler, and launch.sh binds
%%   schedulers to CPUs. The runner is on the first, so in the spawn figures parent
%%   and children are apart; ring members alternate.
-module(figures).
-export([names/0, expected/1, peak_live/1, place/2, prepare/1]).
-export([child/2, yielder/1, pinger/1, ponger/1, member/2, sender/3, receiver/1]).

-define(SPAWNS, 1000).
-define(JOINS, 100).
-define(YIELDS, 10000).
-define(TRIPS, 1000).
-define(STREAM, 100000).
-define(SENDERS, 4).
-define(HOPS, 10000).

names() -> [spawn_exit, spawn_join, yield, ping_pong, ring, stream, fan_in].

%% {Work, Checksum} of a batch; its work is also its number of operations.
expected(#{figure := Figure, n := N}) -> expected(Figure, N).

expected(spawn_exit, _) -> {?SPAWNS, sum(?SPAWNS)};
expected(spawn_join, _) -> {?JOINS, sum(?JOINS)};
expected(yield, _) -> {?YIELDS, ?YIELDS};
expected(ping_pong, _) -> {?TRIPS, sum(?TRIPS) + ?TRIPS};
expected(ring, N) -> {hops(N), hops(N)};
expected(stream, _) -> {?STREAM, sum(?STREAM)};
expected(fan_in, _) -> {?STREAM, ?SENDERS * sum(?STREAM div ?SENDERS)}.

%% Units alive at once besides the runner. 0: nobody counts, a child of
%% spawn_exit may be gone before its last sister exists.
peak_live(#{figure := Figure, n := N}) -> peak_live(Figure, N).

peak_live(spawn_exit, _) -> 0;
peak_live(spawn_join, _) -> 1;
peak_live(ring, N) -> N;
peak_live(fan_in, _) -> ?SENDERS + 1;
peak_live(_, _) -> 2.

sum(N) -> N * (N + 1) div 2.
hops(N) -> max(N, ?HOPS).

%% Spawn options that put a process on the scheduler of its side, 1 or 2.
place(#{variant := two_cpus}, Side) -> [{scheduler, Side}];
place(_, _) -> [].

unit(Function, Arguments, Options) ->
    spawn_opt(?MODULE, Function, Arguments, [link | Options]).

%% -- preparing -------------------------------------------------------------

prepare(#{figure := spawn_exit} = Setting) ->
    Place = place(Setting, 2),
    fun() -> spawn_all(?SPAWNS, Place), gather(?SPAWNS, 0, 0) end;
prepare(#{figure := spawn_join} = Setting) ->
    Place = place(Setting, 2),
    fun() -> join_each(?JOINS, Place, 0, 0) end;
prepare(#{figure := yield}) ->
    Units = [unit(yielder, [?YIELDS div 2], []) || _ <- [1, 2]],
    fun() -> set_off(Units), both(done(), done()) end;
prepare(#{figure := ping_pong} = Setting) ->
    A = unit(pinger, [?TRIPS], place(Setting, 1)),
    B = unit(ponger, [A], place(Setting, 2)),
    A ! {partner, B},
    fun() -> set_off([A]), done() end;
prepare(#{figure := ring, n := N} = Setting) ->
    First = ring(N, Setting),
    fun() -> First ! 0, done() end;
prepare(#{figure := stream} = Setting) ->
    streaming([{1, ?STREAM}], Setting);
prepare(#{figure := fan_in} = Setting) ->
    streaming([{1, ?STREAM div ?SENDERS} || _ <- lists:seq(1, ?SENDERS)], Setting).

streaming(Ranges, Setting) ->
    Receiver = unit(receiver, [?STREAM], [{message_queue_data, off_heap} | place(Setting, 2)]),
    Senders = [unit(sender, [From, To, Receiver], place(Setting, 1)) || {From, To} <- Ranges],
    fun() -> set_off([Receiver | Senders]), done() end.

set_off(Units) ->
    Runner = self(),
    [Unit ! {go, Runner} || Unit <- Units],
    ok.

done() -> receive {done, Work, Checksum} -> {Work, Checksum} end.
both({Work1, Sum1}, {Work2, Sum2}) -> {Work1 + Work2, Sum1 + Sum2}.

%% -- spawn_exit, spawn_join ------------------------------------------------

child(Parent, I) -> Parent ! I.

spawn_all(0, _) -> ok;
spawn_all(I, Place) -> child_of(self(), I, Place), spawn_all(I - 1, Place).

join_each(0, _, Work, Sum) -> {Work, Sum};
join_each(I, Place, Work, Sum) ->
    child_of(self(), I, Place),
    receive J when is_integer(J) -> join_each(I - 1, Place, Work + 1, Sum + J) end.

child_of(Parent, I, []) -> spawn(?MODULE, child, [Parent, I]);
child_of(Parent, I, Place) -> spawn_opt(?MODULE, child, [Parent, I], Place).

gather(0, Work, Sum) -> {Work, Sum};
gather(Left, Work, Sum) ->
    receive I when is_integer(I) -> gather(Left - 1, Work + 1, Sum + I) end.

%% -- yield -----------------------------------------------------------------

yielder(Times) ->
    receive {go, Runner} -> Runner ! yields(Times, 0) end,
    yielder(Times).

yields(0, Count) -> {done, Count, Count};
yields(Left, Count) -> erlang:yield(), yields(Left - 1, Count + 1).

%% -- ping_pong -------------------------------------------------------------

pinger(Trips) ->
    receive {partner, B} -> pinger(Trips, B) end.

pinger(Trips, B) ->
    receive {go, Runner} -> Runner ! pings(1, Trips, B, 0, 0) end,
    pinger(Trips, B).

pings(I, Trips, _, Work, Sum) when I > Trips -> {done, Work, Sum};
pings(I, Trips, B, Work, Sum) ->
    B ! I,
    receive J when is_integer(J) -> pings(I + 1, Trips, B, Work + 1, Sum + J) end.

ponger(A) ->
    receive I -> A ! I + 1 end,
    ponger(A).

%% -- ring ------------------------------------------------------------------

%% The first member is made before it can know the second; the others know their
%% successor from birth. Returns the first.
ring(N, Setting) ->
    Hops = hops(N),
    Report = {self(), Hops},
    First = unit(member, [next, Report], place(Setting, 1)),
    Second = lists:foldl(fun(I, Next) -> unit(member, [Next, Report], place(Setting, 1 + (I + 1) rem 2)) end,
                         First, lists:seq(N, 2, -1)),
    First ! {next, Second},
    First.

member(next, Report) -> receive {next, Next} -> member(Next, Report) end;
member(Next, {Runner, Hops} = Report) ->
    receive
        Token when Token + 1 =:= Hops -> Runner ! {done, Hops, Token + 1};
        Token -> Next ! Token + 1
    end,
    member(Next, Report).

%% -- stream, fan_in --------------------------------------------------------

sender(From, To, Receiver) ->
    receive {go, _} -> sends(From, To, Receiver) end,
    sender(From, To, Receiver).

sends(I, To, _) when I > To -> ok;
sends(I, To, Receiver) -> Receiver ! I, sends(I + 1, To, Receiver).

receiver(Count) ->
    receive {go, Runner} ->
        {Work, Sum} = gather(Count, 0, 0),
        Runner ! {done, Work, Sum}
    end,
    receiver(Count).
