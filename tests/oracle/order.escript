#!/usr/bin/env escript
%% order.escript PROGRAM [SEED [COUNT]] - is the order of data/order that of Erlang?
%%
%% PROGRAM is order.c beside this file: it is told two terms, and answers how it compares
%% them. Its answers must be those of <, ==, =:= and of the order of keys, for
%%
%%   chosen:  all pairs of some chosen terms, mostly numbers near where rounding begins;
%%   random:  COUNT random terms, each with one like it but for a few leaves, and with
%%            another one;
%%   sorted:  the neighbours in lists of random terms after lists:sort(), and of the keys
%%            in maps.
-mode(compile).

main([Program]) -> main([Program, integer_to_list(erlang:system_time() rem 1000000007)]);
main([Program, Seed]) -> main([Program, Seed, "4000"]);
main([Program, Seed, Count]) ->
    io:format("oracle.order: seed ~s~n", [Seed]),
    rand:seed(exsss, list_to_integer(Seed)),
    Port = open_port({spawn_executable, Program}, [{packet, 4}, binary, exit_status]),
    Chosen = [pair(Port, A, B) || A <- chosen(), B <- chosen()],
    Random = [random_pairs(Port, random_term(rand:uniform(5) - 1)) || _ <- lists:seq(1, list_to_integer(Count))],
    Sorted = [sorted_pairs(Port, [random_term(rand:uniform(3)) || _ <- lists:seq(1, 100)]) || _ <- lists:seq(1, 40)],
    io:format("all the same: ~p~n", [count(lists:flatten([Chosen, Random, Sorted]))]).

count(List) ->
    [{X, length([Y || Y <- List, Y =:= X])} || X <- lists:usort(List)].

%% ---- what must hold ----

%% "<<!!" and so on: the answer, as an atom.
pair(Port, A, B) ->
    Wanted = [letter(A < B, A == B), letter(exact(A, B) < 0, exact(A, B) =:= 0), same(A =:= B), same(A =:= B)],
    port_command(Port, lists:join(" ", [code(A), code(B)])),
    receive
        {Port, {data, Answer}} ->
            binary_to_list(Answer) =:= Wanted orelse broken(A, B, Wanted, Answer),
            list_to_atom(Wanted);
        {Port, {exit_status, Status}} -> broken(A, B, Wanted, Status)
    end.

%% The order of keys, in which every integer is less than every float.
exact(A, B) ->
    erts_internal:cmp_term(A, B).

letter(true, _) -> $<;
letter(_, true) -> $=;
letter(_, _) -> $>.

same(true) -> $=;
same(false) -> $!.

broken(A, B, Wanted, Answer) ->
    io:format("BROKEN: ~s wanted, ~p came, for~n~p~nand~n~p~n", [Wanted, Answer, A, B]),
    halt(1).

random_pairs(Port, A) ->
    B = changed(A, 1 + rand:uniform(60)),
    C = random_term(rand:uniform(5) - 1),
    [pair(Port, A, A), pair(Port, A, B), pair(Port, B, A), pair(Port, B, C)].

sorted_pairs(Port, Terms) ->
    Map = maps:from_list([{T, []} || T <- lists:sublist(Terms, 32)]),
    Lists = [lists:sort(Terms), maps:keys(Map)],
    [pair(Port, A, B) || L <- Lists, {A, B} <- lists:zip(lists:droplast(L), tl(L))].

%% ---- a term as a program ----

code(T) when is_integer(T) -> ["i", integer_to_list(T)];
code(T) when is_float(T) -> ["f", hex(<<T/float>>)];
code(T) when is_atom(T) -> ["a", hex(atom_to_binary(T))];
code(T) when is_binary(T) -> ["b", hex(T)];
code(T) when is_pid(T) -> "p";
code(T) when is_reference(T) -> "r";
code(T) when is_function(T) -> "u";
code(T) when is_tuple(T) -> [codes(tuple_to_list(T)), "t", integer_to_list(tuple_size(T))];
code(T) when is_map(T) ->
    Pairs = lists:sort(fun(_, _) -> rand:uniform(2) =:= 1 end, maps:to_list(T)),
    [codes([X || {K, V} <- Pairs, X <- [K, V]]), "m", integer_to_list(map_size(T))];
code([]) -> "n";
code(T) -> list_code(T, [], 0).

list_code([H | T], Codes, N) -> list_code(T, [Codes, code(H), " "], N + 1);
list_code(Tail, Codes, N) -> [Codes, code(Tail), " l", integer_to_list(N)].

codes(Terms) -> [[code(T), " "] || T <- Terms].

hex(Bytes) -> binary:encode_hex(Bytes).

%% ---- terms ----

chosen() ->
    Near = [trunc(math:pow(2, E)) || E <- [52, 53, 54, 60, 61, 62]],
    Integers = [S * N + D || N <- [0 | Near], S <- [1, -1], D <- [-2, -1, 0, 1, 2]]
        ++ [(1 bsl 63) - D || D <- [1, 2, 511, 512, 513, 1024]] ++ [D - (1 bsl 63) || D <- [0, 1, 1024, 1025]],
    Floats = [float(I) || I <- Integers] ++ [S * F || F <- [0.0, 0.5, 1.5, 5.0e-324, 1.0e300, 9223372036854774784.0,
              9223372036854775808.0, 9223372036854777856.0, 1.7976931348623157e308], S <- [1, -1]] ++ [-0.0],
    lists:usort(fun(A, B) -> exact(A, B) =< 0 end, Integers ++ Floats) ++ [0.0, -0.0, ghost(), self(), fun_of_ours()]
        ++ [{}, {1}, {1.0}, {{}}, #{}, #{1 => 2}, #{1.0 => 2}, #{1 => 2.0}, #{2 => 1}, #{0.5 => 1}, [], [1], [1.0],
            [1 | 2], [1 | 2.0], [[]], [[], []], [1, 2], '', a, 'A', aa, 'é', '€', '😀', <<>>, <<0>>, <<"a">>, <<255>>,
            <<0:800>>, <<0:800, 1>>, #{#{} => []}, #{[] => #{}}].

%% Of each of these kinds there is one only: among themselves they have another order here.
ghost() ->
    case get(ghost) of
        undefined -> put(ghost, make_ref()), ghost();
        Reference -> Reference
    end.

fun_of_ours() -> fun erlang:abs/1.

random_leaf() ->
    Texts = [<<>>, <<"a">>, <<"ab">>, <<"abcdefgh">>, <<"abcdefghi">>, <<"é"/utf8>>, <<"€"/utf8>>,
             <<0>>, <<"a", 0>>, <<"a", 0, "b">>, <<"abcdefgh", 0>>],
    Text = lists:nth(rand:uniform(length(Texts)), Texts),
    case rand:uniform(9) of
        1 -> binary_to_atom(Text);
        2 -> Text;
        3 -> binary:copy(<<Text/binary, "x">>, 60);
        4 -> [];
        5 -> lists:nth(rand:uniform(3), [ghost(), self(), fun_of_ours()]);
        _ -> random_number()
    end.

random_number() ->
    Near = lists:nth(rand:uniform(6), [0, 0, 0, 1 bsl 53, 1 bsl 61, -(1 bsl 61)]),
    N = Near + rand:uniform(5) - 3,
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
        4 -> maps:from_list([{P, random_term(Depth - 1)} || P <- Parts]);
        5 -> maps:merge(maps:from_list([{N, N rem 3} || N <- lists:seq(1, 28 + rand:uniform(10))]),
                        maps:from_list([{P, random_term(Depth - 1)} || P <- Parts]));
        6 -> random_leaf()
    end.

%% A term like T; of its leaves one in so many is another.
changed(T, OneIn) when is_tuple(T) -> list_to_tuple(changed_list(tuple_to_list(T), OneIn));
changed(T, OneIn) when is_map(T) ->
    maps:from_list([{changed(K, 8 * OneIn), changed(V, OneIn)} || {K, V} <- maps:to_list(T)]);
changed([H | T], OneIn) -> [changed(H, OneIn) | changed(T, OneIn)];
changed(T, OneIn) ->
    case rand:uniform(OneIn) of
        1 when is_integer(T) -> float(T);
        1 when is_float(T) -> trunc(T);
        1 -> random_leaf();
        _ -> T
    end.

changed_list(List, OneIn) -> [changed(T, OneIn) || T <- List].
