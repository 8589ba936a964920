%% wake.erl - wake: how long until who is sent something runs, when nothing else does?
%%
%% Two processes, each bound to a scheduler of its own. The sender sleeps for n ms, reads
%% the clock and sends what it has read; the receiver reads the clock as soon as it runs,
%% and answers with the difference.
%%
%% The emulator's schedulers spin for a while before they sleep; that is its default, and
%% part of the answer. What the whole program uses of the CPUs while all wait is read
%% from the kernel, thread by thread, since the emulator itself counts in ms.
-module(wake).
-export([names/0, sample/1]).
-export([receiver/0, sender/3]).

-define(WAKES, 1000).
-define(SETTLE, 100). % ms before the pause
-define(PAUSE, 300).  % ms

names() -> [wake].

sample(#{n := N, cpus := Cpus}) ->
    Receiver = spawn_opt(?MODULE, receiver, [], [link | place(Cpus, 2)]),
    Sender = spawn_opt(?MODULE, sender, [N, Receiver, self()], [link | place(Cpus, 1)]),
    Idle = idle(),
    Sender ! go,
    Latencies = receive {measured, Measured} -> Measured end,
    judged(length([L || L <- Latencies, L > 0]), list_to_tuple(lists:sort(Latencies)), Idle).

place(1, _) -> [];
place(_, Scheduler) -> [{scheduler, Scheduler}].

judged(Right, Sorted, Idle) ->
    Right =:= ?WAKES orelse exit({unequal, {?WAKES, Right}, {?WAKES, ?WAKES}}),
    P99 = isolation:percentile(990, Sorted),
    #{value => P99, ops => ?WAKES, work => ?WAKES, checksum => Right, peak_live => 2,
      more => [{p50, isolation:percentile(500, Sorted)}, {p99, P99}, {p99_9, isolation:percentile(999, Sorted)},
               {max, isolation:percentile(1000, Sorted)}, {idle, Idle}]}.

%% -- the units -------------------------------------------------------------

receiver() ->
    receive {sent, From, At} -> From ! {after_ns, nanoseconds() - At} end,
    receiver().

sender(N, Receiver, Runner) ->
    receive go -> ok end,
    Runner ! {measured, [wake(N, Receiver) || _ <- lists:seq(1, ?WAKES)]}.

wake(N, Receiver) ->
    receive after N -> ok end,
    Receiver ! {sent, self(), nanoseconds()},
    receive {after_ns, Latency} -> Latency end.

nanoseconds() -> erlang:monotonic_time(nanosecond).

%% -- the pause -------------------------------------------------------------

%% CPU time per second, ns, while all wait.
idle() ->
    busy(), % what reading it needs is there from now on
    receive after ?SETTLE -> ok end,
    Before = busy(),
    receive after ?PAUSE -> ok end,
    max(1, (busy() - Before) * 1000 div ?PAUSE).

%% ns that the threads of this program have run. One may end meanwhile.
busy() ->
    {ok, Threads} = file:list_dir("/proc/self/task"),
    lists:sum([busy(file:read_file(["/proc/self/task/", T, "/schedstat"])) || T <- Threads]).

busy({ok, Line}) -> binary_to_integer(hd(binary:split(Line, <<" ">>)));
busy({error, _}) -> 0.
