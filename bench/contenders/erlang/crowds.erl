%% crowds.erl - the figures of many units that talk to each other, or all to one.
%%
%% As in figures.erl: prepare/1 creates the units, which then wait, and returns the
%% batch. Units are linked to the runner and serve one batch after another.
%%
%% - The random choices are those of bench/figures/draws.h.
%% - bank: the runner is the teller. It keeps its messages off its heap, as in `selective`.
%%   The reference is made in the body that receives by it, so what waits already is
%%   skipped.
%% - philosophers: forks and hungry ones are bits of small integers.
%% - two_cpus: the emulator places the units.
-module(crowds).
-export([names/0, expected/1, peak_live/1, prepare/1, draw/1]).
-export([actor/1, account/2, mall/0, creature/2, arbiter/0, philosopher/2, dictionary/1, worker/2]).

-define(ACTORS, 120).
-define(ACCOUNTS, 1000).
-define(SOURCES, 800).
-define(BALANCE, 100000).
-define(UNDER_WAY, 100).
-define(CREATURES, 100).
-define(PHILOSOPHERS, 20).
-define(WORKERS, 20).
-define(KEYS, 20000).

names() -> [big, bank, chameneos, philosophers, dictionary].

%% {Work, Checksum} of a batch; its work is also its number of operations.
expected(#{figure := big, n := N}) ->
    {?ACTORS * N, lists:sum([peers(N, Actor, Actor, 0) || Actor <- lists:seq(1, ?ACTORS)])};
expected(#{figure := bank, n := N}) -> {N, moved(N, 1, sum(?ACCOUNTS) * ?BALANCE)};
expected(#{figure := chameneos, n := N}) -> {N, 2 * N};
expected(#{figure := philosophers, n := N}) -> {?PHILOSOPHERS * N, (sum(?PHILOSOPHERS) + ?PHILOSOPHERS) * N};
expected(#{figure := dictionary, n := N}) ->
    {?WORKERS * N, lists:sum([values(N, Worker, Worker, #{}, 0) || Worker <- lists:seq(1, ?WORKERS)])}.

peak_live(#{figure := big}) -> ?ACTORS;
peak_live(#{figure := bank}) -> ?ACCOUNTS + 1;
peak_live(#{figure := chameneos}) -> ?CREATURES + 1;
peak_live(#{figure := philosophers}) -> ?PHILOSOPHERS + 1;
peak_live(#{figure := dictionary}) -> ?WORKERS + 1.

sum(N) -> N * (N + 1) div 2.

unit(Function, Arguments) ->
    spawn_opt(?MODULE, Function, Arguments, [link]).

%% -- random choices --------------------------------------------------------

draw(Before) -> Before * 48271 rem 2147483647.

peer(Drawn, Self) ->
    case 1 + Drawn rem (?ACTORS - 1) of
        Other when Other < Self -> Other;
        Other -> Other + 1
    end.

peers(0, _, _, Sum) -> Sum;
peers(N, Self, Before, Sum) ->
    Drawn = draw(Before),
    peers(N - 1, Self, Drawn, Sum + peer(Drawn, Self)).

transfer(Before) ->
    First = draw(Before),
    Source = 1 + First rem ?SOURCES,
    Second = draw(First),
    Destination = Source + 1 + Second rem (?ACCOUNTS - Source),
    Drawn = draw(Second),
    {Source, Destination, 1 + Drawn rem 1000, Drawn}.

moved(0, _, Sum) -> Sum;
moved(N, Before, Sum) ->
    {Source, Destination, Amount, Drawn} = transfer(Before),
    moved(N - 1, Drawn, Sum + (Destination - Source) * Amount).

%% {Key, what was drawn last}: that is written, if it is divisible by ten.
request(Before, Worker) ->
    First = draw(Before),
    {Worker + ?WORKERS * (First rem (?KEYS div ?WORKERS)), draw(First)}.

values(0, _, _, _, Sum) -> Sum;
values(N, Worker, Before, Written, Sum) ->
    case request(Before, Worker) of
        {Key, Drawn} when Drawn rem 10 =:= 0 -> values(N - 1, Worker, Drawn, Written#{Key => Drawn}, Sum + Drawn);
        {Key, Drawn} -> values(N - 1, Worker, Drawn, Written, Sum + maps:get(Key, Written, Key))
    end.

%% -- preparing -------------------------------------------------------------

prepare(#{figure := big, n := N}) ->
    Actors = numbered(?ACTORS, fun(I) -> unit(actor, [I]) end),
    Table = list_to_tuple(Actors),
    fun() -> set_off(Actors, {go, self(), N, Table}), {?ACTORS * N, gather(?ACTORS, 0)} end;
prepare(#{figure := bank, n := N}) ->
    Accounts = numbered(?ACCOUNTS, fun(I) -> unit(account, [I, ?BALANCE]) end),
    Table = list_to_tuple(Accounts),
    fun() -> tell(N, Accounts, Table) end;
prepare(#{figure := chameneos, n := N}) ->
    Mall = unit(mall, []),
    Creatures = numbered(?CREATURES, fun(I) -> unit(creature, [Mall, I rem 3]) end),
    fun() -> Mall ! {go, self(), N, Creatures}, {N, gather(1, 0)} end;
prepare(#{figure := philosophers, n := N}) ->
    Arbiter = unit(arbiter, []),
    All = numbered(?PHILOSOPHERS, fun(I) -> unit(philosopher, [Arbiter, I]) end),
    Arbiter ! {seats, list_to_tuple(All)},
    fun() -> set_off(All, {go, self(), N}), dine(N, Arbiter) end;
prepare(#{figure := dictionary, n := N}) ->
    First = maps:from_list([{Key, Key} || Key <- lists:seq(1, ?KEYS)]),
    Server = unit(dictionary, [First]),
    Workers = numbered(?WORKERS, fun(I) -> unit(worker, [Server, I]) end),
    fun() ->
        Server ! {reset, self()},
        0 = gather(1, 0),
        set_off(Workers, {go, self(), N}),
        {?WORKERS * N, gather(?WORKERS, 0)}
    end.

numbered(Count, Make) -> [Make(I) || I <- lists:seq(1, Count)].

set_off(Units, Word) -> [Unit ! Word || Unit <- Units], ok.

gather(0, Sum) -> Sum;
gather(Left, Sum) -> receive {sum, More} -> gather(Left - 1, Sum + More) end.

%% -- big -------------------------------------------------------------------

actor(Self) ->
    receive
        {ping, From} -> From ! {pong, Self};
        {go, Runner, N, Table} -> Runner ! {sum, pings(N, Self, Table, Self, 0)}
    end,
    actor(Self).

pings(0, _, _, _, Sum) -> Sum;
pings(N, Self, Table, Before, Sum) ->
    Drawn = draw(Before),
    element(peer(Drawn, Self), Table) ! {ping, self()},
    pings(N - 1, Self, Table, Drawn, Sum + pong(Self)).

pong(Self) ->
    receive
        {ping, From} -> From ! {pong, Self}, pong(Self);
        {pong, Number} -> Number
    end.

%% -- bank ------------------------------------------------------------------

tell(N, Accounts, Table) ->
    AtFirst = min(N, ?UNDER_WAY),
    Work = order(AtFirst, AtFirst, N, 1, Table),
    set_off(Accounts, {balance, self()}),
    {Work, gather(?ACCOUNTS, 0)}.

%% So many at first; then one whenever one is done.
order(0, UnderWay, Left, Before, Table) -> done(UnderWay, Left, Before, Table, 0);
order(More, UnderWay, Left, Before, Table) -> order(More - 1, UnderWay, Left - 1, order(Before, Table), Table).

order(Before, Table) ->
    {Source, Destination, Amount, Drawn} = transfer(Before),
    element(Source, Table) ! {debit, self(), element(Destination, Table), Amount},
    Drawn.

done(0, 0, _, _, Work) -> Work;
done(UnderWay, 0, Before, Table, Work) ->
    receive done -> done(UnderWay - 1, 0, Before, Table, Work + 1) end;
done(UnderWay, Left, Before, Table, Work) ->
    receive done -> done(UnderWay, Left - 1, order(Before, Table), Table, Work + 1) end.

account(Number, Balance) ->
    receive
        {debit, Teller, Destination, Amount} ->
            pass_on(Destination, Amount),
            Teller ! done,
            account(Number, Balance - Amount);
        {credit, From, Ref, Amount} ->
            From ! {Ref, credited},
            account(Number, Balance + Amount);
        {balance, Teller} ->
            Teller ! {sum, Number * Balance},
            account(Number, ?BALANCE)
    end.

pass_on(Destination, Amount) ->
    Ref = make_ref(),
    Destination ! {credit, self(), Ref, Amount},
    receive {Ref, credited} -> ok end.

%% -- chameneos -------------------------------------------------------------

mall() ->
    receive {go, Runner, N, Creatures} ->
        set_off(Creatures, go),
        introduce(N),
        Runner ! {sum, close(?CREATURES, 0)}
    end,
    mall().

introduce(0) -> ok;
introduce(N) ->
    receive {meet, First, _} ->
        receive {meet, _, _} = Second -> First ! Second end
    end,
    introduce(N - 1).

%% How often all of them have met.
close(0, Sum) -> gather(?CREATURES, Sum);
close(Left, Sum) -> receive {meet, Late, _} -> Late ! stop, close(Left - 1, Sum) end.

creature(Mall, Colour) ->
    receive go -> ok end,
    creature(Mall, meets(Mall, Colour, 0)).

meets(Mall, Colour, Meetings) ->
    Mall ! {meet, self(), Colour},
    receive
        {meet, Other, Theirs} ->
            New = mixed(Colour, Theirs),
            Other ! {change, New},
            meets(Mall, New, Meetings + 1);
        {change, New} ->
            meets(Mall, New, Meetings + 1);
        stop ->
            Mall ! {sum, Meetings},
            Colour
    end.

mixed(Colour, Colour) -> Colour;
mixed(A, B) -> 3 - A - B.

%% -- philosophers ----------------------------------------------------------

dine(N, Arbiter) ->
    Sum = gather(?PHILOSOPHERS, 0),
    Arbiter ! {meals, self()},
    {?PHILOSOPHERS * N, gather(1, Sum)}.

arbiter() -> receive {seats, Seats} -> arbiter(Seats, 0, 0, 0) end.

arbiter(Seats, Taken, Hungry, Meals) ->
    receive
        {hungry, I} ->
            serve([I], Seats, Taken, Hungry bor seat(I), Meals);
        {done, I} ->
            serve([left_of(I), right_of(I)], Seats, Taken band bnot forks(I), Hungry, Meals);
        {meals, Runner} ->
            Runner ! {sum, Meals},
            arbiter(Seats, Taken, Hungry, 0)
    end.

serve([], Seats, Taken, Hungry, Meals) -> arbiter(Seats, Taken, Hungry, Meals);
serve([I | More], Seats, Taken, Hungry, Meals) ->
    Seat = seat(I),
    Forks = forks(I),
    if
        Hungry band Seat =/= 0, Taken band Forks =:= 0 ->
            element(I, Seats) ! eat,
            serve(More, Seats, Taken bor Forks, Hungry band bnot Seat, Meals + 1);
        true ->
            serve(More, Seats, Taken, Hungry, Meals)
    end.

seat(I) -> 1 bsl (I - 1).
forks(I) -> 1 bsl (I - 1) bor (1 bsl (I rem ?PHILOSOPHERS)).
left_of(1) -> ?PHILOSOPHERS;
left_of(I) -> I - 1.
right_of(?PHILOSOPHERS) -> 1;
right_of(I) -> I + 1.

philosopher(Arbiter, I) ->
    receive {go, Runner, N} -> Runner ! {sum, eat(N, Arbiter, I, 0)} end,
    philosopher(Arbiter, I).

eat(0, _, _, Sum) -> Sum;
eat(N, Arbiter, I, Sum) ->
    Arbiter ! {hungry, I},
    receive eat -> ok end,
    Arbiter ! {done, I},
    eat(N - 1, Arbiter, I, Sum + I).

%% -- dictionary ------------------------------------------------------------

dictionary(First) -> dictionary(First, First).

dictionary(First, Map) ->
    receive
        {read, From, Key} ->
            From ! {value, map_get(Key, Map)},
            dictionary(First, Map);
        {write, From, Key, Value} ->
            From ! {value, Value},
            dictionary(First, Map#{Key := Value});
        {reset, Runner} ->
            Runner ! {sum, 0},
            dictionary(First, First)
    end.

worker(Server, Worker) ->
    receive {go, Runner, N} -> Runner ! {sum, requests(N, Worker, Server, Worker, 0)} end,
    worker(Server, Worker).

requests(0, _, _, _, Sum) -> Sum;
requests(N, Worker, Server, Before, Sum) ->
    {Key, Drawn} = request(Before, Worker),
    Server ! if
        Drawn rem 10 =:= 0 -> {write, self(), Key, Drawn};
        true -> {read, self(), Key}
    end,
    receive {value, Value} -> requests(N - 1, Worker, Server, Drawn, Sum + Value) end.
