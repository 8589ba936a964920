%% terms.erl - the figures about terms: sent, copied, selected, matched.
%%
%% As in figures.erl: prepare/1 creates the units, which then wait, and returns the
%% batch. Units are linked to the runner and serve one batch after another.
%%
%% - copy: the sender builds its term at run time, because a literal would be sent
%%   without a copy. A binary above 64 bytes lives outside the heaps and is shared:
%%   there `copy` shows what a reference costs. That is the runtime's answer to the
%%   question, and binary_step looks for where it begins.
%% - binary_step: zeros and a last byte, `<<0:Bits, Last>>`. Appending to a prefix
%%   would make every binary one outside the heap, with room to grow: no step.
%% - selective: the runner itself is the caller, for a request to begin a batch would
%%   have to be found behind the misfits. It keeps its messages off its heap
%%   (message_queue_data = off_heap, set in contender.erl), as the documentation
%%   advises where many messages may wait: with them on the heap every collection
%%   would copy 500,000 misfits, and the figure would be about that.
%% - pattern: the terms are arguments, made at run time, and the shape is chosen
%%   once in eight matches, so the compiler knows neither values nor types.
-module(terms).
-export([names/0, expected/1, peak_live/1, prepare/1]).
-export([pinger/1, ponger/0, sender/3, maker/3, receiver/2, partner/0]).

-define(TRIPS, 1000).
-define(STEPS, 1000).
-define(CALLS, 10).
-define(TURNS, 1250).

names() -> [tuple_ping_pong, copy, binary_step, selective, pattern].

%% {Work, Checksum} of a batch; its work is also its number of operations.
expected(#{figure := tuple_ping_pong}) -> {?TRIPS, sum(?TRIPS) + ?TRIPS};
expected(#{figure := copy, n := N}) -> {copies(N), copies(N) * (N + 1)};
expected(#{figure := binary_step, n := N}) ->
    {?STEPS, ?STEPS * N + lists:sum([I rem 256 || I <- lists:seq(1, ?STEPS)])};
expected(#{figure := selective}) -> {?CALLS, sum(?CALLS) + ?CALLS};
expected(#{figure := pattern, variant := Shape}) -> {8 * ?TURNS, ?TURNS * sum_of_eight(Shape)}.

sum_of_eight(int) -> 26;
sum_of_eight(atom) -> 20;
sum_of_eight(pair) -> 156;
sum_of_eight(nested) -> 192;
sum_of_eight(list) -> 184;
sum_of_eight(map) -> 156;
sum_of_eight(bin) -> 148.

%% Units alive at once. The runner counts where it does the figure itself.
peak_live(#{figure := pattern}) -> 1;
peak_live(_) -> 2.

sum(N) -> N * (N + 1) div 2.

%% About 4 MiB or four million elements a batch.
copies(N) -> min(max(4194304 div (N + 1), 4), 10000).

unit(Function, Arguments, Options) ->
    spawn_opt(?MODULE, Function, Arguments, [link | Options]).

%% -- preparing -------------------------------------------------------------

prepare(#{figure := tuple_ping_pong} = Setting) ->
    B = unit(ponger, [], figures:place(Setting, 2)),
    A = unit(pinger, [B], figures:place(Setting, 1)),
    fun() -> batch_of([A]) end;
prepare(#{figure := copy, variant := Kind, n := N}) ->
    Receiver = receiver_of(copy, copies(N)),
    Sender = unit(sender, [term(Kind), N, {self(), Receiver}], []),
    receive built -> ok end,
    fun() -> batch_of([Receiver, Sender]) end;
prepare(#{figure := binary_step, n := N}) ->
    Receiver = receiver_of(binary_step, ?STEPS),
    Maker = unit(maker, [?STEPS, N, Receiver], []),
    fun() -> batch_of([Receiver, Maker]) end;
prepare(#{figure := selective, variant := Way, n := N}) ->
    Partner = unit(partner, [], []),
    misfits(N),
    case Way of
        plain -> fun() -> calls_plain(1, Partner, 0, 0) end;
        marker -> fun() -> calls_marked(1, Partner, 0, 0) end
    end;
prepare(#{figure := pattern, variant := Shape}) ->
    Terms = [shaped(Shape, tag(K rem 4), K) || K <- lists:seq(0, 7)],
    Match = match(Shape),
    fun() -> matches(?TURNS, Match, Terms, 0, 0) end.

%% Messages off the heap, as for the receivers of figures.erl.
receiver_of(Figure, Count) -> unit(receiver, [Figure, Count], [{message_queue_data, off_heap}]).

batch_of(Units) ->
    Runner = self(),
    [Unit ! {go, Runner} || Unit <- Units],
    receive {done, Work, Checksum} -> {Work, Checksum} end.

%% -- tuple_ping_pong -------------------------------------------------------

pinger(B) ->
    receive {go, Runner} -> Runner ! pings(1, B, 0, 0) end,
    pinger(B).

pings(I, _, Work, Sum) when I > ?TRIPS -> {done, Work, Sum};
pings(I, B, Work, Sum) ->
    B ! {ping, self(), I},
    receive {pong, J} -> pings(I + 1, B, Work + 1, Sum + J) end.

ponger() ->
    receive {ping, A, I} -> A ! {pong, I + 1} end,
    ponger().

%% -- copy, binary_step -----------------------------------------------------

%% How to make a term of N bytes or elements.
term(bin) -> fun(N) -> binary:copy(<<7>>, N) end;
term(list) -> fun(N) -> lists:seq(N, 1, -1) end;
term(tuple) -> fun(N) -> list_to_tuple(lists:seq(N, 1, -1)) end.

sender(Make, N, {Runner, Receiver}) ->
    Term = Make(N),
    Runner ! built,
    serve_copies(copies(N), Term, Receiver).

serve_copies(Count, Term, Receiver) ->
    receive {go, _} -> send_copies(Count, Term, Receiver) end,
    serve_copies(Count, Term, Receiver).

send_copies(0, _, _) -> ok;
send_copies(Left, Term, Receiver) ->
    Receiver ! Term,
    send_copies(Left - 1, Term, Receiver).

maker(Count, N, Receiver) ->
    receive {go, _} -> make_and_send(1, Count, (N - 1) * 8, Receiver) end,
    maker(Count, N, Receiver).

make_and_send(I, Count, _, _) when I > Count -> ok;
make_and_send(I, Count, Bits, Receiver) ->
    Receiver ! <<0:Bits, (I rem 256)>>,
    make_and_send(I + 1, Count, Bits, Receiver).

receiver(Figure, Count) ->
    receive {go, Runner} -> Runner ! weigh(Figure, Count, 0, 0) end,
    receiver(Figure, Count).

weigh(_, 0, Work, Sum) -> {done, Work, Sum};
weigh(Figure, Left, Work, Sum) ->
    receive Term -> weigh(Figure, Left - 1, Work + 1, Sum + weight(Figure, Term)) end.

weight(binary_step, Binary) -> byte_size(Binary) + binary:last(Binary);
weight(copy, Binary) when is_binary(Binary) -> byte_size(Binary) + 1;
weight(copy, [First | _]) -> First + 1;
weight(copy, []) -> 1;
weight(copy, Tuple) -> tuple_size(Tuple) + 1.

%% -- selective -------------------------------------------------------------

%% All N are in the queue proper, looked at once, before the clock starts.
misfits(N) ->
    [self() ! {junk, K} || K <- lists:seq(1, N)],
    receive nothing_like_it -> ok after 0 -> ok end.

partner() ->
    receive
        {call, From, I} -> From ! {reply, I + 1};
        {call, From, Ref, I} -> From ! {Ref, I + 1}
    end,
    partner().

calls_plain(I, _, Work, Sum) when I > ?CALLS -> {Work, Sum};
calls_plain(I, Partner, Work, Sum) ->
    Partner ! {call, self(), I},
    receive {reply, J} -> calls_plain(I + 1, Partner, Work + 1, Sum + J) end.

%% The reference is made in the body that receives by it: from that the compiler
%% knows that no older message can match, and the receive begins behind them.
calls_marked(I, _, Work, Sum) when I > ?CALLS -> {Work, Sum};
calls_marked(I, Partner, Work, Sum) ->
    Ref = make_ref(),
    Partner ! {call, self(), Ref, I},
    receive {Ref, J} -> calls_marked(I + 1, Partner, Work + 1, Sum + J) end.

%% -- pattern ---------------------------------------------------------------

tag(0) -> a0;
tag(1) -> a1;
tag(2) -> a2;
tag(3) -> a3.

shaped(int, _, K) -> K;
shaped(atom, Tag, _) -> Tag;
shaped(pair, Tag, K) -> {Tag, K};
shaped(nested, Tag, K) -> {Tag, {K, [K + 1, K + 2]}, K};
shaped(list, Tag, K) -> [Tag, K, K + 1];
shaped(map, Tag, K) -> #{tag => Tag, value => K};
shaped(bin, Tag, K) -> {Tag, list_to_binary(lists:seq(K, K + 99))}.

match(int) -> fun int/2;
match(atom) -> fun atom/2;
match(pair) -> fun pair/2;
match(nested) -> fun nested/2;
match(list) -> fun list/2;
match(map) -> fun map/2;
match(bin) -> fun bin/2.

matches(0, _, _, Work, Sum) -> {Work, Sum};
matches(Turns, Match, Terms, Work, Sum) ->
    matches(Turns - 1, Match, Terms, Work + length(Terms), Match(Terms, Sum)).

%% The loop over the eight is in the clauses themselves, as one writes it.
int([0 | More], Sum) -> int(More, Sum + 1);
int([1 | More], Sum) -> int(More, Sum + 2);
int([2 | More], Sum) -> int(More, Sum + 3);
int([_ | More], Sum) -> int(More, Sum + 4);
int([], Sum) -> Sum.

atom([a0 | More], Sum) -> atom(More, Sum + 1);
atom([a1 | More], Sum) -> atom(More, Sum + 2);
atom([a2 | More], Sum) -> atom(More, Sum + 3);
atom([a3 | More], Sum) -> atom(More, Sum + 4);
atom([], Sum) -> Sum.

pair([{a0, K} | More], Sum) -> pair(More, Sum + K + 1);
pair([{a1, K} | More], Sum) -> pair(More, Sum + K + 11);
pair([{a2, K} | More], Sum) -> pair(More, Sum + K + 21);
pair([{a3, K} | More], Sum) -> pair(More, Sum + K + 31);
pair([], Sum) -> Sum.

nested([{a0, {K, [_, J]}, _} | More], Sum) -> nested(More, Sum + K + J);
nested([{a1, {K, [_, J]}, _} | More], Sum) -> nested(More, Sum + K + J + 10);
nested([{a2, {K, [_, J]}, _} | More], Sum) -> nested(More, Sum + K + J + 20);
nested([{a3, {K, [_, J]}, _} | More], Sum) -> nested(More, Sum + K + J + 30);
nested([], Sum) -> Sum.

list([[a0, K | [J | _]] | More], Sum) -> list(More, Sum + K + J);
list([[a1, K | [J | _]] | More], Sum) -> list(More, Sum + K + J + 10);
list([[a2, K | [J | _]] | More], Sum) -> list(More, Sum + K + J + 20);
list([[a3, K | [J | _]] | More], Sum) -> list(More, Sum + K + J + 30);
list([], Sum) -> Sum.

map([#{tag := a0, value := K} | More], Sum) -> map(More, Sum + K + 1);
map([#{tag := a1, value := K} | More], Sum) -> map(More, Sum + K + 11);
map([#{tag := a2, value := K} | More], Sum) -> map(More, Sum + K + 21);
map([#{tag := a3, value := K} | More], Sum) -> map(More, Sum + K + 31);
map([], Sum) -> Sum.

bin([{a0, <<K, _/binary>>} | More], Sum) -> bin(More, Sum + K);
bin([{a1, <<K, _/binary>>} | More], Sum) -> bin(More, Sum + K + 10);
bin([{a2, <<K, _/binary>>} | More], Sum) -> bin(More, Sum + K + 20);
bin([{a3, <<K, _/binary>>} | More], Sum) -> bin(More, Sum + K + 30);
bin([], Sum) -> Sum.
