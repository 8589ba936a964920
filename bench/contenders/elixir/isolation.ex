# isolation.ex - gc_isolation: does one unit's collection make others wait?
#
# 10,000 small units wait. The prober asks one after the other, at planned instants
# 100 us apart, and counts from the planned instant: when a stall makes it late, the
# units it should have asked meanwhile have waited too, and their waiting counts.
# Meanwhile the big unit collects its whole heap five times. n = 0: nobody does.
#
# - The prober waits for an instant by reading the clock and yielding. `receive after`
#   knows only milliseconds, ten probes' worth.
# - The prober starts with a heap that its latencies fit in, about four words each:
#   its own collections are not the question.
# - The big unit holds a list of small integers, cells of 16 bytes, nothing else. Its
#   heap is asked for in its full size: grown step by step it took twice the memory
#   and three times as long to build, before anything is measured.
#   :erlang.garbage_collect() is a full sweep. On a heap this large the emulator runs
#   it on a dirty scheduler, a thread of its own; that is the answer being measured.
defmodule Contender.Isolation do
  @units 10_000
  @probes 5000
  @collections 5
  # ns between planned instants
  @gap 100_000
  # words
  @prober_heap 4_000_000

  def names, do: [:gc_isolation]

  def sample(%{n: n}) do
    units = List.to_tuple(for _ <- 1..@units, do: unit(:unit, [], []))
    big = unit(:big, [div(n, 16)], min_heap_size: div(n, 8))
    prober = unit(:prober, [units, self()], min_heap_size: @prober_heap)
    # It answers when it has built its list.
    length_of(big, div(n, 16))
    send(big, {:collect, collections(n), prober})
    send(prober, :go)

    {latencies, checksum} =
      receive do
        {:probed, measured} -> measured
      end

    # The list was alive all the time.
    length_of(big, div(n, 16))
    judged(length(latencies), checksum, List.to_tuple(Enum.sort(latencies)))
  end

  defp unit(function, arguments, options),
    do: :erlang.spawn_opt(__MODULE__, function, arguments, [:link | options])

  defp collections(0), do: 0
  defp collections(_), do: @collections

  defp length_of(big, expected) do
    send(big, {:length, self()})

    receive do
      {:length, ^expected} -> :ok
      {:length, other} -> exit({:unequal, other, expected})
    end
  end

  defp judged(probes, checksum, sorted) do
    if checksum != probes, do: exit({:unequal, {probes, checksum}, {probes, probes}})

    more = [
      p50: percentile(500, sorted),
      p99: percentile(990, sorted),
      p99_9: percentile(999, sorted),
      max: percentile(1000, sorted)
    ]

    %{
      value: 1.0 * more[:p99],
      ops: probes,
      work: probes,
      checksum: checksum,
      peak_live: @units,
      more: more
    }
  end

  # By nearest rank.
  def percentile(per_mille, sorted),
    do: elem(sorted, div(tuple_size(sorted) * per_mille + 999, 1000) - 1)

  # -- the units -------------------------------------------------------------

  def unit do
    receive do
      {:ask, from, number} -> send(from, {:answer, number + 1})
    end

    unit()
  end

  def big(cells), do: holding(:lists.seq(1, cells))

  defp holding(list) do
    receive do
      {:length, from} ->
        send(from, {:length, length(list)})

      {:collect, times, prober} ->
        collect(times)
        send(prober, :collected)
    end

    holding(list)
  end

  defp collect(0), do: :ok

  defp collect(times) do
    :erlang.garbage_collect()
    collect(times - 1)
  end

  # -- the prober ------------------------------------------------------------

  def prober(units, runner) do
    receive do
      :go -> :ok
    end

    send(runner, {:probed, probe(1, units, nanoseconds(), false, [], 0)})
  end

  defp probe(i, _, _, true, latencies, sum) when i > @probes, do: {latencies, sum}

  defp probe(i, units, planned, collected, latencies, sum) do
    wait_until(planned)
    send(elem(units, rem(i, @units)), {:ask, self(), i})

    receive do
      {:answer, j} ->
        latency = nanoseconds() - planned
        collected = collected or collected?()
        probe(i + 1, units, planned + @gap, collected, [latency | latencies], sum + j - i)
    end
  end

  defp wait_until(planned) do
    if nanoseconds() < planned do
      :erlang.yield()
      wait_until(planned)
    end
  end

  defp collected? do
    receive do
      :collected -> true
    after
      0 -> false
    end
  end

  defp nanoseconds, do: System.monotonic_time(:nanosecond)
end
