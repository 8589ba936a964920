#!/usr/bin/env escript
%%! +S 4:4
%% processes.escript PROGRAM [KIND FIRST LAST]... - do processes do to each other what Erlang's do?
%%
%% PROGRAM is processes.c beside this file; its first lines say what a scenario is. Each seed from FIRST
%% to LAST makes one of KIND, turns or free. Real processes run it here, and those of PROGRAM under 1
%% and under 4 schedulers.
%%
%%   turns:  what comes out must be the same, or come of Erlang in 20 more runs. Left open is only the
%%           order in which the EXIT and DOWN messages of one moment arrive, and in which lists are given.
%%   free:   it is run some tens of times, on each side. What came out on one side is looked for on the
%%           other, which gets another few thousand runs to show it. What PROGRAM does again and again, and
%%           Erlang never, is a disagreement. If it is rare there too, or if there is no time for so many
%%           runs (or in all, where much is not found: Erlang with one CPU, say), it is undecided. What Erlang does and PROGRAM was not seen to do is less, which is
%%           allowed: whoever does anything wrong does something that Erlang does not. (A DOWN message with
%%           noproc, for one, is there at once, and in Erlang a moment later.) Both are printed, and no
%%           failure. How far somebody came who was ended by a signal is not compared.
%%
%% Erlang has four schedulers also where there is one CPU: with one the free scenarios do not come to an end.
%% A disagreement is printed with its seed, and with the scenario; `KIND SEED SEED` repeats it.
-mode(compile).
-export([take_turns/1]).

-define(RUNS, 40).
-define(MORE, 9000).
-define(SECONDS, 10).
-define(SECONDS_IN_ALL, 90).
-define(EAGER, 1000000). % runs from here on take in signals when they have to
-define(LONG, 3600000). % a timer that does not expire
-define(INFO, [links, monitors, monitored_by, trap_exit, registered_name, message_queue_len, messages, group_leader,
               suspending]).

main([Program]) ->
    Seed = erlang:system_time() rem 1000000007,
    main([Program, "turns", integer_to_list(Seed), integer_to_list(Seed + 599),
          "free", integer_to_list(Seed), integer_to_list(Seed + 99)]);
main([Program | Ranges]) ->
    logger:set_primary_config(level, none),
    ets:new(known, [named_table, public]),
    Ports = [open_port({spawn_executable, Program}, [{args, [Schedulers]}, {packet, 4}, binary, exit_status])
             || Schedulers <- ["1", "4"]],
    put(steps, #{}),
    put(seconds, ?SECONDS_IN_ALL),
    [put(Verdict, 0) || Verdict <- [broken, undecided, less]],
    Broken = compare_ranges(Ports, Ranges),
    Broken =:= 0 orelse halt(1).

compare_ranges(_, []) -> 0;
compare_ranges(Ports, [Kind, First, Last | More]) ->
    io:format("oracle.processes: ~s ~s ~s~n", [Kind, First, Last]),
    Before = erlang:monotonic_time(millisecond),
    Seeds = lists:seq(list_to_integer(First), list_to_integer(Last)),
    Results = [compare(list_to_atom(Kind), Ports, Seed) || Seed <- Seeds],
    Broken = length([broken || broken <- Results] ++ [few || Kind =:= "turns", not is_varied(Seeds)]),
    io:format("~b scenarios, ~b outcomes, ~b disagree, ~b undecided, ~b less; ~b ms~n",
              [length(Seeds), lists:sum([N || N <- Results, is_integer(N)]), Broken, get(undecided), get(less),
               erlang:monotonic_time(millisecond) - Before]),
    Broken + compare_ranges(Ports, More).

%% ---- comparing ----

compare(turns, Ports, Seed) ->
    Scenario = {turns, 1, Seed, _, Steps} = turns(Seed),
    [Wanted] = ours(Scenario),
    Came = [outcome_of(theirs(Port, Scenario)) || Port <- Ports],
    remember(Steps, Wanted),
    case [Other || Other <- Came, Other =/= Wanted, not lists:member(Other, again(Scenario))] of
        [] -> 1;
        [Other | _] ->
            io:format("BROKEN: turns ~b~n", [Seed]),
            print_difference(Steps, Wanted, Other),
            broken
    end;
compare(free, Ports, Seed) ->
    Scenario = free(Seed),
    Erlang = fun(Run, N) -> ours(with_runs(Scenario, Run, N)) end,
    AllOfErlang = fun(Run, N) -> Erlang(Run + ?EAGER * (Run div 100 rem 2), N) end,
    Other = fun(Run, N) -> lists:append([theirs(Port, with_runs(Scenario, Run, N div 2)) || Port <- Ports]) end,
    Wanted = lists:usort(Erlang(1, ?RUNS)),
    Came = lists:usort(Other(1, ?RUNS)),
    Less = [{less, O} || {O, _} <- unseen(Wanted -- Came, Other)],
    More = [{verdict(O, Why, Other), O} || {O, Why} <- unseen(Came -- Wanted, AllOfErlang)],
    [print_missing(Seed, Scenario, V, O) || {V, O} <- Less ++ More],
    [put(V, get(V) + 1) || {V, _} <- Less ++ More],
    case lists:keymember(broken, 1, More) of
        true -> broken;
        false -> length(lists:usort(Wanted ++ Came))
    end.

%% What is so rare that it does not come again proves nothing by not coming of Erlang.
verdict(_, out_of_time, _) -> undecided;
verdict(Outcome, searched, Runs) ->
    case [Run || Run <- lists:seq(1000, ?MORE - 1, 400), lists:member(Outcome, Runs(Run, 400))] of
        [_, _, _ | _] -> broken;
        _ -> undecided
    end.

%% Who dies tells the others one by one, and Erlang may be seen in the middle of that.
again(Scenario) -> [hd(ours(Scenario)) || _ <- lists:seq(1, 20)].

print_missing(Seed, {_, _, _, _, Steps}, Verdict, Outcome) ->
    Text = maps:get(Verdict, #{broken => "BROKEN: not seen of Erlang", undecided => "undecided: not seen of Erlang",
                               less => "less: not seen of beamling"}),
    io:format("~s: free ~b~n~p~n    ~p~n", [Text, Seed, Steps, Outcome]).

outcome_of([Outcome]) -> Outcome.

with_runs({Kind, _, _, Roots, Steps}, Run, N) -> {Kind, N, Run, Roots, Steps}.

%% What still is not among the outcomes after more runs: {Outcome, searched or out_of_time}.
unseen(Outcomes, Runs) ->
    Began = erlang:monotonic_time(second),
    Left = unseen(Outcomes, Runs, 1000, Began + min(?SECONDS, get(seconds))),
    put(seconds, get(seconds) - (erlang:monotonic_time(second) - Began)),
    Left.

unseen([], _, _, _) -> [];
unseen(Outcomes, _, Run, _) when Run >= ?MORE -> [{O, searched} || O <- Outcomes];
unseen(Outcomes, Runs, Run, Deadline) ->
    case erlang:monotonic_time(second) > Deadline of
        true -> [{O, out_of_time} || O <- Outcomes];
        false -> unseen(Outcomes -- Runs(Run, 100), Runs, Run + 100, Deadline)
    end.

print_difference(Steps, Wanted, Came) ->
    Results = fun(Outcome) -> maps:from_list([{Id, R} || {_, Log, _} <- Outcome, {Id, R} <- Log]) end,
    {W, C} = {Results(Wanted), Results(Came)},
    [begin
         {Left, Right} = {maps:get(Id, W, '-'), maps:get(Id, C, '-')},
         io:format("  ~2b a~b ~0p: ~0p", [Id, A, I, Left]),
         Left =:= Right orelse io:format("~n     BUT CAME: ~0p", [Right]),
         io:format("~n")
     end || {A, Id, I} <- Steps, maps:is_key(Id, W) orelse maps:is_key(Id, C)],
    io:format("  ends: ~0p~n  came: ~0p~n", [[{A, E} || {A, _, E} <- Wanted], [{A, E} || {A, _, E} <- Came]]).

%% An oracle of which most is about nobody would prove little.
remember(Steps, Outcome) ->
    Instructions = maps:from_list([{Id, element(1, I)} || {_, Id, I} <- Steps]),
    Telling = [{maps:get(Id, Instructions), kind(R)} || {_, Log, _} <- Outcome, {Id, R} <- Log],
    put(steps, maps:merge(get(steps), maps:from_keys(Telling, seen))).

kind(R) when is_tuple(R) -> element(1, R);
kind(R) -> R.

is_varied(Seeds) when length(Seeds) < 500 -> true;
is_varied(_) ->
    Wanted = [{What, R} || {What, Rs} <- wanted_results(), R <- Rs],
    Missed = [W || W <- Wanted, not is_map_key(W, get(steps))],
    Missed =:= [] orelse io:format("BROKEN: never happened: ~0p~n", [Missed]) =/= ok.

wanted_results() ->
    [{spawn, [spawned, again]}, {request, [spawned]}, {link, [true, noproc, nobody]}, {unlink, [true]},
     {signal, [true]}, {trap, [true, false]}, {monitor, [made]}, {watch, [made]}, {demonitor, [true, false]}, {alias, [made]},
     {unalias, [true, false]}, {send, [ok]}, {send_name, [ok, badarg]}, {send_reference, [ok]},
     {take, [got, nothing]}, {drain, [drained]}, {register, [true, false]}, {unregister, [true, false]}, {whereis, [a0, undefined]},
     {timer, [made]}, {cancel_timer, [left, over]}, {read_timer, [left, over]}, {alive, [true, false]},
     {info, [links, monitors, monitored_by, registered_name, messages, undefined]}, {leader, [true, false]},
     {suspend, [true, false]}, {resume, [true, false]}, {'catch', [exit, error, throw]}, {hibernate, [hibernates]}].

theirs(Port, Scenario) ->
    port_command(Port, io_lib:format("~0p", [Scenario])),
    receive
        {Port, {data, Answer}} ->
            {ok, Tokens, _} = erl_scan:string(unicode:characters_to_list(Answer) ++ "."),
            {ok, Outcomes} = erl_parse:parse_term(Tokens),
            chosen(Scenario, Outcomes);
        {Port, {exit_status, Status}} ->
            io:format("BROKEN: it ended with ~p for~n~p~n", [Status, Scenario]),
            halt(1)
    end.

ours(Scenario) ->
    {Pid, Monitor} = spawn_monitor(fun() -> exit({outcomes, direct_all(Scenario)}) end),
    receive {'DOWN', Monitor, process, Pid, {outcomes, Outcomes}} -> chosen(Scenario, Outcomes) end.

chosen({turns, _, _, _, _}, Outcomes) -> [plain(turns, O) || O <- Outcomes];
chosen({free, _, _, Roots, Steps}, Outcomes) -> [plain(free, cut(Steps, O)) || O <- Outcomes, is_telling(Roots, O)].

%% A signal that ends somebody does so between any two things that it does: how far it came is left open.
cut(Steps, Outcome) ->
    [{K, case ended_itself(K, Log, End, Steps) of true -> Log; false -> [] end, End} || {K, Log, End} <- Outcome].

ended_itself(_, _, normal, _) -> true;
ended_itself(K, Log, _, Steps) ->
    case [Do || {A, Id, Do} <- Steps, A =:= K, not lists:keymember(Id, 1, Log)] of
        [] -> true;
        [Do | _] -> lists:member(element(1, Do), [exit, error, throw])
    end.

%% Who was spawned by an actor may have ended before the director looked: then it does not know why.
is_telling(Roots, Outcome) -> not lists:any(fun({K, _, End}) -> K >= Roots andalso End =:= noproc end, Outcome).

plain(Kind, Outcome) ->
    [{K, [{Id, plain_result(Kind, R)} || {Id, R} <- Log], End} || {K, Log, End} <- Outcome].

plain_result(_, {drained, Messages}) -> {drained, plain_messages(Messages)};
plain_result(_, {messages, Messages}) -> {messages, plain_messages(Messages)};
plain_result(_, {Item, List}) when is_list(List) -> {Item, lists:sort(List)};
plain_result(_, Result) -> Result.

%% What was sent for one death comes in any order.
plain_messages([]) -> [];
plain_messages(Messages) ->
    case lists:splitwith(fun is_of_death/1, Messages) of
        {[], [M | Rest]} -> [M | plain_messages(Rest)];
        {Deaths, Rest} -> lists:sort(Deaths) ++ plain_messages(Rest)
    end.

is_of_death({'EXIT', _, _}) -> true;
is_of_death({_, _, process, _, _}) -> true;
is_of_death(_) -> false.

%% ---- scenarios ----

one_of(List) -> lists:nth(rand:uniform(length(List)), List).

reason() -> one_of([normal, normal, kill, killed, shutdown, boom, {a, [1]}]).
name() -> one_of([n0, n1]).
boolean() -> one_of([true, true, true, false]).
value() -> one_of([1, x, {y, [z]}, []]).
alias_kind() -> one_of([none, none, none, explicit_unalias, demonitor, reply_demonitor]).
tag() -> one_of([none, none, none, tagged, {t, 1}]).

turns(Seed) ->
    rand:seed(exsss, Seed),
    N = 1 + rand:uniform(4),
    Roots = rand:uniform(N),
    put(references, []),
    Births = [{rand:uniform(K) - 1, birth(K)} || K <- lists:seq(Roots, N - 1)],
    Early = shuffle(Births ++ [turn(N) || _ <- lists:seq(1, rand:uniform(8))]),
    Late = [turn(N) || _ <- lists:seq(1, 5 + rand:uniform(30))],
    Last = [{K, I} || K <- lists:seq(0, N - 1),
                      I <- [drain | [{info, K, Item} || Item <- [links, monitors, monitored_by, registered_name]]]],
    {turns, 1, Seed, Roots, numbered(Early ++ Late ++ Last)}.

%% References are told by the numbers of the steps that made them, which are known now.
numbered(Steps) ->
    Numbered = lists:zip(lists:seq(1, length(Steps)), Steps),
    Makers = [{Id, A} || {Id, {A, I}} <- Numbered, makes_reference(I)],
    [{A, Id, resolved(I, A, Id, Makers)} || {Id, {A, I}} <- Numbered].

makes_reference(I) when is_tuple(I) -> lists:member(element(1, I), [spawn, request, monitor, watch, alias, timer]);
makes_reference(_) -> false.

%% The reference that a step is about: mostly one of the actor's own, of before.
resolved({What, reference, X}, A, Id, Makers) -> {What, chosen_reference(What, A, Id, Makers), X};
resolved({What, reference}, A, Id, Makers) -> {What, chosen_reference(What, A, Id, Makers)};
resolved(I, _, _, _) when is_atom(I) -> {I};
resolved(I, _, _, _) -> I.

chosen_reference(What, A, Id, Makers) ->
    Own = [M || {M, Maker} <- Makers, Maker =:= A, M < Id],
    Any = [M || {M, _} <- Makers, M < Id],
    Wanted = case rand:uniform(8) of
                 1 -> Any;
                 _ when What =:= send_reference -> Any;
                 _ -> Own
             end,
    case Wanted of
        [] -> 0;
        _ -> one_of(lists:nthtail(max(0, length(Wanted) - 4), Wanted))
    end.

shuffle(List) -> [X || {_, X} <- lists:sort([{rand:uniform(), X} || X <- List])].

birth(K) -> {one_of([spawn, spawn, request]), K, one_of([[], [link], [monitor], [link, monitor]])}.

turn(N) -> {rand:uniform(N) - 1, instruction(N, rand:uniform(100))}.

%% Of a hundred.
instruction(N, W) ->
    K = rand:uniform(N) - 1,
    if
        W =< 2 -> birth(K);
        W =< 10 -> {link, K};
        W =< 15 -> {unlink, K};
        W =< 23 -> {monitor, K, alias_kind(), tag()};
        W =< 26 -> {watch, name(), alias_kind(), tag()};
        W =< 31 -> {demonitor, reference, one_of([[], [flush], [info], [flush, info]])};
        W =< 37 -> {signal, K, reason()};
        W =< 43 -> {trap, boolean()};
        W =< 47 -> {register, name(), K};
        W =< 48 -> {unregister, name()};
        W =< 50 -> {whereis, name()};
        W =< 51 -> registered;
        W =< 55 -> {send, K, value()};
        W =< 58 -> {send_name, name(), value()};
        W =< 64 -> {send_reference, reference, value()};
        W =< 66 -> {alias, one_of([explicit_unalias, reply])};
        W =< 69 -> {unalias, reference};
        W =< 72 -> {timer, one_of([send_after, start_timer]), one_of([0, 1, ?LONG, ?LONG, ?LONG]), one_of([K, name()])};
        W =< 75 -> {one_of([cancel_timer, read_timer]), reference};
        W =< 79 -> take;
        W =< 82 -> drain;
        W =< 85 -> {alive, K};
        W =< 90 -> {info, K, one_of(?INFO)};
        W =< 91 -> {leader, K, rand:uniform(N) - 1};
        W =< 93 -> {suspend, K};
        W =< 95 -> {resume, K};
        W =< 96 -> {one_of([exit, error, throw]), reason()};
        W =< 97 -> one_of([return, {put, value()}]);
        W =< 98 -> {'catch', one_of([exit, error, throw]), reason()};
        true -> hibernate
    end.

free(Seed) ->
    rand:seed(exsss, Seed),
    N = 1 + rand:uniform(2),
    Roots = one_of([N, N, N - 1]),
    Births = [{rand:uniform(K) - 1, setelement(1, birth(K), spawn)} || K <- lists:seq(Roots, N - 1)],
    Steps = [{A, free_instruction(A, N, rand:uniform(100))}
             || A <- lists:seq(0, N - 1), _ <- lists:seq(1, 1 + rand:uniform(3))],
    {free, ?RUNS, Seed, Roots, numbered(shuffle(Births ++ Steps))}.

%% Nobody is given a name by another: here that waits for who is to have it, and so never comes true after an
%% exit signal, and may come true though who asked was killed meanwhile.
free_instruction(Self, N, W) ->
    K = rand:uniform(N) - 1,
    if
        W =< 10 -> {link, K};
        W =< 18 -> {unlink, K};
        W =< 26 -> {monitor, K, alias_kind(), none};
        W =< 30 -> {watch, name(), none, none};
        W =< 36 -> {demonitor, reference, one_of([[], [flush], [info], [flush, info]])};
        W =< 45 -> {signal, K, reason()};
        W =< 53 -> {trap, boolean()};
        W =< 57 -> {register, name(), Self};
        W =< 58 -> {unregister, name()};
        W =< 60 -> {whereis, name()};
        W =< 66 -> {send, K, value()};
        W =< 69 -> {send_name, name(), value()};
        W =< 75 -> {send_reference, reference, value()};
        W =< 77 -> {alias, one_of([explicit_unalias, reply])};
        W =< 79 -> {unalias, reference};
        W =< 91 -> 'receive';
        W =< 94 -> poll;
        W =< 97 -> {alive, K};
        true -> {exit, reason()}
    end.

%% ---- instructions ----

pid_of(K) ->
    case ets:lookup(known, {actor, K}) of
        [{_, Pid}] -> Pid;
        [] -> nobody
    end.

reference(Id) ->
    case ets:lookup(known, {reference, Id}) of
        [{_, Reference}] -> Reference;
        [] -> nothing
    end.

director() -> ets:lookup_element(known, director, 2).

made(How, Id, Reference) ->
    ets:insert(known, {{reference, Id}, Reference}),
    {How, Reference}.

with_actor(K, F) ->
    case pid_of(K) of
        nobody -> nobody;
        Pid -> F(Pid)
    end.

with_reference(Id, F) ->
    case reference(Id) of
        nothing -> nothing;
        Reference -> F(Reference)
    end.

%% true, or what was wrong.
tried(F) ->
    try F() of
        _ -> true
    catch
        error:noproc -> noproc;
        error:badarg -> badarg
    end.

worked(F) -> tried(F) =:= true.

%% A process that has just been given a turn by its scheduler is not stopped between these two.
claim(K) ->
    erlang:yield(),
    ets:insert_new(known, {{claimed, K}, self()}).

born(K, Result) ->
    ets:insert(known, {{born, K}}),
    Result.

do({spawn, K, Options}, Id) ->
    case claim(K) andalso spawn_opt(fun() -> actor(K) end, Options) of
        false -> again;
        {Pid, Reference} -> ets:insert(known, {{actor, K}, Pid}), born(K, made(spawned, Id, Reference));
        Pid -> ets:insert(known, {{actor, K}, Pid}), born(K, spawned)
    end;
do({request, K, Options}, Id) ->
    case claim(K) andalso spawn_request(fun() -> actor(K) end, Options) of
        false -> again;
        Reference -> born(K, made(spawned, Id, Reference))
    end;
do({link, K}, _) -> with_actor(K, fun(P) -> tried(fun() -> link(P) end) end);
do({unlink, K}, _) -> with_actor(K, fun(P) -> tried(fun() -> unlink(P) end) end);
do({signal, K, Reason}, _) -> with_actor(K, fun(P) -> exit(P, Reason) end);
do({trap, Trap}, _) -> process_flag(trap_exit, Trap);
do({exit, Reason}, _) -> exit(Reason);
do({error, Reason}, _) -> error(Reason);
do({throw, Reason}, _) -> throw(Reason);
do({'catch', Class, Reason}, _) ->
    try erlang:raise(Class, Reason, [])
    catch C:R -> {C, R}
    end;
do({monitor, K, Alias, Tag}, Id) ->
    with_actor(K, fun(P) -> made(made, Id, monitor(process, P, monitor_options(Alias, Tag))) end);
do({watch, Name, Alias, Tag}, Id) -> made(made, Id, monitor(process, Name, monitor_options(Alias, Tag)));
do({demonitor, Of, Options}, _) -> with_reference(Of, fun(R) -> demonitor(R, Options) end);
do({alias, Kind}, Id) -> made(made, Id, alias([Kind]));
do({unalias, Of}, _) -> with_reference(Of, fun(R) -> unalias(R) end);
do({send, K, Value}, Id) -> with_actor(K, fun(P) -> sent(P, {m, Id, Value}) end);
do({send_name, Name, Value}, Id) -> sent(Name, {m, Id, Value});
do({send_reference, Of, Value}, Id) -> with_reference(Of, fun(R) -> sent(R, {m, Id, Value}) end);
do({take}, _) ->
    receive {m, N, Value} -> {got, {m, N, Value}}
    after 0 -> nothing
    end;
do({drain}, _) -> {drained, drained()};
do({'receive'}, Id) ->
    receive Message -> {got, Message}
    after 0 ->
        director() ! {waits, self(), Id},
        await_message(Id)
    end;
do({poll}, _) ->
    receive Message -> {got, Message}
    after 0 -> nothing
    end;
do({register, Name, K}, _) -> with_actor(K, fun(P) -> worked(fun() -> register(Name, P) end) end);
do({unregister, Name}, _) -> worked(fun() -> unregister(Name) end);
do({whereis, Name}, _) -> whereis(Name);
do({registered}, _) -> {registered, [Name || Name <- registered(), lists:member(Name, [n0, n1])]};
do({timer, _, _, K} = I, Id) when is_integer(K) -> with_actor(K, fun(P) -> timer(I, Id, P) end);
do({timer, _, _, Name} = I, Id) -> timer(I, Id, Name);
do({cancel_timer, Of}, _) -> with_reference(Of, fun(R) -> left(erlang:cancel_timer(R)) end);
do({read_timer, Of}, _) -> with_reference(Of, fun(R) -> left(erlang:read_timer(R)) end);
do({alive, K}, _) -> with_actor(K, fun(P) -> is_process_alive(P) end);
do({info, K, Item}, _) -> with_actor(K, fun(P) -> process_info(P, Item) end);
do({leader, K, L}, _) ->
    with_actor(K, fun(P) -> with_actor(L, fun(Q) -> worked(fun() -> group_leader(Q, P) end) end) end);
do({suspend, K}, _) -> with_actor(K, fun(P) -> worked(fun() -> erlang:suspend_process(P) end) end);
do({resume, K}, _) -> with_actor(K, fun(P) -> worked(fun() -> erlang:resume_process(P) end) end);
do({put, Value}, _) -> put(key, Value);
do({hibernate}, _) -> hibernates.

monitor_options(Alias, Tag) -> [{alias, Alias} || Alias =/= none] ++ [{tag, Tag} || Tag =/= none].

sent(To, Message) ->
    case tried(fun() -> To ! Message end) of
        true -> ok;
        Error -> Error
    end.

drained() ->
    receive Message -> [Message | drained()]
    after 0 -> []
    end.

await_message(Id) ->
    receive
        {nothing_moves, Id} -> nothing;
        {nothing_moves, _} -> await_message(Id);
        Message -> {got, Message}
    end.

timer({timer, What, Ms, _}, Id, To) ->
    Timer = erlang:What(Ms, To, {m, Id, timer}),
    Ms < 1000 andalso erlang:send_after(Ms + 1, director(), {fired, Id}),
    made(made, Id, Timer).

left(false) -> over;
left(_) -> left.

%% ---- actors ----

actor(K) ->
    ets:insert(known, {{actor, K}, self()}),
    director() ! {hello, K, self()},
    receive
        {go, turns, _, _} -> director() ! {ready, K}, take_turns(K);
        {go, free, Seed, Steps} ->
            await_birth(K),
            await_all(Seed rem 2),
            run_free(K, {Seed, K}, [{Id, I} || {A, Id, I} <- Steps, A =:= K])
    end.

%% What it makes known of us is known.
await_birth(K) ->
    ets:member(known, {born, K}) orelse not is_process_alive(ets:lookup_element(known, {claimed, K}, 2))
        orelse (erlang:yield() andalso await_birth(K)).

%% In every other run the roots begin at once, for which the schedulers have to be awake.
await_all(0) -> ok;
await_all(1) ->
    ets:update_counter(known, here, 1),
    await_here(ets:lookup_element(known, roots, 2)).

await_here(N) -> ets:lookup_element(known, here, 2) >= N orelse (erlang:yield() andalso await_here(N)).

take_turns(K) ->
    receive
        {turn, _, {return}} -> ok;
        {turn, Id, {hibernate}} -> perform(K, Id, {hibernate}), erlang:hibernate(?MODULE, take_turns, [K]);
        {turn, Id, I} -> perform(K, Id, I), take_turns(K)
    end.

perform(K, Id, I) ->
    Result = do(I, Id),
    ets:update_counter(known, done, 1),
    director() ! {did, K, Id, Result}.

run_free(_, Seed, []) -> dawdle(Seed, last);
run_free(K, Seed, [{Id, I} | Steps]) ->
    dawdle(Seed, Id),
    element(1, Seed) >= ?EAGER orelse lists:member(element(1, I), [send, send_name, send_reference])
        orelse take_in_signals(),
    perform(K, Id, I),
    run_free(K, Seed, Steps).

%% As all functions there do, but those that send. What may happen here without that is not looked for
%% there, but what happened there may.
take_in_signals() ->
    receive {nobody, sends, this} -> ok
    after 0 -> ok
    end.

%% In some runs all hurry, and in others they give way, or stand still for a while, here and there.
dawdle({Run, _} = Seed, Id) ->
    X = erlang:phash2({Id, Seed}),
    case X rem 4 < Run div 2 rem 4 of
        false -> ok;
        true when X band 4 =:= 0; Run rem 2 =:= 0 -> yield(1 bsl (X div 8 rem 5));
        true when X div 64 rem 3 =:= 0, Run >= ?EAGER -> stand_still(200, none_is_so_many); % others end
        true -> stand_still(60, steps_done() + 1 + X div 8 rem 3)
    end.

yield(0) -> ok;
yield(N) -> erlang:yield(), yield(N - 1).

%% Until the others have done so many steps, but not for ever. A multiplication sees no signals, and costs
%% little of a time slice.
stand_still(0, _) -> ok;
stand_still(N, Steps) ->
    Large = 1 bsl 6400 - 1,
    true = Large * (Large - N) > 0,
    steps_done() >= Steps orelse stand_still(N - 1, Steps).

steps_done() -> ets:lookup_element(known, done, 2).

%% ---- the director ----

%% pids: whom it has heard of; logs: newest first; waits: for a message.
direct_all({Kind, Runs, Seed, Roots, Steps}) ->
    group_leader(self(), self()),
    lists:usort([direct(Kind, Seed + Run, Roots, Steps) || Run <- lists:seq(0, Runs - 1)]).

direct(Kind, Seed, Roots, Steps) ->
    ets:delete_all_objects(known),
    ets:insert(known, [{director, self()}, {roots, Roots}, {here, 0}, {done, 0}]),
    New = #{kind => Kind, seed => Seed, steps => Steps, pids => #{}, monitors => #{}, logs => #{}, ends => #{},
            ready => [], waits => #{}, fired => none},
    Started = lists:foldl(fun start_root/2, New, lists:seq(0, Roots - 1)),
    Done = case Kind of
               turns -> await_ends(direct_turns(Started));
               free -> direct_freely(Started, 0)
           end,
    outcome(Done).

start_root(K, S = #{kind := Kind, seed := Seed, pids := Pids, monitors := Monitors}) ->
    ets:insert(known, [{{claimed, K}, self()}, {{born, K}}]),
    {Pid, Monitor} = spawn_opt(fun() -> actor(K) end, [monitor | place(Kind, Seed, K)]),
    ets:insert(known, {{actor, K}, Pid}),
    S#{pids := Pids#{K => Pid}, monitors := Monitors#{Monitor => K}}.

%% Or all would begin where the director is.
place(turns, _, _) -> [];
place(free, Seed, _) when Seed rem 2 =:= 0 -> [];
place(free, Seed, K) -> [{scheduler, 1 + (K + Seed div 2) rem erlang:system_info(schedulers)}].

hear(S) -> receive Message -> heard(Message, S) end.

heard({hello, K, _}, S = #{logs := Logs}) when is_map_key(K, Logs) -> S;
heard({hello, K, Pid}, S = #{pids := Pids, monitors := Monitors, logs := Logs}) ->
    #{kind := Kind, seed := Seed, steps := Steps} = S,
    Monitor = case Pids of
                  #{K := _} -> #{};
                  _ -> #{monitor(process, Pid) => K}
              end,
    Pid ! {go, Kind, Seed, Steps},
    S#{pids := Pids#{K => Pid}, monitors := maps:merge(Monitors, Monitor), logs := Logs#{K => []}};
heard({ready, K}, S = #{ready := Ready}) -> S#{ready := [K | Ready]};
heard({did, K, Id, Result}, S) -> noted(K, Id, Result, S);
heard({'DOWN', Monitor, process, _, Reason}, S = #{monitors := Monitors, ends := Ends}) ->
    #{Monitor := K} = Monitors,
    S#{ends := Ends#{K => Reason}};
heard({waits, Pid, Id}, S = #{pids := Pids, waits := Waits}) ->
    [K] = [K || {K, P} <- maps:to_list(Pids), P =:= Pid],
    S#{waits := Waits#{K => Id}};
heard({fired, Id}, S) -> S#{fired := Id}.

noted(K, Id, Result, S = #{logs := Logs, waits := Waits}) ->
    S#{logs := Logs#{K => [{Id, Result} | maps:get(K, Logs, [])]}, waits := maps:remove(K, Waits)}.

lives(K, #{pids := Pids, ends := Ends}) -> is_map_key(K, Pids) andalso not is_map_key(K, Ends).

living(S = #{pids := Pids}) -> [{K, Pid} || {K, Pid} <- lists:sort(maps:to_list(Pids)), lives(K, S)].

all_have_ended(#{ends := Ends}) -> length(ets:match(known, {{claimed, '_'}, '_'})) =:= map_size(Ends).

await_ends(S) ->
    case all_have_ended(S) of
        true -> S;
        false -> await_ends(hear(S))
    end.

%% ---- taking turns ----

direct_turns(S = #{steps := Steps}) ->
    Done = lists:foldl(fun give_turn/2, await_all_ready(S), Steps),
    [exit(Pid, kill) || {_, Pid} <- living(Done)],
    Done.

await_all_ready(S = #{pids := Pids, ready := Ready}) when map_size(Pids) =:= length(Ready) -> S;
await_all_ready(S) -> await_all_ready(hear(S)).

give_turn({K, Id, I}, S = #{pids := Pids}) ->
    case lives(K, S) andalso process_info(maps:get(K, Pids), status) of
        false -> S;
        {status, suspended} -> noted(K, Id, held, S);
        _ ->
            maps:get(K, Pids) ! {turn, Id, I},
            settled(awaited_step(K, Id, I, S))
    end.

awaited_step(K, Id, I, S = #{logs := Logs}) ->
    case {maps:get(K, Logs, []), lives(K, S)} of
        {[{Id, Result} | _], _} -> awaited_effect(I, Id, Result, S);
        {_, false} -> S;
        _ -> awaited_step(K, Id, I, hear(S))
    end.

awaited_effect(_, _, again, S) -> S;
awaited_effect({What, K, _} = I, Id, Result, S = #{ready := Ready}) when What =:= spawn; What =:= request ->
    case lists:member(K, Ready) of
        true -> S;
        false -> awaited_effect(I, Id, Result, hear(S))
    end;
awaited_effect({timer, _, Ms, _}, Id, {made, _}, S) when Ms < 1000 -> awaited_timer(Id, S);
awaited_effect(_, _, _, S) -> S.

awaited_timer(Id, S = #{fired := Id}) ->
    case erlang:read_timer(reference(Id)) of
        false -> S;
        _ -> erlang:yield(), awaited_timer(Id, S)
    end;
awaited_timer(Id, S) -> awaited_timer(Id, hear(S)).

%% Until nobody has a link or a monitor, from or to somebody who has ended, or has suspended somebody who has.
settled(S = #{pids := Pids, ends := Ends}) ->
    Dead = [Pid || {K, Pid} <- maps:to_list(Pids), is_map_key(K, Ends)],
    Lists = fun(Pid) -> process_info(Pid, [links, monitors, monitored_by, suspending]) end,
    case [P || P = {_, Pid} <- living(S), not is_consistent(Lists(Pid), Dead)] of
        [] -> S;
        [{K, Pid} | _] -> erlang:yield(), settled(awaited_end(K, process_info(Pid, status), S))
    end.

awaited_end(K, undefined, S) ->
    case lives(K, S) of
        true -> awaited_end(K, undefined, hear(S));
        false -> S
    end;
awaited_end(_, _, S) -> S.

is_consistent(undefined, _) -> false;
is_consistent(Lists, Dead) ->
    Named = fun({_, Who}) -> Who; ({Who, _, _}) -> Who; (Who) -> Who end,
    not lists:any(fun(Entry) -> lists:member(Named(Entry), Dead) end, lists:append([List || {_, List} <- Lists])).


%% ---- all at once ----

direct_freely(S, Quiet) ->
    erlang:yield(),
    case all_have_ended(S) of
        true -> S;
        false ->
            receive Message -> direct_freely(heard(Message, S), 0)
            after 0 ->
                case all_wait(living(S)) of
                    false -> direct_freely(looked_for_unheard(S), 0);
                    true when Quiet < 2 -> direct_freely(S, Quiet + 1);
                    true -> direct_freely(let_one_go_on(S), 0)
                end
            end
    end.

all_wait([]) -> false;
all_wait(Living) -> lists:all(fun({_, Pid}) -> process_info(Pid, status) =:= {status, waiting} end, Living).

%% Nobody lives of whom the director has heard. Was somebody killed before it said hello?
looked_for_unheard(S = #{pids := Pids}) ->
    Unheard = [{K, Pid} || living(S) =:= [], {{actor, K}, Pid} <- ets:tab2list(known), not is_map_key(K, Pids)],
    lists:foldl(fun({K, Pid}, T) -> heard({hello, K, Pid}, T) end, S, Unheard).

let_one_go_on(S = #{waits := Waits}) ->
    case [{K, Pid} || {K, Pid} <- living(S), is_map_key(K, Waits)] of
        [] -> S;
        [{K, Pid} | _] ->
            Pid ! {nothing_moves, maps:get(K, Waits)},
            S#{waits := maps:remove(K, Waits)}
    end.

%% ---- outcomes ----

outcome(#{pids := Pids, logs := Logs, ends := Ends}) ->
    Names = maps:from_list([{self(), director} | [name_of(Object) || Object <- ets:tab2list(known)]]),
    [{K, named(lists:reverse(maps:get(K, Logs, [])), Names), named(maps:get(K, Ends), Names)}
     || K <- lists:sort(maps:keys(Pids))].

name_of({{actor, K}, Pid}) -> {Pid, list_to_atom("a" ++ integer_to_list(K))};
name_of({{reference, Id}, Reference}) -> {Reference, list_to_atom("r" ++ integer_to_list(Id))};
name_of(_) -> {none, none}.

named(T, Names) when is_pid(T); is_reference(T) -> maps:get(T, Names, stranger);
named([{M, F, _, Info} | _], _) when is_atom(M), is_atom(F), is_list(Info) -> []; % a stack: here that is empty
named([H | T], Names) -> [named(H, Names) | named(T, Names)];
named(T, Names) when is_tuple(T) -> list_to_tuple([named(E, Names) || E <- tuple_to_list(T)]);
named(T, _) -> T.
