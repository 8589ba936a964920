%% contender.erl - the common command line of bench/README.md, in Erlang.
%%
%% What a figure does is in figures.erl, terms.erl, signals.erl and crowds.erl, units that stay parked
%% are in parking.erl, the probes during a collection in isolation.erl, who is woken from
%% sleep in wake.erl, who waits beside endless loops in hog.erl, how evenly those share in shares.erl, rings in
%% random order in random_ring.erl; here are the options, the clock and the JSON line.
%% Everything measured runs in one process, the runner. Its units are linked to
%% it: if one of them fails, the runner fails, and the program says why.
%%
%% The runner keeps its messages off its heap, because in `spawn_exit` up to a
%% thousand of them wait for it and in `selective` half a million, and a collection
%% need not look at them.
-module(contender).
-export([main/0]).

-define(USAGE,
        "usage: erlang [--contender erlang] --figure F --variant V --n N --cpus K"
        " [--min-time S | --ops N] [--hold] | --list | --version").

main() ->
    silence_reports(),
    halt(serve(init:get_plain_arguments())).

serve(["--list"]) -> io:format("~s~n", [lists:join("\n", figures())]), 0;
serve(["--version"]) -> io:format("~s~n", [version()]), 0;
serve(Arguments) ->
    try run(settings(Arguments))
    catch
        throw:{usage, Why} -> stderr("~s~nfigures: ~s~nvariants: ~s~nerlang: ~s~n",
                                     [?USAGE, words(figures()), words(variants()), Why]), 2;
        throw:{cannot, Why} -> io:format("{\"error\":\"~s\"}~n", [Why]), 3;
        throw:{limit, Limit, Live} -> limit(Limit, Live), 4;
        _:{unequal, Did, Expected} -> stderr("erlang: unequal work: {work, checksum} was ~0tp, expected ~0tp~n",
                                             [Did, Expected]), 1;
        _:Reason -> stderr("erlang: failed: ~0tp~n", [Reason]), 1
    end.

%% -- options ---------------------------------------------------------------

settings(Arguments) ->
    Given = options(Arguments, #{min_time => 0.1, hold => false}),
    [maps:is_key(Key, Given) orelse usage("--~s is missing", [Key]) || Key <- [figure, variant, n, cpus]],
    sensible(Given).

options([], Given) -> Given;
options(["--hold" | Rest], Given) -> options(Rest, Given#{hold := true});
options(["--contender", "erlang" | Rest], Given) -> options(Rest, Given);
options(["--contender", Other | _], _) -> usage("no contender ~ts here, only erlang", [Other]);
options(["--figure", Name | Rest], Given) -> options(Rest, Given#{figure => known(figure, Name, figures())});
options(["--variant", Name | Rest], Given) -> options(Rest, Given#{variant => known(variant, Name, variants())});
options(["--n", Text | Rest], Given) -> options(Rest, Given#{n => count("--n", Text, 0)});
options(["--cpus", Text | Rest], Given) -> options(Rest, Given#{cpus => count("--cpus", Text, 1)});
options(["--ops", Text | Rest], Given) -> options(Rest, Given#{ops => count("--ops", Text, 0)});
options(["--min-time", Text | Rest], Given) -> options(Rest, Given#{min_time := seconds(Text)});
options([Unknown | _], _) -> usage("unknown option, or one without its value: ~ts", [Unknown]).

known(What, Name, Names) ->
    lists:member(Name, Names) orelse usage("no ~s is called ~ts", [What, Name]),
    list_to_atom(Name).

count(Option, Text, Least) ->
    case string:to_integer(Text) of
        {N, ""} when N >= Least -> N;
        _ -> usage("~s wants a whole number from ~b, not ~ts", [Option, Least, Text])
    end.

seconds(Text) ->
    case {string:to_float(Text), string:to_integer(Text)} of
        {{S, ""}, _} when S > 0 -> S;
        {_, {S, ""}} when S > 0 -> S;
        _ -> usage("--min-time wants seconds above 0, not ~ts", [Text])
    end.

sensible(#{figure := Figure, variant := Variant} = Setting) ->
    Own = variants(Figure),
    lists:member(Variant, Own) orelse usage("~s has the variants ~s, not ~s", [Figure, words(Own), Variant]),
    whole(Setting),
    possible(Setting).

whole(#{figure := F, n := 0}) when F =/= copy, F =/= selective, F =/= heap_bytes, F =/= gc_isolation, F =/= call, F =/= timer,
                                   F =/= hog ->
    usage("--n wants a whole number from 1, not 0", []);
whole(#{variant := one_cpu, cpus := K}) when K > 1 -> usage("one_cpu means --cpus 1", []);
whole(#{variant := two_cpus, cpus := 1}) -> usage("two_cpus wants --cpus 2 or more", []);
whole(#{figure := F, cpus := K}) when K > 1, (F =:= copy orelse F =:= selective orelse F =:= pattern orelse F =:= timer orelse F =:= random_ring) ->
    usage("~s is measured on one CPU: --cpus 1", [F]);
whole(#{figure := F, n := 1}) when F =:= ring; F =:= thread_ring; F =:= random_ring -> usage("a ring has two members or more", []);
whole(#{figure := F, hold := true}) when F =/= memory, F =/= spawn_live, F =/= heap_bytes ->
    usage("--hold is for memory, spawn_live and heap_bytes", []);
whole(_) -> ok.

possible(#{figure := yield, variant := V}) when V =/= one_cpu ->
    throw({cannot, "yield is two units on one CPU: its only variant is one_cpu"});
possible(#{figure := F, variant := two_cpus}) when F =:= memory; F =:= spawn_live ->
    throw({cannot, "parked units have no partner to be kept apart from"});
possible(#{figure := copy, variant := tuple, n := N}) when N > 16777215 ->
    throw({cannot, "a tuple has 16777215 elements at most"});
possible(Setting) -> Setting.

usage(Format, Arguments) -> throw({usage, io_lib:format(Format, Arguments)}).

modules() -> [figures, terms, signals, crowds, savina_basic, random_ring, parking, isolation, wake, hog, shares].
figures() -> [atom_to_list(F) || Module <- modules(), F <- Module:names()].

variants(copy) -> [bin, list, tuple];
variants(binary_step) -> [one_cpu];
variants(selective) -> [plain, marker];
variants(pattern) -> [int, atom, pair, nested, list, map, bin];
variants(F) when F =:= heap_bytes; F =:= gc_isolation -> [free];
variants(F) when F =:= link_exit; F =:= registry -> [one_cpu, free];
variants(monitor) -> [one_cpu];
variants(random_ring) -> [one_token, tokens];
variants(wake) -> [free];
variants(hog) -> [one_cpu];
variants(shares) -> [two_cpus];
variants(call) -> [one_cpu, two_cpus];
variants(F) when F =:= big; F =:= bank; F =:= chameneos; F =:= philosophers; F =:= dictionary -> [one_cpu, two_cpus];
variants(timer) -> [set_cancel, set_fire];
variants(F) when F =:= skynet; F =:= fj_create; F =:= thread_ring; F =:= counting; F =:= spawn_storm ->
    [one_cpu, two_cpus];
variants(_) -> [one_cpu, two_cpus, free].

%% All that any figure has.
variants() ->
    [atom_to_list(V) || V <- lists:usort([V || F <- figures(), V <- variants(list_to_atom(F))])].

words(Names) -> lists:join(" ", [io_lib:format("~s", [Name]) || Name <- Names]).

%% -- running and measuring -------------------------------------------------

run(Setting) ->
    {_, Monitor} = spawn_opt(fun() -> exit({measured, measured_or_limit(Setting)}) end,
                             [monitor, {message_queue_data, off_heap} | figures:place(Setting, 1)]),
    receive
        {'DOWN', Monitor, process, _, {measured, {limit, _, _} = Limit}} -> throw(Limit);
        {'DOWN', Monitor, process, _, {measured, Sample}} -> result(Setting, Sample), 0;
        {'DOWN', Monitor, process, _, Reason} -> exit(Reason)
    end.

%% The units of a figure are linked to the runner, so its links count them.
measured_or_limit(Setting) ->
    try measured(Setting)
    catch error:system_limit ->
        {links, Units} = process_info(self(), links),
        parking:limit(length(Units))
    end.

measured(#{figure := Figure} = Setting) ->
    case [Module || Module <- modules(), lists:member(Figure, Module:names())] of
        [parking] -> parking:sample(Setting);
        [isolation] -> isolation:sample(Setting);
        [wake] -> wake:sample(Setting);
        [hog] -> hog:sample(Setting);
        [shares] -> shares:sample(Setting);
        [Module] -> batches(Module, Setting)
    end.

batches(Module, Setting) ->
    Batch = Module:prepare(Setting),
    {Operations, Checksum} = Expected = Module:expected(Setting),
    {Batches, Elapsed} = clocked(Batch, Expected, Setting),
    Ops = Batches * Operations,
    #{value => Elapsed / Ops, ops => Ops, work => Operations, checksum => Checksum,
      peak_live => Module:peak_live(Setting)}.

%% An exact number of batches, or batches for a time after one to warm up.
clocked(Batch, {Operations, _} = Expected, #{ops := Ops}) ->
    Wanted = (Ops + Operations - 1) div Operations,
    repeat(Batch, Expected, fun(Batches, _) -> Batches >= Wanted end);
clocked(Batch, Expected, #{min_time := Seconds}) ->
    one(Batch, Expected),
    repeat(Batch, Expected, fun(_, Elapsed) -> Elapsed >= Seconds * 1.0e9 end).

repeat(Batch, Expected, Enough) -> repeat(Batch, Expected, Enough, nanoseconds(), 0, 1).

repeat(Batch, Expected, Enough, Start, Aside, Batches) ->
    AsideNow = Aside + one(Batch, Expected),
    Elapsed = nanoseconds() - Start - AsideNow,
    case Enough(Batches, Elapsed) of
        true -> {Batches, Elapsed};
        false -> repeat(Batch, Expected, Enough, Start, AsideNow, Batches + 1)
    end.

%% One batch, refused unless it did its work. The nanoseconds of it that do not count.
one(Batch, Expected) ->
    case Batch() of
        Expected -> 0;
        {aside, Nanoseconds, Expected} -> Nanoseconds;
        {aside, _, Proof} -> exit({unequal, Proof, Expected});
        Proof -> exit({unequal, Proof, Expected})
    end.

nanoseconds() -> erlang:monotonic_time(nanosecond).

%% -- output ----------------------------------------------------------------

result(#{figure := F, variant := V, cpus := K, n := N},
       #{value := Value, ops := Ops, work := Work, peak_live := Peak, checksum := Checksum} = Sample) ->
    io:format("{\"figure\":\"~s\",\"contender\":\"erlang\",\"variant\":\"~s\",\"cpus\":~b,\"n\":~b,"
              "\"value\":~.3f,\"unit\":\"~s\",\"ops\":~b,\"work\":~b,\"peak_live\":~b,\"checksum\":~b~s}~n",
              [F, V, K, N, float(Value), maps:get(unit, Sample, "ns"), Ops, Work, Peak, Checksum, more(maps:get(more, Sample, []))]).

%% What one figure alone has to say.
more(Fields) -> [io_lib:format(",\"~s\":~s", [Name, number(Value)]) || {Name, Value} <- Fields].

number(Value) when is_float(Value) -> float_to_list(Value, [{decimals, 3}]);
number(Value) -> integer_to_list(Value).

limit(Limit, Live) ->
    io:format("{\"error\":\"no more processes\",\"limit\":\"~s\",\"live\":~b,\"errno\":\"system_limit\"}~n",
              [Limit, Live]).

version() ->
    io_lib:format("Erlang/OTP ~s (erts ~s, ~s)",
                  [erlang:system_info(otp_release), erlang:system_info(version),
                   erlang:system_info(emu_flavor)]).

%% The emulator's own reports would come on standard output, which is for the JSON
%% line alone, or after the last line of standard error, which says why.
silence_reports() -> ok = logger:set_primary_config(level, none).

stderr(Format, Arguments) -> io:format(standard_error, Format, Arguments).
