# figures.ex - the figures whose batches are timed; those about terms are in terms.ex.
#
# prepare/1 creates a figure's units, which then wait; it returns the batch, a
# function that sets them off and returns {work, checksum}. Units live as long as the
# runner, to which they are linked, and serve one batch after another.
#
# - Messages are bare integers: 8 bytes in a mailbox and nothing to copy, as the
#   README asks. `{:go, runner}` and `{:done, work, checksum}` frame a batch.
# - spawn_exit and spawn_join: a child hands back its number by a message, the faster
#   of BEAM's two idioms. spawn/3 with a function's name measured a tenth faster than
#   spawn/1 with an anonymous function.
# - The receivers of `stream` and `fan_in` keep their messages off their heaps, as one
#   does where a queue may grow long: the collector never copies the queue.
# - two_cpus: `{:scheduler, n}` holds a process on a scheduler, and launch.sh binds
#   schedulers to CPUs. The runner is on the first, so in the spawn figures parent
#   and children are apart; ring members alternate.
#
# This is Elixir's compiler on Erlang's emulator: where it differs from the Erlang
# peer by more than the noise, look for a difference in the programs first.
defmodule Contender.Figures do
  @spawns 1000
  @joins 100
  @yields 10_000
  @trips 1000
  @stream 100_000
  @senders 4
  @hops 10_000

  def names, do: [:spawn_exit, :spawn_join, :yield, :ping_pong, :ring, :stream, :fan_in]

  # {work, checksum} of a batch; its work is also its number of operations.
  def expected(%{figure: figure, n: n}), do: expected(figure, n)

  defp expected(:spawn_exit, _), do: {@spawns, sum(@spawns)}
  defp expected(:spawn_join, _), do: {@joins, sum(@joins)}
  defp expected(:yield, _), do: {@yields, @yields}
  defp expected(:ping_pong, _), do: {@trips, sum(@trips) + @trips}
  defp expected(:ring, n), do: {hops(n), hops(n)}
  defp expected(:stream, _), do: {@stream, sum(@stream)}
  defp expected(:fan_in, _), do: {@stream, @senders * sum(div(@stream, @senders))}

  # Units alive at once besides the runner. 0: nobody counts, a child of spawn_exit
  # may be gone before its last sister exists.
  def peak_live(%{figure: figure, n: n}), do: peak_live(figure, n)

  defp peak_live(:spawn_exit, _), do: 0
  defp peak_live(:spawn_join, _), do: 1
  defp peak_live(:ring, n), do: n
  defp peak_live(:fan_in, _), do: @senders + 1
  defp peak_live(_, _), do: 2

  defp sum(n), do: div(n * (n + 1), 2)
  defp hops(n), do: max(n, @hops)

  # Spawn options that put a process on the scheduler of its side, 1 or 2.
  def place(%{variant: :two_cpus}, side), do: [scheduler: side]
  def place(_, _), do: []

  defp unit(function, arguments, options),
    do: :erlang.spawn_opt(__MODULE__, function, arguments, [:link | options])

  # -- preparing -------------------------------------------------------------

  def prepare(%{figure: :spawn_exit} = setting) do
    place = place(setting, 2)

    fn ->
      spawn_all(@spawns, place)
      gather(@spawns, 0, 0)
    end
  end

  def prepare(%{figure: :spawn_join} = setting) do
    place = place(setting, 2)
    fn -> join_each(@joins, place, 0, 0) end
  end

  def prepare(%{figure: :yield}) do
    units = for _ <- 1..2, do: unit(:yielder, [div(@yields, 2)], [])

    fn ->
      set_off(units)
      {work1, sum1} = done()
      {work2, sum2} = done()
      {work1 + work2, sum1 + sum2}
    end
  end

  def prepare(%{figure: :ping_pong} = setting) do
    a = unit(:pinger, [@trips], place(setting, 1))
    b = unit(:ponger, [a], place(setting, 2))
    send(a, {:partner, b})

    fn ->
      set_off([a])
      done()
    end
  end

  def prepare(%{figure: :ring, n: n} = setting) do
    first = ring(n, setting)

    fn ->
      send(first, 0)
      done()
    end
  end

  def prepare(%{figure: :stream} = setting), do: streaming(1, setting)
  def prepare(%{figure: :fan_in} = setting), do: streaming(@senders, setting)

  defp streaming(senders, setting) do
    receiver = unit(:receiver, [@stream], [{:message_queue_data, :off_heap} | place(setting, 2)])
    each = div(@stream, senders)
    senders = for _ <- 1..senders, do: unit(:sender, [each, receiver], place(setting, 1))

    fn ->
      set_off([receiver | senders])
      done()
    end
  end

  defp set_off(units) do
    runner = self()
    Enum.each(units, &send(&1, {:go, runner}))
  end

  defp done do
    receive do
      {:done, work, checksum} -> {work, checksum}
    end
  end

  # -- spawn_exit, spawn_join ------------------------------------------------

  def child(parent, i), do: send(parent, i)

  defp spawn_all(0, _), do: :ok

  defp spawn_all(i, place) do
    child_of(self(), i, place)
    spawn_all(i - 1, place)
  end

  defp join_each(0, _, work, sum), do: {work, sum}

  defp join_each(i, place, work, sum) do
    child_of(self(), i, place)

    receive do
      j when is_integer(j) -> join_each(i - 1, place, work + 1, sum + j)
    end
  end

  defp child_of(parent, i, []), do: spawn(__MODULE__, :child, [parent, i])
  defp child_of(parent, i, place), do: :erlang.spawn_opt(__MODULE__, :child, [parent, i], place)

  defp gather(0, work, sum), do: {work, sum}

  defp gather(left, work, sum) do
    receive do
      i when is_integer(i) -> gather(left - 1, work + 1, sum + i)
    end
  end

  # -- yield -----------------------------------------------------------------

  def yielder(times) do
    receive do
      {:go, runner} -> send(runner, yields(times, 0))
    end

    yielder(times)
  end

  defp yields(0, count), do: {:done, count, count}

  defp yields(left, count) do
    :erlang.yield()
    yields(left - 1, count + 1)
  end

  # -- ping_pong -------------------------------------------------------------

  def pinger(trips) do
    receive do
      {:partner, b} -> pinger(trips, b)
    end
  end

  defp pinger(trips, b) do
    receive do
      {:go, runner} -> send(runner, pings(1, trips, b, 0, 0))
    end

    pinger(trips, b)
  end

  defp pings(i, trips, _, work, sum) when i > trips, do: {:done, work, sum}

  defp pings(i, trips, b, work, sum) do
    send(b, i)

    receive do
      j when is_integer(j) -> pings(i + 1, trips, b, work + 1, sum + j)
    end
  end

  def ponger(a) do
    receive do
      i -> send(a, i + 1)
    end

    ponger(a)
  end

  # -- ring ------------------------------------------------------------------

  # The first member is made before it can know the second; the others know their
  # successor from birth. Returns the first.
  defp ring(n, setting) do
    report = {self(), hops(n)}
    first = unit(:member, [:next, report], place(setting, 1))

    second =
      Enum.reduce(n..2, first, fn i, next ->
        unit(:member, [next, report], place(setting, 1 + rem(i + 1, 2)))
      end)

    send(first, {:next, second})
    first
  end

  def member(:next, report) do
    receive do
      {:next, next} -> member(next, report)
    end
  end

  def member(next, {runner, hops} = report) do
    receive do
      token when token + 1 == hops -> send(runner, {:done, hops, token + 1})
      token -> send(next, token + 1)
    end

    member(next, report)
  end

  # -- stream, fan_in --------------------------------------------------------

  def sender(count, receiver) do
    receive do
      {:go, _} -> sends(1, count, receiver)
    end

    sender(count, receiver)
  end

  defp sends(i, count, _) when i > count, do: :ok

  defp sends(i, count, receiver) do
    send(receiver, i)
    sends(i + 1, count, receiver)
  end

  def receiver(count) do
    receive do
      {:go, runner} ->
        {work, sum} = gather(count, 0, 0)
        send(runner, {:done, work, sum})
    end

    receiver(count)
  end
end
