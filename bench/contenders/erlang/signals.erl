%% signals.erl - the figures about what processes say to each other besides messages:
%% links, monitors, calls, timers, names.
%%
%% As in figures.erl: prepare/1 creates the units, which then wait, and returns the
%% batch. In link_exit and monitor the units die in each batch, so the batch makes them
%% anew, and says how much of its time that took: {aside, Nanoseconds, Proof}. They are
%% not linked to the runner.
%%
%% - call: gen_server:call/3 without its loop, its names and its nodes; the monitor's
%%   options, the shape of the request and the flush are those of gen.erl. The monitor is
%%   made in the body that receives by it: from that the compiler knows that no older
%%   message can match, and the receive begins behind them.
%% - call, timer: the runner itself calls, and sets the timers. It keeps its messages off
%%   its heap, as in `selective`.
%% - timer: send_after, as one does where the timer's name is not wanted in the message.
-module(signals).
-export([names/0, expected/1, peak_live/1, prepare/1]).
-export([linked/4, mortal/4, server/0, sender/2, receiver/0, holder/0]).

-define(TRIPS, 1000).
-define(TIMERS, 100000).
-define(WITHIN, 4).
-define(HOUR, 3600000).
-define(NAMED, 100000).

names() -> [link_exit, monitor, call, timer, registry].

%% {Work, Checksum} of a batch; its work is also its number of operations.
expected(#{figure := link_exit, n := N}) -> {N, sum(N)};
expected(#{figure := monitor, n := N}) -> {N, sum(N)};
expected(#{figure := call}) -> {?TRIPS, sum(?TRIPS) + ?TRIPS};
expected(#{figure := timer, variant := set_cancel}) -> {?TIMERS, ?TIMERS};
expected(#{figure := timer, variant := set_fire}) -> {?TIMERS, sum(?TIMERS)};
expected(#{figure := registry}) -> {?NAMED, sum(?NAMED)}.

%% Units alive at once. The runner counts where it does the figure itself.
peak_live(#{figure := call}) -> 2;
peak_live(#{figure := timer}) -> 1;
peak_live(#{figure := registry, n := N}) -> N + 1;
peak_live(#{n := N}) -> N.

sum(N) -> N * (N + 1) div 2.

unit(Function, Arguments, Options) ->
    spawn_opt(?MODULE, Function, Arguments, [link | Options]).

nanoseconds() -> erlang:monotonic_time(nanosecond).

%% -- preparing -------------------------------------------------------------

prepare(#{figure := link_exit, n := N}) ->
    fun() -> cascade(N) end;
prepare(#{figure := monitor, n := N}) ->
    fun() -> watched(N) end;
prepare(#{figure := call, n := N} = Setting) ->
    Server = unit(server, [], figures:place(Setting, 2)),
    junk(N),
    fun() -> calls(1, Server, 0, 0) end;
prepare(#{figure := timer, variant := Way, n := N}) ->
    others(N),
    case Way of
        set_cancel -> fun() -> set_and_cancel(1, 0) end;
        set_fire -> fun() -> set(1), gather(?TIMERS, 0, 0) end
    end;
prepare(#{figure := registry, n := N}) ->
    [First | Others] = Names = [list_to_atom("unit_" ++ integer_to_list(I)) || I <- lists:seq(1, N)],
    Receiver = unit(receiver, [], [{message_queue_data, off_heap}]),
    register(First, Receiver),
    [register(Name, unit(holder, [], [])) || Name <- Others],
    Sender = unit(sender, [Names, First], []),
    fun() ->
        [Unit ! {go, self()} || Unit <- [Receiver, Sender]],
        receive {done, Work, Sum} -> {Work, Sum} end
    end.

%% N units, latest first, each from Make(I, the one before it); all have run to their first wait.
make_units(N, Make) ->
    Pids = make_units(1, N, Make, none, []),
    receive all_run -> Pids end.

make_units(I, N, _, _, Pids) when I > N -> Pids;
make_units(I, N, Make, Before, Pids) ->
    Pid = Make(I, Before),
    make_units(I + 1, N, Make, Pid, [Pid | Pids]).

%% As in parking.erl: the unit that makes it N tells the runner.
running(N, Ran, Runner) ->
    atomics:add_get(Ran, 1, 1) =:= N andalso (Runner ! all_run).

%% -- link_exit -------------------------------------------------------------

cascade(N) ->
    Began = nanoseconds(),
    Ran = atomics:new(1, []),
    Runner = self(),
    [Last | _] = Pids = make_units(N, fun(_, Before) -> spawn(?MODULE, linked, [Before, N, Ran, Runner]) end),
    First = lists:last(Pids),
    Monitor = monitor(process, Last),
    Told = nanoseconds(),
    First ! crash,
    receive {'DOWN', Monitor, process, _, crash} -> ok end,
    Over = nanoseconds(),
    Proof = gone(lists:reverse(Pids), 1, 0, 0),
    {aside, Told - Began + nanoseconds() - Over, Proof}.

linked(Before, N, Ran, Runner) ->
    Before =:= none orelse link(Before),
    running(N, Ran, Runner),
    receive Reason -> exit(Reason) end. % the first; nobody says anything to the others

gone([], _, Work, Sum) -> {Work, Sum};
gone([Pid | Pids], I, Work, Sum) ->
    case is_process_alive(Pid) of
        false -> gone(Pids, I + 1, Work + 1, Sum + I);
        true -> gone(Pids, I + 1, Work, Sum)
    end.

%% -- monitor ---------------------------------------------------------------

watched(N) ->
    Began = nanoseconds(),
    Ran = atomics:new(1, []),
    Runner = self(),
    Pids = make_units(N, fun(I, _) -> spawn(?MODULE, mortal, [I, N, Ran, Runner]) end),
    Aside = nanoseconds() - Began,
    [monitor(process, Pid) || Pid <- Pids],
    [Pid ! stop || Pid <- Pids],
    {aside, Aside, downs(N, 0, 0)}.

mortal(I, N, Ran, Runner) ->
    running(N, Ran, Runner),
    receive stop -> exit(I) end.

downs(0, Work, Sum) -> {Work, Sum};
downs(Left, Work, Sum) ->
    receive {'DOWN', _, process, _, I} -> downs(Left - 1, Work + 1, Sum + I) end.

%% -- call ------------------------------------------------------------------

%% All N are in the queue proper, looked at once, before the clock starts.
junk(N) ->
    [self() ! {junk, K} || K <- lists:seq(1, N)],
    receive nothing_like_it -> ok after 0 -> ok end.

server() ->
    receive {'$gen_call', {_, Alias}, I} -> Alias ! {Alias, I + 1} end,
    server().

calls(I, _, Work, Sum) when I > ?TRIPS -> {Work, Sum};
calls(I, Server, Work, Sum) ->
    Alias = monitor(process, Server, [{alias, demonitor}]),
    Server ! {'$gen_call', {self(), Alias}, I},
    receive
        {Alias, J} ->
            demonitor(Alias, [flush]),
            calls(I + 1, Server, Work + 1, Sum + J);
        {'DOWN', Alias, process, _, Reason} ->
            exit(Reason)
    end.

%% -- timer -----------------------------------------------------------------

others(N) -> others(N, self()).

others(0, _) -> ok;
others(N, Self) -> erlang:send_after(?HOUR + N rem ?HOUR, Self, 0), others(N - 1, Self).

set_and_cancel(I, Ahead) when I > ?TIMERS -> {?TIMERS, Ahead};
set_and_cancel(I, Ahead) ->
    case erlang:cancel_timer(erlang:send_after(?HOUR, self(), I)) of
        Left when is_integer(Left), Left > 0 -> set_and_cancel(I + 1, Ahead + 1);
        _ -> set_and_cancel(I + 1, Ahead)
    end.

set(I) when I > ?TIMERS -> ok;
set(I) -> erlang:send_after(1 + I rem ?WITHIN, self(), I), set(I + 1).

gather(0, Work, Sum) -> {Work, Sum};
gather(Left, Work, Sum) ->
    receive I when is_integer(I) -> gather(Left - 1, Work + 1, Sum + I) end.

%% -- registry --------------------------------------------------------------

sender(Names, To) ->
    receive {go, _} -> sends(1, Names, Names, To) end,
    sender(Names, To).

sends(I, _, _, _) when I > ?NAMED -> ok;
sends(I, [], Names, To) -> sends(I, Names, Names, To);
sends(I, [Name | More], Names, To) ->
    To ! case whereis(Name) of undefined -> 0; _ -> I end,
    sends(I + 1, More, Names, To).

receiver() ->
    receive {go, Runner} ->
        {Work, Sum} = gather(?NAMED, 0, 0),
        Runner ! {done, Work, Sum}
    end,
    receiver().

holder() -> receive stop -> ok end.
