# signals.ex - the figures about what processes say to each other besides messages:
# links, monitors, calls, timers, names.
#
# As in figures.ex: prepare/1 creates the units, which then wait, and returns the batch.
# In link_exit and monitor the units die in each batch, so the batch makes them anew,
# and says how much of its time that took: {:aside, nanoseconds, proof}. They are not
# linked to the runner.
#
# - call: GenServer.call/3 without its loop, its names and its nodes; the monitor's
#   options, the shape of the request and the flush are those of gen.erl. The monitor is
#   made in the body that receives by it: from that the compiler knows that no older
#   message can match, and the receive begins behind them.
# - call, timer: the runner itself calls, and sets the timers. It keeps its messages off
#   its heap, as in `selective`.
# - timer: Process.send_after/3 and Process.cancel_timer/1, which are the emulator's own.
# - registry: names of processes, not the module Registry, which is another thing.
defmodule Contender.Signals do
  alias Contender.Figures

  @trips 1000
  @timers 100_000
  @within 4
  @hour 3_600_000
  @named 100_000

  def names, do: [:link_exit, :monitor, :call, :timer, :registry]

  # {work, checksum} of a batch; its work is also its number of operations.
  def expected(%{figure: :link_exit, n: n}), do: {n, sum(n)}
  def expected(%{figure: :monitor, n: n}), do: {n, sum(n)}
  def expected(%{figure: :call}), do: {@trips, sum(@trips) + @trips}
  def expected(%{figure: :timer, variant: :set_cancel}), do: {@timers, @timers}
  def expected(%{figure: :timer, variant: :set_fire}), do: {@timers, sum(@timers)}
  def expected(%{figure: :registry}), do: {@named, sum(@named)}

  # Units alive at once. The runner counts where it does the figure itself.
  def peak_live(%{figure: :call}), do: 2
  def peak_live(%{figure: :timer}), do: 1
  def peak_live(%{figure: :registry, n: n}), do: n + 1
  def peak_live(%{n: n}), do: n

  defp sum(n), do: div(n * (n + 1), 2)

  defp unit(function, arguments, options),
    do: :erlang.spawn_opt(__MODULE__, function, arguments, [:link | options])

  defp nanoseconds, do: System.monotonic_time(:nanosecond)

  # -- preparing -------------------------------------------------------------

  def prepare(%{figure: :link_exit, n: n}), do: fn -> cascade(n) end
  def prepare(%{figure: :monitor, n: n}), do: fn -> watched(n) end

  def prepare(%{figure: :call, n: n} = setting) do
    server = unit(:server, [], Figures.place(setting, 2))
    junk(n)
    fn -> calls(1, server, 0, 0) end
  end

  def prepare(%{figure: :timer, variant: way, n: n}) do
    others(n, self())

    case way do
      :set_cancel ->
        fn -> set_and_cancel(1, 0) end

      :set_fire ->
        fn ->
          set(1)
          gather(@timers, 0, 0)
        end
    end
  end

  def prepare(%{figure: :registry, n: n}) do
    [first | others] = names = for i <- 1..n, do: String.to_atom("unit_#{i}")
    receiver = unit(:receiver, [], [{:message_queue_data, :off_heap}])
    Process.register(receiver, first)
    for name <- others, do: Process.register(unit(:holder, [], []), name)
    sender = unit(:sender, [names, first], [])

    fn ->
      send(receiver, {:go, self()})
      send(sender, {:go, self()})

      receive do
        {:done, work, sum} -> {work, sum}
      end
    end
  end

  # n units, latest first, each from make.(i, the one before it); all have run to their
  # first wait.
  defp make_units(n, make) do
    pids = make_units(1, n, make, nil, [])

    receive do
      :all_run -> pids
    end
  end

  defp make_units(i, n, _, _, pids) when i > n, do: pids

  defp make_units(i, n, make, before, pids) do
    pid = make.(i, before)
    make_units(i + 1, n, make, pid, [pid | pids])
  end

  # As in parking.ex: the unit that makes it n tells the runner.
  defp running(n, ran, runner) do
    if :atomics.add_get(ran, 1, 1) == n, do: send(runner, :all_run)
  end

  # -- link_exit -------------------------------------------------------------

  defp cascade(n) do
    began = nanoseconds()
    ran = :atomics.new(1, [])
    runner = self()
    make = fn _, before -> spawn(__MODULE__, :linked, [before, n, ran, runner]) end
    [last | _] = pids = make_units(n, make)
    first = List.last(pids)
    monitor = Process.monitor(last)
    told = nanoseconds()
    send(first, :crash)

    receive do
      {:DOWN, ^monitor, :process, _, :crash} -> :ok
    end

    over = nanoseconds()
    proof = gone(Enum.reverse(pids), 1, 0, 0)
    {:aside, told - began + nanoseconds() - over, proof}
  end

  def linked(before, n, ran, runner) do
    if before, do: Process.link(before)
    running(n, ran, runner)

    # The first; nobody says anything to the others.
    receive do
      reason -> exit(reason)
    end
  end

  defp gone([], _, work, sum), do: {work, sum}

  defp gone([pid | pids], i, work, sum) do
    if Process.alive?(pid),
      do: gone(pids, i + 1, work, sum),
      else: gone(pids, i + 1, work + 1, sum + i)
  end

  # -- monitor ---------------------------------------------------------------

  defp watched(n) do
    began = nanoseconds()
    ran = :atomics.new(1, [])
    runner = self()
    pids = make_units(n, fn i, _ -> spawn(__MODULE__, :mortal, [i, n, ran, runner]) end)
    aside = nanoseconds() - began
    Enum.each(pids, &Process.monitor/1)
    Enum.each(pids, &send(&1, :stop))
    {:aside, aside, downs(n, 0, 0)}
  end

  def mortal(i, n, ran, runner) do
    running(n, ran, runner)

    receive do
      :stop -> exit(i)
    end
  end

  defp downs(0, work, sum), do: {work, sum}

  defp downs(left, work, sum) do
    receive do
      {:DOWN, _, :process, _, i} -> downs(left - 1, work + 1, sum + i)
    end
  end

  # -- call ------------------------------------------------------------------

  # All n are in the queue proper, looked at once, before the clock starts.
  defp junk(n) do
    Enum.each(1..n//1, &send(self(), {:junk, &1}))

    receive do
      :nothing_like_it -> :ok
    after
      0 -> :ok
    end
  end

  def server do
    receive do
      {:"$gen_call", {_, alias}, i} -> send(alias, {alias, i + 1})
    end

    server()
  end

  defp calls(i, _, work, sum) when i > @trips, do: {work, sum}

  defp calls(i, server, work, sum) do
    alias = :erlang.monitor(:process, server, alias: :demonitor)
    send(server, {:"$gen_call", {self(), alias}, i})

    receive do
      {^alias, j} ->
        :erlang.demonitor(alias, [:flush])
        calls(i + 1, server, work + 1, sum + j)

      {:DOWN, ^alias, :process, _, reason} ->
        exit(reason)
    end
  end

  # -- timer -----------------------------------------------------------------

  defp others(0, _), do: :ok

  defp others(n, self) do
    Process.send_after(self, 0, @hour + rem(n, @hour))
    others(n - 1, self)
  end

  defp set_and_cancel(i, ahead) when i > @timers, do: {@timers, ahead}

  defp set_and_cancel(i, ahead) do
    case Process.cancel_timer(Process.send_after(self(), i, @hour)) do
      left when is_integer(left) and left > 0 -> set_and_cancel(i + 1, ahead + 1)
      _ -> set_and_cancel(i + 1, ahead)
    end
  end

  defp set(i) when i > @timers, do: :ok

  defp set(i) do
    Process.send_after(self(), i, 1 + rem(i, @within))
    set(i + 1)
  end

  defp gather(0, work, sum), do: {work, sum}

  defp gather(left, work, sum) do
    receive do
      i when is_integer(i) -> gather(left - 1, work + 1, sum + i)
    end
  end

  # -- registry --------------------------------------------------------------

  def sender(names, to) do
    receive do
      {:go, _} -> sends(1, names, names, to)
    end

    sender(names, to)
  end

  defp sends(i, _, _, _) when i > @named, do: :ok
  defp sends(i, [], names, to), do: sends(i, names, names, to)

  defp sends(i, [name | more], names, to) do
    send(to, if(Process.whereis(name), do: i, else: 0))
    sends(i + 1, more, names, to)
  end

  def receiver do
    receive do
      {:go, runner} ->
        {work, sum} = gather(@named, 0, 0)
        send(runner, {:done, work, sum})
    end

    receiver()
  end

  def holder do
    receive do
      :stop -> :ok
    end
  end
end
