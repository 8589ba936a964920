#!/usr/bin/env escript
%% corpus.escript FOLDER - terms to begin with for decode.c, as Erlang/OTP writes them.
%% A file each: its name says what it is. What is not supported here is there too.
-mode(compile).

main([Folder]) ->
    ok = filelib:ensure_dir(filename:join(Folder, "x")),
    [ok = file:write_file(filename:join(Folder, Name), Bytes) || {Name, Bytes} <- written() ++ by_hand()],
    ok.

written() ->
    [{Name, term_to_binary(T, [{minor_version, 2}])} || {Name, T} <- terms()] ++
        [{Name ++ "_old", term_to_binary(T, [{minor_version, 0}])} || {Name, T} <- terms(), is_old(T)] ++
        [{"compressed", term_to_binary(lists:duplicate(100, a), [compressed])}].

is_old(T) -> is_float(T) orelse is_atom(T) orelse is_pid(T).

terms() ->
    [{"byte", 200}, {"integer_27", 1 bsl 27}, {"integer_32", -(1 bsl 31)}, {"integer_33", 1 bsl 32},
     {"integer_64", -(1 bsl 63)}, {"integer_big", 1 bsl 64}, {"integer_huge", 1 bsl 2100},
     {"float", 1.5}, {"float_minus_zero", -0.0}, {"float_small", 5.0e-324},
     {"atom", abc}, {"atom_empty", ''}, {"atom_latin1", 'åäö'}, {"atom_utf8", list_to_atom([8364, 16#1f600])},
     {"atom_long", list_to_atom(lists:duplicate(255, 8364))}, {"atom_zero", 'a\0b'},
     {"nil", []}, {"string", "hello"}, {"string_in_list", [a, "bc" | "de"]}, {"list", [a, 1.0, <<>>]},
     {"improper", [a | b]}, {"improper_bytes", [1, 2 | 3]}, {"lists", [[[[]]]]},
     {"tuple_empty", {}}, {"tuple", {a, {b, {c}}, 1}}, {"tuple_large", list_to_tuple(lists:duplicate(256, []))},
     {"binary", <<"hello">>}, {"binary_empty", <<>>}, {"binary_shared", binary:copy(<<"ab">>, 50)}, {"bits", <<5:3>>},
     {"map_empty", #{}}, {"map", #{1 => a, b => #{c => d}, [] => {}}}, {"map_key_map", #{#{1 => 2} => #{1.0 => 2}}},
     {"map_33", maps:from_list([{I, []} || I <- lists:seq(1, 33)])},
     {"pid", self()}, {"pid_large", list_to_pid("<0.32767.8191>")}, {"reference_erlang", make_ref()},
     {"port", hd(erlang:ports())}, {"function", fun(X) -> X end}, {"function_export", fun lists:map/2},
     {"all", {1, -1, 1 bsl 40, 1.0, a, "s", [b, c], <<"d">>, #{e => f}, self()}}].

%% What Erlang reads, but no longer writes, or never wrote.
by_hand() ->
    [{"reference", <<131, 90, 3:16, 119, 13, "nonode@nohost", 0:32, 1:32, 2:32, 3:32>>},
     {"atom_short", <<131, 115, 1, 228>>}, {"tuple_wide", <<131, 105, 1:32, 106>>},
     {"big_wide", <<131, 111, 2:32, 0, 1, 2>>}, {"list_of_none", <<131, 108, 0:32, 106>>},
     {"bits_whole", <<131, 77, 1:32, 8, 255>>}, {"map_twice", <<131, 116, 2:32, 97, 1, 106, 97, 1, 106>>},
     {"claim", <<131, 105, 16#ffffff:32, 108, 16#ffffffff:32, 106>>}].
