# contender.ex - the common command line of bench/README.md, in Elixir.
#
# What a figure does is in figures.ex, terms.ex, signals.ex and crowds.ex, units that stay parked
# are in parking.ex, the probes during a collection in isolation.ex; here are the
# options, the clock and the JSON line. Everything measured runs in one process, the runner. Its units are linked to it: if one of them fails, the runner
# fails, and the program says why.
#
# Units are plain processes, not Tasks: a Task adds a monitor, a reference and the
# start through proc_lib to each, which is not the question here.
#
# The runner keeps its messages off its heap, because in `spawn_exit` up to a
# thousand of them wait for it and in `selective` half a million, and a collection
# need not look at them.
defmodule Contender do
  alias Contender.{Crowds, Figures, Isolation, Parking, Signals, Terms, Wake}
  alias Contender.{Hog, Shares}
  alias Contender.{RandomRing, SavinaBasic}

  @usage "usage: elixir [--contender elixir] --figure F --variant V --n N --cpus K" <>
           " [--min-time S | --ops N] [--hold] | --list | --version"
  @modules [Figures, Terms, Signals, Crowds, SavinaBasic, RandomRing, Parking, Isolation, Wake, Hog, Shares]
  @options [
    contender: :string,
    figure: :string,
    variant: :string,
    n: :integer,
    cpus: :integer,
    min_time: :float,
    ops: :integer,
    hold: :boolean
  ]

  def main do
    silence_reports()
    System.halt(serve(System.argv()))
  end

  defp serve(["--list"]), do: answer(Enum.join(names(), "\n"), 0)
  defp serve(["--version"]), do: answer(version(), 0)

  defp serve(arguments) do
    run(settings(arguments))
  catch
    {:usage, why} ->
      complain(
        "#{@usage}\nfigures: #{Enum.join(names(), " ")}\nvariants: #{Enum.join(variants(), " ")}\nelixir: #{why}",
        2
      )

    {:cannot, why} ->
      answer(~s({"error":"#{why}"}), 3)

    {:limit, limit, live} ->
      answer(
        ~s({"error":"no more processes","limit":"#{limit}","live":#{live},"errno":"system_limit"}),
        4
      )

    _, {:unequal, did, expected} ->
      complain(
        "elixir: unequal work: {work, checksum} was #{inspect(did)}, expected #{inspect(expected)}",
        1
      )

    _, reason ->
      complain("elixir: failed: #{inspect(reason, width: :infinity)}", 1)
  end

  defp answer(text, code) do
    IO.puts(text)
    code
  end

  defp complain(text, code) do
    IO.puts(:stderr, text)
    code
  end

  defp figures, do: Enum.flat_map(@modules, & &1.names())
  defp names, do: Enum.map(figures(), &Atom.to_string/1)

  defp variants(:copy), do: [:bin, :list, :tuple]
  defp variants(:binary_step), do: [:one_cpu]
  defp variants(:selective), do: [:plain, :marker]
  defp variants(:pattern), do: [:int, :atom, :pair, :nested, :list, :map, :bin]
  defp variants(figure) when figure in [:heap_bytes, :gc_isolation], do: [:free]
  defp variants(figure) when figure in [:link_exit, :registry], do: [:one_cpu, :free]
  defp variants(:monitor), do: [:one_cpu]
  defp variants(:random_ring), do: [:one_token, :tokens]
  defp variants(:wake), do: [:free]
  defp variants(:hog), do: [:one_cpu]
  defp variants(:shares), do: [:two_cpus]
  defp variants(:call), do: [:one_cpu, :two_cpus]

  defp variants(figure) when figure in [:big, :bank, :chameneos, :philosophers, :dictionary],
    do: [:one_cpu, :two_cpus]

  defp variants(:timer), do: [:set_cancel, :set_fire]

  defp variants(figure)
       when figure in [:skynet, :fj_create, :thread_ring, :counting, :spawn_storm],
       do: [:one_cpu, :two_cpus]

  defp variants(_), do: [:one_cpu, :two_cpus, :free]

  # All that any figure has.
  defp variants do
    figures() |> Enum.flat_map(&variants/1) |> Enum.uniq() |> Enum.map(&Atom.to_string/1)
  end

  defp version do
    "Elixir #{System.version()} (Erlang/OTP #{System.otp_release()}, erts #{:erlang.system_info(:version)}," <>
      " #{:erlang.system_info(:emu_flavor)})"
  end

  # The emulator's own reports would come on standard output, which is for the JSON
  # line alone, or after the last line of standard error, which says why.
  defp silence_reports, do: :ok = :logger.set_primary_config(:level, :none)

  # -- options ---------------------------------------------------------------

  defp settings(arguments) do
    {given, rest, invalid} = OptionParser.parse(arguments, strict: @options)
    for {option, _} <- invalid, do: usage("unknown option, or one with a wrong value: #{option}")
    for argument <- rest, do: usage("unknown argument: #{argument}")

    setting =
      Map.merge(%{contender: "elixir", min_time: 0.1, ops: nil, hold: false}, Map.new(given))

    for key <- [:figure, :variant, :n, :cpus], not is_map_key(setting, key) do
      usage("--#{key} is missing")
    end

    setting |> check_values() |> named() |> check_sense()
  end

  defp check_values(setting) do
    cond do
      setting.contender != "elixir" ->
        usage("no contender #{setting.contender} here, only elixir")

      setting.figure not in names() ->
        usage("no figure is called #{setting.figure}")

      setting.variant not in variants() ->
        usage("no variant is called #{setting.variant}")

      setting.n < 0 ->
        usage("--n wants a whole number from 0")

      setting.cpus < 1 ->
        usage("--cpus wants a whole number from 1")

      setting.min_time <= 0 ->
        usage("--min-time wants seconds above 0")

      setting.ops != nil and setting.ops < 0 ->
        usage("--ops wants a whole number from 0")

      true ->
        setting
    end
  end

  defp named(setting) do
    %{setting | figure: String.to_atom(setting.figure), variant: String.to_atom(setting.variant)}
  end

  defp check_sense(%{figure: figure, variant: variant} = setting) do
    own = variants(figure)

    if variant not in own,
      do: usage("#{figure} has the variants #{Enum.join(own, " ")}, not #{variant}")

    check_whole(setting)
    check_possible(setting)
    setting
  end

  defp check_whole(%{figure: figure, n: 0})
       when figure not in [:copy, :selective, :heap_bytes, :gc_isolation, :call, :timer, :hog],
       do: usage("--n wants a whole number from 1, not 0")

  defp check_whole(%{variant: :one_cpu, cpus: k}) when k > 1, do: usage("one_cpu means --cpus 1")
  defp check_whole(%{variant: :two_cpus, cpus: 1}), do: usage("two_cpus wants --cpus 2 or more")

  defp check_whole(%{figure: figure, cpus: k})
       when k > 1 and figure in [:copy, :selective, :pattern, :timer, :random_ring],
       do: usage("#{figure} is measured on one CPU: --cpus 1")

  defp check_whole(%{figure: figure, n: 1}) when figure in [:ring, :thread_ring, :random_ring],
    do: usage("a ring has two members or more")

  defp check_whole(%{figure: figure, hold: true})
       when figure not in [:memory, :spawn_live, :heap_bytes],
       do: usage("--hold is for memory, spawn_live and heap_bytes")

  defp check_whole(_), do: :ok

  defp check_possible(%{figure: :yield, variant: variant}) when variant != :one_cpu,
    do: throw({:cannot, "yield is two units on one CPU: its only variant is one_cpu"})

  defp check_possible(%{figure: figure, variant: :two_cpus})
       when figure in [:memory, :spawn_live],
       do: throw({:cannot, "parked units have no partner to be kept apart from"})

  defp check_possible(%{figure: :copy, variant: :tuple, n: n}) when n > 16_777_215,
    do: throw({:cannot, "a tuple has 16777215 elements at most"})

  defp check_possible(_), do: :ok

  defp usage(why), do: throw({:usage, why})

  # -- running and measuring -------------------------------------------------

  defp run(setting) do
    {_, monitor} =
      :erlang.spawn_opt(
        fn -> exit({:measured, measured_or_limit(setting)}) end,
        [:monitor, {:message_queue_data, :off_heap} | Figures.place(setting, 1)]
      )

    receive do
      {:DOWN, ^monitor, :process, _, {:measured, {:limit, _, _} = limit}} -> throw(limit)
      {:DOWN, ^monitor, :process, _, {:measured, sample}} -> answer(json(setting, sample), 0)
      {:DOWN, ^monitor, :process, _, reason} -> exit(reason)
    end
  end

  # The units of a figure are linked to the runner, so its links count them.
  defp measured_or_limit(setting) do
    measured(setting)
  rescue
    SystemLimitError ->
      {:links, units} = Process.info(self(), :links)
      Parking.limit(length(units))
  end

  defp measured(%{figure: figure} = setting) do
    case Enum.find(@modules, &(figure in &1.names())) do
      Parking -> Parking.sample(setting)
      Isolation -> Isolation.sample(setting)
      Wake -> Wake.sample(setting)
      Hog -> Hog.sample(setting)
      Shares -> Shares.sample(setting)
      module -> batches(module, setting)
    end
  end

  defp batches(module, setting) do
    batch = module.prepare(setting)
    {operations, checksum} = expected = module.expected(setting)
    {batches, elapsed} = clocked(batch, expected, setting)
    ops = batches * operations

    %{
      value: elapsed / ops,
      ops: ops,
      work: operations,
      checksum: checksum,
      peak_live: module.peak_live(setting)
    }
  end

  # Batches for a time after one to warm up, or an exact number of batches.
  defp clocked(batch, expected, %{ops: nil, min_time: seconds}) do
    one(batch, expected)
    repeat(batch, expected, fn _, elapsed -> elapsed >= seconds * 1.0e9 end, nanoseconds(), 0, 1)
  end

  defp clocked(batch, {operations, _} = expected, %{ops: ops}) do
    wanted = div(ops + operations - 1, operations)
    repeat(batch, expected, fn batches, _ -> batches >= wanted end, nanoseconds(), 0, 1)
  end

  defp repeat(batch, expected, enough, start, aside, batches) do
    aside = aside + one(batch, expected)
    elapsed = nanoseconds() - start - aside

    if enough.(batches, elapsed),
      do: {batches, elapsed},
      else: repeat(batch, expected, enough, start, aside, batches + 1)
  end

  # One batch, refused unless it did its work. The nanoseconds of it that do not count.
  defp one(batch, expected) do
    case batch.() do
      ^expected -> 0
      {:aside, nanoseconds, ^expected} -> nanoseconds
      {:aside, _, proof} -> exit({:unequal, proof, expected})
      proof -> exit({:unequal, proof, expected})
    end
  end

  defp nanoseconds, do: System.monotonic_time(:nanosecond)

  defp json(setting, sample) do
    ~s({"figure":"#{setting.figure}","contender":"elixir","variant":"#{setting.variant}",) <>
      ~s("cpus":#{setting.cpus},"n":#{setting.n},) <>
      ~s("value":#{:erlang.float_to_binary(sample.value, decimals: 3)},"unit":"#{Map.get(sample, :unit, "ns")}","ops":#{sample.ops},) <>
      ~s("work":#{sample.work},"peak_live":#{sample.peak_live},"checksum":#{sample.checksum}) <>
      more(Map.get(sample, :more, [])) <> "}"
  end

  # What one figure alone has to say.
  defp more(fields),
    do: Enum.map_join(fields, fn {name, value} -> ~s(,"#{name}":#{number(value)}) end)

  defp number(value) when is_float(value), do: :erlang.float_to_binary(value, decimals: 3)
  defp number(value), do: value
end
