%% isolation.erl - gc_isolation: does one unit's collection make others wait?
%%
%% 10,000 small units wait. The prober asks one after the other, at planned instants
%% 100 us apart, and counts from the planned instant: when a stall makes it late, the
%% units it should have asked meanwhile have waited too, and their waiting counts.
%% Meanwhile the big unit collects its whole heap five times. n = 0: nobody does.
%%
%% - The prober waits for an instant by reading the clock and yielding. `receive
%%   after` knows only milliseconds, ten probes' worth.
%% - The prober starts with a heap that its latencies fit in, about four words each:
%%   its own collections are not the question.
%% - The big unit holds a list of small integers, cells of 16 bytes, nothing else.
%%   Its heap is asked for in its full size: grown step by step it took twice the
%%   memory and three times as long to build, before anything is measured.
%%   garbage_collect/0 is a full sweep. On a heap this large the emulator runs it on
%%   a dirty scheduler, a thread of its own; that is the answer being measured.
-module(isolation).
-export([names/0, sample/1, percentile/2]).
-export([unit/0, big/1, prober/2]).

-define(UNITS, 10000).
-define(PROBES, 5000).
-define(COLLECTIONS, 5).
-define(GAP, 100000).          % ns between planned instants
-define(PROBER_HEAP, 4000000). % words

names() -> [gc_isolation].

sample(#{n := N}) ->
    Units = list_to_tuple([unit(unit, [], []) || _ <- lists:seq(1, ?UNITS)]),
    Big = unit(big, [N div 16], [{min_heap_size, N div 8}]),
    Prober = unit(prober, [Units, self()], [{min_heap_size, ?PROBER_HEAP}]),
    length_of(Big, N div 16), % answers when it has built its list
    Big ! {collect, collections(N), Prober},
    Prober ! go,
    {Latencies, Checksum} = receive {probed, Measured} -> Measured end,
    length_of(Big, N div 16), % the list was alive all the time
    judged(length(Latencies), Checksum, list_to_tuple(lists:sort(Latencies))).

unit(Function, Arguments, Options) ->
    spawn_opt(?MODULE, Function, Arguments, [link | Options]).

collections(0) -> 0;
collections(_) -> ?COLLECTIONS.

length_of(Big, Expected) ->
    Big ! {length, self()},
    receive
        {length, Expected} -> ok;
        {length, Other} -> exit({unequal, Other, Expected})
    end.

judged(Probes, Checksum, Sorted) ->
    Checksum =:= Probes orelse exit({unequal, {Probes, Checksum}, {Probes, Probes}}),
    P99 = percentile(990, Sorted),
    #{value => P99, ops => Probes, work => Probes, checksum => Checksum, peak_live => ?UNITS,
      more => [{p50, percentile(500, Sorted)}, {p99, P99}, {p99_9, percentile(999, Sorted)},
               {max, percentile(1000, Sorted)}]}.

%% By nearest rank.
percentile(PerMille, Sorted) ->
    element((tuple_size(Sorted) * PerMille + 999) div 1000, Sorted).

%% -- the units -------------------------------------------------------------

unit() ->
    receive {ask, From, Number} -> From ! {answer, Number + 1} end,
    unit().

big(Cells) -> holding(lists:seq(1, Cells)).

holding(List) ->
    receive
        {length, From} -> From ! {length, length(List)};
        {collect, Times, Prober} -> collect(Times), Prober ! collected
    end,
    holding(List).

collect(0) -> ok;
collect(Times) -> erlang:garbage_collect(), collect(Times - 1).

%% -- the prober ------------------------------------------------------------

prober(Units, Runner) ->
    receive go -> ok end,
    Runner ! {probed, probe(1, Units, nanoseconds(), false, [], 0)}.

probe(I, _, _, true, Latencies, Sum) when I > ?PROBES -> {Latencies, Sum};
probe(I, Units, Planned, Collected, Latencies, Sum) ->
    wait_until(Planned),
    element(1 + I rem ?UNITS, Units) ! {ask, self(), I},
    receive {answer, J} ->
        Latency = nanoseconds() - Planned,
        probe(I + 1, Units, Planned + ?GAP, Collected orelse collected(), [Latency | Latencies], Sum + J - I)
    end.

wait_until(Planned) ->
    case nanoseconds() >= Planned of
        true -> ok;
        false -> erlang:yield(), wait_until(Planned)
    end.

collected() -> receive collected -> true after 0 -> false end.

nanoseconds() -> erlang:monotonic_time(nanosecond).
