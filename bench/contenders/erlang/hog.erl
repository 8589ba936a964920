%% hog.erl - hog: how long does a process wait that shares its CPU with others that compute for ever?
%%
%% n processes call themselves without end. The prober sleeps until each planned instant, 4 ms apart, asks the
%% responder, and counts from the planned instant; 1,000 times.
-module(hog).
-export([names/0, sample/1]).
-export([loop/0, responder/0, prober/2]).

-define(PROBES, 1000).
-define(GAP, 4000000). % ns between planned instants

names() -> [hog].

sample(#{n := N}) ->
    Loops = [spawn_link(?MODULE, loop, []) || _ <- lists:seq(1, N)],
    Responder = spawn_link(?MODULE, responder, []),
    spawn_link(?MODULE, prober, [Responder, self()]),
    {Latencies, Checksum} = receive {probed, Measured} -> Measured end,
    [begin unlink(Loop), exit(Loop, kill) end || Loop <- Loops],
    judged(N, Checksum, list_to_tuple(lists:sort(Latencies))).

judged(N, Checksum, Sorted) ->
    {tuple_size(Sorted), Checksum} =:= {?PROBES, ?PROBES} orelse
        exit({unequal, {tuple_size(Sorted), Checksum}, {?PROBES, ?PROBES}}),
    P99 = isolation:percentile(990, Sorted),
    #{value => P99, ops => ?PROBES, work => ?PROBES, checksum => Checksum, peak_live => N + 2,
      more => [{p50, isolation:percentile(500, Sorted)}, {p99, P99}, {p99_9, isolation:percentile(999, Sorted)},
               {max, isolation:percentile(1000, Sorted)}]}.

loop() -> loop().

responder() ->
    receive {ask, From, Number} -> From ! {answer, Number + 1} end,
    responder().

prober(Responder, Runner) ->
    Runner ! {probed, probe(0, Responder, nanoseconds() + ?GAP, [], 0)}.

probe(?PROBES, _, _, Latencies, Sum) -> {Latencies, Sum};
probe(I, Responder, Planned, Latencies, Sum) ->
    sleep_until(Planned),
    Responder ! {ask, self(), I},
    receive {answer, J} ->
        Latency = nanoseconds() - Planned,
        probe(I + 1, Responder, Planned + ?GAP, [Latency | Latencies], Sum + J - I)
    end.

sleep_until(Planned) ->
    case Planned - nanoseconds() of
        Left when Left > 0 -> receive after (Left + 999999) div 1000000 -> ok end, sleep_until(Planned);
        _ -> ok
    end.

nanoseconds() -> erlang:monotonic_time(nanosecond).
