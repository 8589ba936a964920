#!/usr/bin/env escript
%% match.escript PROGRAM [SEED [COUNT]] - do patterns match what Erlang's match, and do maps
%% hold what Erlang's hold?
%%
%% PROGRAM is match.c beside this file. COUNT random terms are each compared with patterns that
%% were made of them, or of terms like them: the same pattern as an Erlang clause says whether it
%% matches, and what its variables are bound to. Then COUNT div 10 maps, small and large, are
%% changed and asked in the same way as Erlang's.
-mode(compile).

main([Program]) -> main([Program, integer_to_list(erlang:system_time() rem 1000000007)]);
main([Program, Seed]) -> main([Program, Seed, "3000"]);
main([Program, Seed, Count]) ->
    io:format("oracle.match: seed ~s~n", [Seed]),
    rand:seed(exsss, list_to_integer(Seed)),
    Port = open_port({spawn_executable, Program}, [{packet, 4}, binary, exit_status]),
    N = list_to_integer(Count),
    Matches = [match(Port, random_term(rand:uniform(4) - 1)) || _ <- lists:seq(1, N), _ <- [1, 2]],
    [map(Port) || _ <- lists:seq(1, N div 10)],
    Yes = length([yes || yes <- Matches]),
    %% An oracle that always says no would prove little.
    Yes * 4 > length(Matches) orelse fail("only ~b of ~b match", [Yes, length(Matches)]),
    io:format("all the same: ~b matches, ~b of them true; ~b maps~n", [length(Matches), Yes, N div 10]).

ask(Port, Fields) ->
    port_command(Port, [[Field, 0] || Field <- Fields]),
    receive
        {Port, {data, Answer}} -> binary_to_list(Answer);
        {Port, {exit_status, Status}} -> fail("it ended with ~p for~n~p", [Status, lists:map(fun lists:flatten/1, Fields)])
    end.

compare(Port, Fields, Wanted) ->
    Text = lists:flatten([[Line, $\n] || Line <- Wanted]),
    case ask(Port, Fields) of
        Text -> ok;
        Other -> fail("~s~ncame, and wanted was~n~s~nfor~n~s", [Other, Text, lists:join("\n", Fields)])
    end.

fail(Format, Arguments) ->
    io:format("BROKEN: " ++ Format ++ "~n", Arguments),
    halt(1).

text(T) -> io_lib:format("~0p", [T]).

%% ---- patterns ----

match(Port, Term) ->
    put(names, 0),
    Other = case rand:uniform(2) of 1 -> changed(Term); _ -> Term end,
    {Text, Pattern, Guards, Written, Pins} = pattern(Other, 3),
    Bindings = [{Name, Value} || {Name, Value} <- Pins],
    Clauses = [{clause, 1, [Pattern], [Guards || Guards =/= []], [abstract_list(Written)]},
               {clause, 1, [{var, 1, '_'}], [], [{atom, 1, no}]}],
    {value, Result, _} = erl_eval:expr({'case', 1, {var, 1, 'Term'}, Clauses}, orddict:from_list([{'Term', Term} | Bindings])),
    Wanted = case Result of no -> ["no"]; Values -> ["yes" | [text(V) || V <- Values]] end,
    compare(Port, ["match", Text, text(Term) | [text(V) || {_, V} <- Pins]], Wanted),
    case Result of no -> no; _ -> yes end.

abstract_list(Forms) -> lists:foldr(fun(F, Tail) -> {cons, 1, F, Tail} end, {nil, 1}, Forms).

fresh() -> put(names, get(names) + 1), list_to_atom("V" ++ integer_to_list(get(names))).

%% {Text, Abstract, Guards, [what is written], [{Pin, Value}]}: of a term, which it matches unless
%% a hole was chosen for another kind.
pattern(T, Depth) ->
    case rand:uniform(10) of
        1 -> {"_", {var, 1, '_'}, [], [], []};
        N when N =< 4 -> hole(T);
        5 -> pin(T);
        _ -> shape(T, Depth)
    end.

hole(T) ->
    Letter = case rand:uniform(8) of
                 1 -> lists:nth(rand:uniform(9), "tifnablTm");
                 2 -> $t;
                 _ -> letter(T)
             end,
    V = {var, 1, fresh()},
    Size = case rand:uniform(3) of 1 -> size_of(Letter, T); _ -> "" end,
    Guards = guards(Letter, V) ++ size_guards(Letter, Size, V),
    case rand:uniform(5) of
        1 -> {["%*", Size, Letter], V, Guards, [], []};
        _ -> {["%", Size, Letter], V, Guards, [written(Letter, V)], []}
    end.

letter(T) when is_integer(T) -> $i;
letter(T) when is_float(T) -> lists:nth(rand:uniform(2), "fn");
letter(T) when is_atom(T) -> $a;
letter(T) when is_binary(T) -> $b;
letter(T) when is_list(T) -> $l;
letter(T) when is_tuple(T) -> $T;
letter(T) when is_map(T) -> $m.

size_of($b, T) when is_binary(T) -> integer_to_list(byte_size(T));
size_of($T, T) when is_tuple(T) -> integer_to_list(tuple_size(T));
size_of($m, T) when is_map(T) -> integer_to_list(map_size(T));
size_of(L, _) when L =:= $b; L =:= $T; L =:= $m -> "2";
size_of(_, _) -> "".

guards($t, _) -> [];
guards(L, V) ->
    Test = maps:get(L, #{$i => is_integer, $f => is_float, $n => is_number, $a => is_atom, $b => is_binary,
                         $l => is_list, $T => is_tuple, $m => is_map}),
    [{call, 1, {atom, 1, Test}, [V]}].

size_guards(_, "", _) -> [];
size_guards(L, Size, V) ->
    F = maps:get(L, #{$b => byte_size, $T => tuple_size, $m => map_size}),
    [{op, 1, '=:=', {call, 1, {atom, 1, F}, [V]}, {integer, 1, list_to_integer(Size)}}].

written($n, V) -> {call, 1, {atom, 1, float}, [V]};
written(_, V) -> V.

pin(T) ->
    Name = fresh(),
    case is_integer(T) andalso rand:uniform(2) of
        1 -> {"%=i", {var, 1, Name}, [], [], [{Name, T}]};
        _ -> {"%=t", {var, 1, Name}, [], [], [{Name, T}]}
    end.

shape(T, Depth) when is_tuple(T), Depth > 0 ->
    {Texts, Forms, Guards, Written, Pins} = patterns(tuple_to_list(T), Depth - 1),
    {["{", lists:join(", ", Texts), "}"], {tuple, 1, Forms}, Guards, Written, Pins};
shape([_ | _] = T, Depth) when Depth > 0 ->
    {Heads, Tail} = heads(T, rand:uniform(4)),
    {Texts, Forms, Guards, Written, Pins} = patterns(Heads, Depth - 1),
    {TailText, TailForm, G, W, P} = case Tail of [] -> {"[]", {nil, 1}, [], [], []}; _ -> pattern(Tail, Depth - 1) end,
    End = case Tail of [] -> ""; _ -> [" | ", TailText] end,
    {["[", lists:join(", ", Texts), End, "]"], lists:foldr(fun(F, Rest) -> {cons, 1, F, Rest} end, TailForm, Forms),
     Guards ++ G, Written ++ W, Pins ++ P};
shape(T, Depth) when is_map(T) ->
    Some = [Pair || {K, _} = Pair <- maps:to_list(T), is_leaf(K), rand:uniform(2) =:= 1],
    {Keys, Values} = {[key(K) || {K, _} <- Some], [pattern(V, max(0, Depth - 1)) || {_, V} <- Some]},
    Pairs = lists:zip(Keys, Values),
    {["#{", lists:join(", ", [[KT, " := ", VT] || {{KT, _, _}, {VT, _, _, _, _}} <- Pairs]), "}"],
     {map, 1, [{map_field_exact, 1, KF, VF} || {{_, KF, _}, {_, VF, _, _, _}} <- Pairs]},
     lists:append([G || {_, {_, _, G, _, _}} <- Pairs]), lists:append([W || {_, {_, _, _, W, _}} <- Pairs]),
     lists:append([KP ++ P || {{_, _, KP}, {_, _, _, _, P}} <- Pairs])};
shape(T, _) ->
    case has_map(T) of
        true -> hole(T);
        false -> {text(T), erl_parse:abstract(T), [], [], []}
    end.

key(K) ->
    case rand:uniform(3) of
        1 -> Name = fresh(), {"%=t", {var, 1, Name}, [{Name, K}]};
        _ -> {text(K), erl_parse:abstract(K), []}
    end.

patterns(Terms, Depth) ->
    All = [pattern(T, Depth) || T <- Terms],
    {[X || {X, _, _, _, _} <- All], [X || {_, X, _, _, _} <- All], lists:append([X || {_, _, X, _, _} <- All]),
     lists:append([X || {_, _, _, X, _} <- All]), lists:append([X || {_, _, _, _, X} <- All])}.

heads([H | T], N) when N > 1, is_list(T), T =/= [] -> {Hs, Tail} = heads(T, N - 1), {[H | Hs], Tail};
heads([H | T], _) -> {[H], T}.

is_leaf(T) -> not (is_tuple(T) orelse is_map(T) orelse (is_list(T) andalso T =/= [])).

has_map(T) when is_map(T) -> true;
has_map(T) when is_tuple(T) -> lists:any(fun has_map/1, tuple_to_list(T));
has_map([H | T]) -> has_map(H) orelse has_map(T);
has_map(_) -> false.

%% ---- maps ----

map(Port) ->
    Keys = [random_leaf() || _ <- lists:seq(1, rand:uniform(60))],
    Start = maps:from_list([{K, N} || {N, K} <- lists:zip(lists:seq(1, length(Keys)), Keys), rand:uniform(2) =:= 1]),
    Steps = [step(lists:nth(rand:uniform(length(Keys)), Keys)) || _ <- lists:seq(1, 100)],
    {End, Said} = lists:foldl(fun apply_step/2, {Start, []}, Steps),
    Pairs = lists:sort(fun({A, _}, {B, _}) -> erts_internal:cmp_term(A, B) =< 0 end, maps:to_list(End)),
    Fields = lists:append([[atom_to_list(What) | [text(T) || T <- Terms]] || {What, Terms} <- Steps]),
    compare(Port, ["map", map_text(Start) | Fields],
            lists:reverse(Said) ++ [text(map_size(End)), text(Pairs)]).

%% As it would be written: Erlang leaves the rest out of what it prints of no map, but be sure.
map_text(Map) -> ["#{", lists:join(",", [[text(K), "=>", text(V)] || {K, V} <- maps:to_list(Map)]), "}"].

step(Key) ->
    Other = case rand:uniform(5) of 1 -> changed_leaf(Key); _ -> Key end,
    case rand:uniform(4) of
        1 -> {remove, [Other]};
        2 -> {get, [Other]};
        _ -> {put, [Other, random_leaf()]}
    end.

apply_step({put, [K, V]}, {Map, Said}) -> {maps:put(K, V, Map), Said};
apply_step({remove, [K]}, {Map, Said}) -> {maps:remove(K, Map), Said};
apply_step({get, [K]}, {Map, Said}) ->
    {Map, [case Map of #{K := V} -> text(V); _ -> "nothing" end | Said]}.

%% ---- terms ----

random_leaf() ->
    Texts = [<<>>, <<"a">>, <<"ab">>, <<"abcdefgh">>, <<1, 2, 3>>],
    Text = lists:nth(rand:uniform(length(Texts)), Texts),
    case rand:uniform(8) of
        1 -> lists:nth(rand:uniform(5), [a, b, ok, 'A b', '']);
        2 -> Text;
        3 -> binary:copy(<<Text/binary, "x">>, 30);
        4 -> [];
        5 -> {};
        _ -> random_number()
    end.

random_number() ->
    N = lists:nth(rand:uniform(6), [0, 0, 0, 1 bsl 53, 1 bsl 61, -(1 bsl 61)]) + rand:uniform(5) - 3,
    case rand:uniform(4) of
        1 -> float(N);
        2 -> N + 0.5;
        _ -> N
    end.

random_term(0) -> random_leaf();
random_term(Depth) ->
    Parts = [random_term(Depth - 1) || _ <- lists:seq(1, rand:uniform(4) - 1)],
    case rand:uniform(6) of
        1 -> list_to_tuple(Parts);
        2 -> Parts;
        3 -> lists:foldr(fun(H, T) -> [H | T] end, random_leaf(), Parts);
        4 -> maps:from_list([{random_leaf(), P} || P <- Parts]);
        5 -> list_to_tuple([lists:nth(rand:uniform(3), [ping, pong, reply]) | Parts]);
        6 -> random_leaf()
    end.

%% A term like T: some leaves are others.
changed(T) when is_tuple(T) -> list_to_tuple([changed(E) || E <- tuple_to_list(T)]);
changed(T) when is_map(T) -> maps:map(fun(_, V) -> changed(V) end, T);
changed([H | T]) -> [changed(H) | changed(T)];
changed(T) -> case rand:uniform(4) of 1 -> changed_leaf(T); _ -> T end.

changed_leaf(T) when is_integer(T) -> float(T);
changed_leaf(T) when is_float(T) -> trunc(T);
changed_leaf(_) -> random_leaf().
