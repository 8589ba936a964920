#!/usr/bin/env escript
%%! +pc latin1
%% print.escript PROGRAM [SEED [COUNT]] - do data/print and data/parse print and read as Erlang does?
%%
%% PROGRAM is print.c beside this file: it reads the text of a term and prints it on one
%% line, for 80 columns and for some others. Two things must hold.
%%
%%   theirs:  COUNT random terms of Erlang, and some chosen ones, read from what ~0p prints,
%%            are printed as ~0p, ~p and ~Np print them, byte by byte.
%%   ours:    COUNT random terms of PROGRAM's are read by Erlang from each of the three texts,
%%            and printed the same; but for the order of keys in maps of more than 32.
-mode(compile).

main([Program]) -> main([Program, integer_to_list(erlang:system_time() rem 1000000007)]);
main([Program, Seed]) -> main([Program, Seed, "3000"]);
main([Program, Seed, Count]) ->
    io:format("oracle.print: seed ~s~n", [Seed]),
    rand:seed(exsss, list_to_integer(Seed)),
    Port = open_port({spawn_executable, Program}, [{packet, 4}, binary, exit_status]),
    N = list_to_integer(Count),
    Random = [any(choose([1, 3, 5, 10, 20, 40, 80])) || _ <- lists:seq(1, N)],
    Theirs = [theirs(Port, T) || T <- chosen() ++ Random],
    Ours = [ours(Port, rand:uniform(1 bsl 60)) || _ <- lists:seq(1, N)],
    io:format("~b printed the same, ~b read the same~n", [length(Theirs), length(Ours)]).

columns() -> choose([1, 10, 20, 40, 79, 81, 132, 200]).

print(Columns, T) ->
    unicode:characters_to_binary(io_lib:format("~" ++ integer_to_list(Columns) ++ "p", [T])).

theirs(Port, T) ->
    N = columns(),
    Flat = print(0, T),
    case ask(Port, <<N:32, Flat/binary>>) of
        {ok, Texts} -> same(T, N, Texts);
        {error, Offset, Why} -> broken("byte ~b: ~s~n~ts~n", [Offset, Why, Flat])
    end.

ours(Port, Seed) ->
    N = columns(),
    {ok, Texts} = ask(Port, <<1:1, N:31, Seed:64>>),
    [T, T1, T2] = [read(Text) || Text <- Texts],
    [broken("different terms: ~ts~n", [Texts]) || T =/= T1 orelse T =/= T2],
    case has_large_map(T) of
        true -> large_map;
        false -> same(T, N, Texts)
    end.

same(T, N, [Flat, Pretty, Narrow]) ->
    same("~0p", print(0, T), Flat),
    same("~p", print(80, T), Pretty),
    same("~" ++ integer_to_list(N) ++ "p", print(N, T), Narrow);
same(_, Text, Text) -> same;
same(Format, Theirs, Ours) -> broken("~s should be~n~ts~nand is~n~ts~n", [Format, Theirs, Ours]).

read(Text) ->
    {ok, Tokens, _} = erl_scan:string(unicode:characters_to_list(<<Text/binary, " .">>)),
    case erl_parse:parse_term(Tokens) of
        {ok, T} -> T;
        {error, Why} -> broken("~p~n~ts~n", [Why, Text])
    end.

ask(Port, Packet) ->
    port_command(Port, Packet),
    receive
        {Port, {data, <<1, A:32, Flat:A/binary, B:32, Pretty:B/binary, C:32, Narrow:C/binary>>}} ->
            {ok, [Flat, Pretty, Narrow]};
        {Port, {data, <<0, Offset:32, Why/binary>>}} -> {error, Offset, Why};
        {Port, {exit_status, Status}} -> broken("the program ended with ~p: ~p~n", [Status, Packet])
    end.

broken(Format, Args) ->
    io:put_chars(unicode:characters_to_list(io_lib:format(Format, Args))),
    halt(1).

has_large_map([Head | Tail]) -> has_large_map(Head) orelse has_large_map(Tail);
has_large_map(T) when is_tuple(T) -> has_large_map(tuple_to_list(T));
has_large_map(T) when is_map(T) -> map_size(T) > 32 orelse has_large_map(maps:to_list(T));
has_large_map(_) -> false.

%% ---- terms, chosen ----

chosen() ->
    Long = lists:seq(1, 100),
    [chosen_floats(), [bits() || _ <- lists:seq(1, 20000)],
     [list_to_atom([C]) || C <- lists:seq(0, 16#d7ff)],
     [list_to_atom(S) || S <- [[$a, 0, $b], [0, 0], [$e, $n, $d, 0], [$a, 0, $1]]],
     [[C] || C <- lists:seq(0, 300)],
     [<<C>> || C <- lists:seq(0, 255)],
     [[[]]], {Long, Long}, {tag, Long}, {{tag}, Long}, [a | Long], list_to_binary(Long),
     [list_to_binary(Long), Long | list_to_binary(Long)],
     #{Long => Long}, #{a => Long, b => Long}, {a, #{a => Long, Long => 1}}]
    ++ [lists:foldl(Wrap, x, lists:seq(1, Depth))
        || Depth <- [100, 450],
           Wrap <- [fun(I, T) -> {I, T} end, fun(I, T) -> {a, I, T} end, fun(I, T) -> {a_longer_name, [I, T]} end,
                    fun(I, T) -> [I | T] end, fun(_, T) -> [T] end,
                    fun(I, T) -> #{I => T} end, fun(I, T) -> #{I => [T]} end]]
    ++ [{list_to_atom(lists:duplicate(I, $a)), Long} || I <- lists:seq(1, 90)]
    ++ [lists:duplicate(I, a) || I <- lists:seq(30, 45)]
    ++ [{lists:duplicate(I, $a), [[]], Long} || I <- lists:seq(1, 90)].

chosen_floats() ->
    [1.0, 0.1, 0.001, 0.0001, 0.00012, 1.0e-5, 100.0, 1000.0, 1200.0, 123456.789, 1.0e10, 1.0e22, 1.0e23, 5.0e-324,
     2.2250738585072014e-308, 1.7976931348623157e308, 9007199254740991.0, 9007199254740992.0, 0.0, -0.0]
    ++ [math:pow(2, E) || E <- lists:seq(-1074, 1023)]
    ++ [1 / math:pow(10, E) || E <- lists:seq(1, 300)].

bits() ->
    case <<(rand:uniform(1 bsl 64) - 1):64>> of
        <<F/float>> -> F;
        _ -> bits() % not a number, or infinite
    end.

%% ---- terms, of about so many parts ----

any(N) when N =< 1 -> leaf();
any(N) ->
    case rand:uniform(12) of
        1 -> improper(parts(N));
        2 -> maps:from_list(pairs(lists:sublist(parts(N), 60)));
        3 -> maps:from_list(pairs(lists:sublist(parts(N), 60)));
        4 -> list_to_tuple([atom() | parts(N)]);
        5 -> list_to_tuple([atom() | parts(N)]);
        6 -> list_to_tuple(parts(N));
        7 -> {any(N - 1)};
        8 -> [any(N - 1)];
        9 -> {atom(), any(N - 1)};
        10 -> [{atom(), P} || P <- parts(N)];
        _ -> parts(N)
    end.

parts(N) when N =< 0 -> [];
parts(N) ->
    Size = choose([1, 1, 1, N div 4 + 1, N div 2 + 1]),
    [any(Size) | parts(N - Size)].

improper([]) -> [leaf() | leaf()];
improper([Part]) -> [Part | leaf()];
improper(Parts) -> lists:droplast(Parts) ++ lists:last(Parts).

pairs([K, V | Parts]) -> [{K, V} | pairs(Parts)];
pairs(_) -> [].

leaf() ->
    case rand:uniform(16) of
        1 -> [];
        2 -> {};
        3 -> #{};
        4 -> <<>>;
        5 -> binary(size());
        6 -> text(size());
        7 -> text(size());
        8 -> list_to_binary(text(size()));
        9 -> float();
        10 -> float();
        11 -> integer();
        12 -> pid();
        13 -> list_to_atom(quoted(size()));
        14 -> [rand:uniform(1200) || _ <- lists:seq(1, size())];
        15 -> rand:uniform(100);
        16 -> atom()
    end.

atom() ->
    list_to_atom(choose(
        ["a", "b", "ok", "error", "hello_world", "x@y", "a_rather_long_name_of_an_atom", "Big", "_", "", "it's", "a b",
         "new\nline", "end", "of", "maybe", "else", "try", "true", [16#e9, $a], [16#df], [16#f7], [16#d7], [$a, 16#d7],
         [16#3bb], [16#1f41d], [16#ff], [127], [128], [159], [160], [1], "\\", "\"", "aA0_@", "0a", [$a, 16#c0],
         [$x || _ <- lists:seq(1, 100)]])).

quoted(N) -> [choose([rand:uniform(255), $a, $ , $', $", $\\, 16#20ac, 16#1f41d]) || _ <- lists:seq(1, N)].

text(N) -> [choose([$a, $b, $ , $", $', $\\, $\n, $\t, $\e, $\v, $\b, $\f, $\r, 16#e9, 16#a0, 16#ff,
                    31 + rand:uniform(95)]) || _ <- lists:seq(1, N)].

binary(N) -> list_to_binary([rand:uniform(256) - 1 || _ <- lists:seq(1, N)]).

size() -> rand:uniform(choose([1, 4, 10, 30, 100])).

integer() ->
    choose([0, 1, -1, rand:uniform(1000000), -rand:uniform(1000), (1 bsl 63) - 1, -(1 bsl 63), (1 bsl 61) - 1, 1 bsl 61,
            -(1 bsl 61), -(1 bsl 61) - 1, rand:uniform(1 bsl 63)]).

float() ->
    case rand:uniform(6) of
        1 -> rand:uniform(1000) / choose([1, 10, 100, 1000, 10000]);
        2 -> choose(chosen_floats());
        3 -> math:pow(2, rand:uniform(2000) - 1000);
        4 -> (rand:uniform() - 0.5) * math:pow(10, rand:uniform(40) - 20);
        _ -> bits()
    end.

pid() ->
    list_to_pid("<0." ++ integer_to_list(choose([1, 50, rand:uniform(32000)])) ++ "." ++
                integer_to_list(choose([0, 1, rand:uniform(8000)])) ++ ">").

choose(List) ->
    lists:nth(rand:uniform(length(List)), List).
