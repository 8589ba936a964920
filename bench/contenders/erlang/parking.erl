%% parking.erl - units that exist, have run to their first receive, and stay.
%%
%% How the runner knows that all have run: each unit adds one to a shared atomic
%% counter just before its receive, and the unit that makes it n tells the runner.
%% A message from each would fill the runner's queue with n messages and would be
%% paid for in time and memory; the counter costs under twenty nanoseconds a unit and
%% leaves nothing behind in it. At that moment at most one unit per scheduler is
%% still between the counter and its receive.
%%
%% To ask each unit afterwards the runner keeps the list of their names, 16 bytes
%% a unit, which belongs to what a parked unit costs here. The runner collects its
%% garbage before it says "parked", outside the clock, so the list is all it keeps.
%% The table of processes is sized by launch.sh and touched before "ready".
%%
%% A unit of `heap_bytes` builds a list of n/2 integers first, n words of cells, holds
%% it while it waits and answers with its length. Nothing is collected or hibernated:
%% what counts is what a process occupies that has built its list, with the room
%% its heap has for more.
-module(parking).
-export([names/0, sample/1, limit/1]).
-export([unit/4, holder/4]).

names() -> [spawn_live, memory, heap_bytes].

%% Park, hold if asked to, prove. Returns a sample, or {limit, Text, Live}.
sample(#{hold := Hold} = Setting) ->
    Hold andalso event("{\"event\":\"ready\"}~n", []),
    Start = erlang:monotonic_time(nanosecond),
    N = units(Setting),
    case park(N, maker(Setting)) of
        {ok, Pids, Live} ->
            Value = (erlang:monotonic_time(nanosecond) - Start) / N,
            erlang:garbage_collect(),
            Hold andalso event("{\"event\":\"parked\",\"live\":~b,\"value\":~.3f}~n", [Live, Value]),
            proven(Setting, Pids, #{value => Value, ops => N, peak_live => Live});
        {limit, Live} ->
            limit(Live)
    end.

units(#{figure := heap_bytes, n := Words}) -> min(max(4194304 div (Words + 16), 500), 100000);
units(#{n := N}) -> N.

%% Which function a unit is, and its first argument when it is the I-th.
maker(#{figure := heap_bytes, n := Words}) -> {holder, fun(_) -> Words div 2 end};
maker(_) -> {unit, fun(I) -> I end}.

limit(Live) ->
    {limit, io_lib:format("process_limit = ~b", [erlang:system_info(process_limit)]), Live}.

event(Format, Arguments) ->
    io:format(Format, Arguments),
    io:get_line("").

park(N, Maker) ->
    Ran = atomics:new(1, []),
    case spawn_units(1, N, Maker, Ran, []) of
        {limit, Live} -> {limit, Live};
        Pids -> receive all_ran -> {ok, Pids, atomics:get(Ran, 1)} end
    end.

%% The names come out last unit first.
spawn_units(I, N, _, _, Pids) when I > N -> Pids;
spawn_units(I, N, {Function, First} = Maker, Ran, Pids) ->
    try spawn(?MODULE, Function, [First(I), N, Ran, self()]) of
        Pid -> spawn_units(I + 1, N, Maker, Ran, [Pid | Pids])
    catch
        error:system_limit -> {limit, I - 1}
    end.

unit(I, N, Ran, Runner) ->
    running(N, Ran, Runner),
    receive {number, From} -> From ! I end.

holder(Length, N, Ran, Runner) ->
    List = lists:seq(1, Length),
    running(N, Ran, Runner),
    receive {number, From} -> From ! length(List) end.

running(N, Ran, Runner) ->
    atomics:add_get(Ran, 1, 1) =:= N andalso (Runner ! all_ran).

proven(Setting, Pids, Sample) ->
    {Work, Checksum} = Proof = ask(Pids, 0, 0),
    Expected = expected(Setting, units(Setting)),
    Proof =:= Expected orelse exit({unequal, Proof, Expected}),
    Sample#{work => Work, checksum => Checksum}.

expected(#{figure := heap_bytes, n := Words}, N) -> {N, N * (Words div 2)};
expected(_, N) -> {N, N * (N + 1) div 2}.

ask([], Work, Sum) -> {Work, Sum};
ask([Pid | Pids], Work, Sum) ->
    Pid ! {number, self()},
    receive I when is_integer(I) -> ask(Pids, Work + 1, Sum + I) end.
