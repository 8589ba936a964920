# wake.ex - wake: how long until who is sent something runs, when nothing else does?
#
# Two processes, each bound to a scheduler of its own. The sender sleeps for n ms, reads
# the clock and sends what it has read; the receiver reads the clock as soon as it runs,
# and answers with the difference.
#
# The emulator's schedulers spin for a while before they sleep; that is its default, and
# part of the answer. What the whole program uses of the CPUs while all wait is read
# from the kernel, thread by thread, since the emulator itself counts in ms.
defmodule Contender.Wake do
  alias Contender.Isolation

  @wakes 1000
  # ms before the pause
  @settle 100
  # ms
  @pause 300

  def names, do: [:wake]

  def sample(%{n: n, cpus: cpus}) do
    receiver = :erlang.spawn_opt(__MODULE__, :receiver, [], [:link | place(cpus, 2)])
    sender = :erlang.spawn_opt(__MODULE__, :sender, [n, receiver, self()], [:link | place(cpus, 1)])
    idle = idle()
    send(sender, :go)

    latencies =
      receive do
        {:measured, measured} -> measured
      end

    judged(Enum.count(latencies, &(&1 > 0)), List.to_tuple(Enum.sort(latencies)), idle)
  end

  defp place(1, _), do: []
  defp place(_, scheduler), do: [{:scheduler, scheduler}]

  defp judged(right, sorted, idle) do
    if right != @wakes, do: exit({:unequal, {@wakes, right}, {@wakes, @wakes}})

    more = [
      p50: Isolation.percentile(500, sorted),
      p99: Isolation.percentile(990, sorted),
      p99_9: Isolation.percentile(999, sorted),
      max: Isolation.percentile(1000, sorted),
      idle: idle
    ]

    %{
      value: 1.0 * more[:p99],
      ops: @wakes,
      work: @wakes,
      checksum: right,
      peak_live: 2,
      more: more
    }
  end

  # -- the units -------------------------------------------------------------

  def receiver do
    receive do
      {:sent, from, at} -> send(from, {:after_ns, nanoseconds() - at})
    end

    receiver()
  end

  def sender(n, receiver, runner) do
    receive do
      :go -> :ok
    end

    send(runner, {:measured, for(_ <- 1..@wakes, do: wake(n, receiver))})
  end

  defp wake(n, receiver) do
    pause(n)
    send(receiver, {:sent, self(), nanoseconds()})

    receive do
      {:after_ns, latency} -> latency
    end
  end

  defp pause(ms) do
    receive do
    after
      ms -> :ok
    end
  end

  defp nanoseconds, do: System.monotonic_time(:nanosecond)

  # -- the pause -------------------------------------------------------------

  # CPU time per second, ns, while all wait.
  defp idle do
    # What reading it needs is there from now on.
    busy()
    pause(@settle)
    before = busy()
    pause(@pause)
    max(1, div((busy() - before) * 1000, @pause))
  end

  # ns that the threads of this program have run. One may end meanwhile.
  defp busy do
    Enum.sum(for t <- File.ls!("/proc/self/task"), do: ran(File.read("/proc/self/task/#{t}/schedstat")))
  end

  defp ran({:ok, line}), do: line |> String.split() |> hd() |> String.to_integer()
  defp ran({:error, _}), do: 0
end
