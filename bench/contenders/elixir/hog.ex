# hog.ex - hog: how long does a process wait that shares its CPU with others that compute for ever?
#
# n processes call themselves without end. The prober sleeps until each planned instant, 4 ms apart, asks the
# responder, and counts from the planned instant; 1,000 times.
defmodule Contender.Hog do
  alias Contender.Isolation

  @probes 1000
  # ns between planned instants
  @gap 4_000_000

  def names, do: [:hog]

  def sample(%{n: n}) do
    loops = for _ <- List.duplicate(0, n), do: spawn_link(__MODULE__, :loop, [])
    responder = spawn_link(__MODULE__, :responder, [])
    spawn_link(__MODULE__, :prober, [responder, self()])

    {latencies, checksum} =
      receive do
        {:probed, measured} -> measured
      end

    for loop <- loops do
      Process.unlink(loop)
      Process.exit(loop, :kill)
    end

    judged(n, checksum, List.to_tuple(Enum.sort(latencies)))
  end

  defp judged(n, checksum, sorted) do
    if {tuple_size(sorted), checksum} != {@probes, @probes},
      do: exit({:unequal, {tuple_size(sorted), checksum}, {@probes, @probes}})

    more = [
      p50: Isolation.percentile(500, sorted),
      p99: Isolation.percentile(990, sorted),
      p99_9: Isolation.percentile(999, sorted),
      max: Isolation.percentile(1000, sorted)
    ]

    %{value: 1.0 * more[:p99], ops: @probes, work: @probes, checksum: checksum, peak_live: n + 2, more: more}
  end

  def loop, do: loop()

  def responder do
    receive do
      {:ask, from, number} -> send(from, {:answer, number + 1})
    end

    responder()
  end

  def prober(responder, runner),
    do: send(runner, {:probed, probe(0, responder, nanoseconds() + @gap, [], 0)})

  defp probe(@probes, _, _, latencies, sum), do: {latencies, sum}

  defp probe(i, responder, planned, latencies, sum) do
    sleep_until(planned)
    send(responder, {:ask, self(), i})

    receive do
      {:answer, j} ->
        latency = nanoseconds() - planned
        probe(i + 1, responder, planned + @gap, [latency | latencies], sum + j - i)
    end
  end

  defp sleep_until(planned) do
    left = planned - nanoseconds()

    if left > 0 do
      receive do
      after
        div(left + 999_999, 1_000_000) -> :ok
      end

      sleep_until(planned)
    end
  end

  defp nanoseconds, do: System.monotonic_time(:nanosecond)
end
