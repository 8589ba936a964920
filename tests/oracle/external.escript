#!/usr/bin/env escript
%% external.escript PROGRAM [SEED [COUNT]] - does data/external read and write terms as Erlang does?
%%
%% PROGRAM is external.c beside this file: it is sent packets, decodes them, encodes what
%% they were, and sends that back, or why it cannot. Three things must hold.
%%
%%   same:     COUNT random terms, and some chosen ones, written by term_to_binary() in its
%%             three minor versions, come back as minor version 2 writes them, byte by byte;
%%             where a map of more than 32 keys is inside, as what Erlang reads as the same.
%%   refused:  what exists in Erlang only is refused as "not supported here".
%%   enemy:    of the same terms with some bytes changed, cut off or repeated, what one
%%             accepts the other does, and as the same term.
-mode(compile).

main([Program]) -> main([Program, integer_to_list(erlang:system_time() rem 1000000007)]);
main([Program, Seed]) -> main([Program, Seed, "3000"]);
main([Program, Seed, Count]) ->
    io:format("oracle.external: seed ~s~n", [Seed]),
    rand:seed(exsss, list_to_integer(Seed)),
    Port = open_port({spawn_executable, Program}, [{packet, 4}, binary, exit_status]),
    Terms = chosen() ++ [random_term(rand:uniform(6)) || _ <- lists:seq(1, list_to_integer(Count))],
    Same = [same(Port, T, Minor) || T <- Terms, Minor <- [2, 1, 0]],
    Refused = [refused(Port, B) || B <- not_ours()],
    Enemy = [enemy(Port, spoil(term_to_binary(T, [{minor_version, rand:uniform(2)}])))
             || T <- Terms, erts_debug:flat_size(T) < 5000, _ <- lists:seq(1, 5)],
    io:format("~b written the same, ~b refused, ~b of an enemy: ~p~n",
              [length(Same), length(Refused), length(Enemy), count(Enemy)]).

count(List) ->
    [{X, length([Y || Y <- List, Y =:= X])} || X <- lists:usort(List)].

ask(Port, Bytes) ->
    port_command(Port, Bytes),
    receive
        {Port, {data, <<1, Ours/binary>>}} -> {ok, Ours};
        {Port, {data, <<0, Why/binary>>}} -> {error, Why};
        {Port, {exit_status, Status}} -> broken("the program ended with ~p", [Status], Bytes)
    end.

broken(Format, Args, Bytes) ->
    io:format("BROKEN: " ++ Format ++ "~nfor ~p~n", Args ++ [Bytes]),
    halt(1).

%% ---- what must hold ----

same(Port, Term, Minor) ->
    Bytes = term_to_binary(Term, [{minor_version, Minor}]),
    Wanted = term_to_binary(Term, [{minor_version, 2}]),
    case ask(Port, Bytes) of
        {ok, Wanted} -> ok;
        {ok, Ours} ->
            has_large_map([Term]) andalso binary_to_term(Ours) =:= Term
                orelse broken("it came back as ~p", [Ours], Bytes);
        {error, Why} -> broken("refused: ~s", [Why], Bytes)
    end.

refused(Port, Bytes) ->
    {error, Why} = ask(Port, Bytes),
    is_unsupported(Why) orelse broken("refused: ~s", [Why], Bytes).

is_unsupported(Why) ->
    binary:match(Why, <<"not supported">>) =/= nomatch.

enemy(Port, Bytes) ->
    Theirs = try {ok, binary_to_term(Bytes)} catch error:badarg -> error end,
    case {Theirs, ask(Port, Bytes)} of
        {{ok, Term}, {ok, Ours}} ->
            binary_to_term(Ours) =:= Term orelse broken("it was read as ~p", [Ours], Bytes), accepted;
        {error, {error, _}} -> refused;
        {error, {ok, Ours}} ->
            has_our_pid(Ours) orelse broken("only we read it: ~p", [Ours], Bytes), ours;
        {{ok, _}, {error, Why}} ->
            is_unsupported(Why) orelse broken("only Erlang reads it: ~s", [Why], Bytes), unsupported
    end.

%% Our pids have 28 and 32 bits, Erlang's own 15 and 13, and it knows that it can have no others.
has_our_pid(Bytes) ->
    [_ | Pids] = binary:split(Bytes, <<88, 119, 13, "nonode@nohost">>, [global]),
    lists:any(fun(<<Number:32, Serial:32, _/binary>>) -> Number >= 1 bsl 15 orelse Serial >= 1 bsl 13 end, Pids).

%% Some bytes change, or the end is missing, or a part comes twice. Not what would endanger
%% Erlang: it unpacks what is compressed at whatever size it claims to have, and behind three
%% tags, which it uses for itself, it believes that there is an address.
spoil(Bytes) ->
    harmless(<< <<(if B >= $I, B =< $K -> $j; true -> B end)>> || <<B>> <= spoil(rand:uniform(4), Bytes) >>).

spoil(1, Bytes) ->
    binary:part(Bytes, 0, rand:uniform(byte_size(Bytes)) - 1);
spoil(2, Bytes) ->
    {A, B} = split_binary(Bytes, rand:uniform(byte_size(Bytes))),
    {_, C} = split_binary(Bytes, rand:uniform(byte_size(Bytes)) - 1),
    <<A/binary, C/binary, B/binary>>;
spoil(_, Bytes) ->
    lists:foldl(fun(_, B) -> change(B) end, Bytes, lists:seq(1, rand:uniform(3))).

change(Bytes) ->
    At = rand:uniform(byte_size(Bytes)) - 1,
    <<A:At/binary, B, C/binary>> = Bytes,
    Byte = case rand:uniform(4) of
               1 -> rand:uniform(256) - 1;
               2 -> B bxor (1 bsl (rand:uniform(8) - 1));
               3 -> lists:nth(rand:uniform(5), [0, 1, 127, 128, 255]);
               4 -> lists:nth(rand:uniform(24), "abcdefghijklmnopqrstuvwxFYZM")
           end,
    <<A/binary, Byte, C/binary>>.

harmless(<<131, $P, Rest/binary>>) -> <<131, $j, Rest/binary>>;
harmless(Bytes) -> Bytes.

has_large_map([]) -> false;
has_large_map([M | Rest]) when is_map(M) ->
    map_size(M) > 32 orelse has_large_map(lists:append([[K, V] || {K, V} <- maps:to_list(M)]) ++ Rest);
has_large_map([T | Rest]) when is_tuple(T) -> has_large_map(tuple_to_list(T) ++ Rest);
has_large_map([[A | B] | Rest]) -> has_large_map([A, B | Rest]);
has_large_map([_ | Rest]) -> has_large_map(Rest).

%% ---- terms ----

chosen() ->
    integers() ++ floats() ++ atoms() ++ [self() | pids()] ++ references() ++
        [lists:duplicate(N, B) || N <- [1, 2, 65534, 65535, 65536, 70000], B <- [0, 255, 256]] ++
        [list_to_tuple(lists:seq(1, N)) || N <- [0, 1, 254, 255, 256, 257, 1000]] ++
        [binary:copy(<<"x">>, N) || N <- [0, 1, 63, 64, 65, 255, 256, 100000]] ++
        [maps:from_list([{I, -I} || I <- lists:seq(1, N)]) || N <- [0, 1, 2, 31, 32, 33, 34, 1000]] ++
        [#{1 => a, 1.0 => b, [] => c, <<>> => d, {} => e, #{} => f, a => g, [b] => h}] ++
        [[a | b], [[] | []], [[[] | x] | y], "abc" ++ x, [1, 2, 3 | 4], [$a, b], [0, -1], [255, 256]] ++
        [nested(fun(T) -> {T} end, 100000), nested(fun(T) -> [T] end, 100000),
         nested(fun(T) -> [a | T] end, 100000), nested(fun(T) -> {T, a, 1.0} end, 1000),
         nested(fun(T) -> #{T => b} end, 100), nested(fun(T) -> #{b => T} end, 100000)].

nested(Wrap, N) -> lists:foldl(fun(_, T) -> Wrap(T) end, [], lists:seq(1, N)).

integers() ->
    [S * ((1 bsl N) + D) || N <- lists:seq(0, 62), D <- [-1, 0, 1], S <- [1, -1]] ++
        [(1 bsl 63) - 1, -(1 bsl 63), 1 - (1 bsl 63)].

floats() ->
    [0.0, -0.0, 1.0, -1.5, 0.1, 1.0e-300, 1.7976931348623157e308, 5.0e-324, 2.2250738585072014e-308, 1.0e22].

atoms() ->
    [list_to_atom(S) || S <- ["", "a", "abc", [229, 228, 246], [8364, 8364], [16#10ffff], [1], [0], [0, 0], [0, 1], [$a, 0, $b], [$a, 0], [229, 0],
                              lists:duplicate(255, $x), lists:duplicate(255, 233), lists:duplicate(255, 16#1f600),
                              lists:duplicate(127, 233), lists:duplicate(128, 233), lists:duplicate(64, 16#1f600)]].

pids() ->
    [list_to_pid(P) || P <- ["<0.1.0>", "<0.32767.1>", "<0.12345.8191>"]].

%% Erlang's own have 82 bits; of ours 60 can be set.
references() ->
    [binary_to_term(<<131, 90, 3:16, 119, 13, "nonode@nohost", 0:32, Low:32, Middle:32, High:32>>)
     || {High, Middle, Low} <- [{0, 0, 0}, {0, 0, 1}, {1023, 16#ffffffff, 16#3ffff}, {512, 77, 5}]].

one_of(List) -> lists:nth(rand:uniform(length(List)), List).

random_integer() ->
    Bits = rand:uniform(63),
    one_of([1, -1]) * (rand:uniform(1 bsl Bits) - 1).

random_float() ->
    <<F/float>> = <<(rand:uniform(2) - 1):1, (rand:uniform(2047) - 1):11, (rand:uniform(1 bsl 52) - 1):52>>,
    F.

random_bytes(Most) -> [rand:uniform(256) - 1 || _ <- lists:seq(1, rand:uniform(Most + 1) - 1)].

random_terms(Depth, Most) -> [random_term(Depth - 1) || _ <- lists:seq(1, rand:uniform(Most + 1) - 1)].

random_term(0) ->
    case rand:uniform(9) of
        1 -> one_of(floats());
        2 -> random_float();
        3 -> one_of(atoms());
        4 -> list_to_binary(random_bytes(100));
        5 -> random_bytes(10);
        6 -> one_of(pids() ++ references());
        7 -> [];
        8 -> rand:uniform(256) - 1;
        9 -> random_integer()
    end;
random_term(Depth) ->
    case rand:uniform(7) of
        1 -> list_to_tuple(random_terms(Depth, 5));
        2 -> random_terms(Depth, 5);
        3 -> random_terms(Depth, 3) ++ random_term(0);
        4 -> maps:from_list([{random_term(Depth - 1), random_term(Depth - 1)} || _ <- random_bytes(4)]);
        5 -> maps:from_list([{random_term(0), random_term(0)} || _ <- random_bytes(50)]);
        6 -> random_bytes(20);
        7 -> random_term(0)
    end.

%% What exists only in Erlang.
not_ours() ->
    N = 1 bsl 64,
    Port = hd(erlang:ports()),
    [term_to_binary(T) || T <- [1 bsl 63, -(1 bsl 63) - 1, N, -N, 1 bsl 3000, <<1:1>>, <<5, 3:7>>, fun lists:map/2,
                                fun(X) -> X end, Port, make_ref(), {a, [b | Port]}]] ++
        [term_to_binary(lists:duplicate(1000, a), [compressed])] ++
        [<<131, 88, 119, 3, "a@b", 1:32, 0:32, 0:32>>, <<131, 88, 119, 13, "nonode@nohost", 1:32, 0:32, 1:32>>,
         <<131, 103, 119, 13, "nonode@nohost", 1:32, 0:32, 0>>, <<131, 114, 3:16, 119, 13, "nonode@nohost", 0, 0:96>>].
