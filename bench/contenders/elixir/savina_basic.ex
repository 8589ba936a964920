# savina_basic.ex - programs of Savina and its like: skynet, fj_create, thread_ring,
# counting, spawn_storm. With two CPUs all of them are left to the emulator's schedulers,
# but for the spawners of spawn_storm, each of which is bound to one.
#
# - As in figures.ex: prepare/1 creates the units, which then wait, and returns the batch;
#   spawn/3 with a function's name, and what a process has to say is a message.
# - Who may have many messages waiting keeps them off its heap. (The runner does.)
defmodule Contender.SavinaBasic do
  alias Contender.Figures

  @hops 100_000

  # What the batch before the clock of skynet counts: places in an array.
  @made 1
  @live 2
  @peak 3

  def names, do: [:skynet, :fj_create, :thread_ring, :counting, :spawn_storm]

  # {work, checksum} of a batch; its work is also its number of operations.
  def expected(%{figure: :skynet, n: n}), do: {units(leaves(n)), sum(leaves(n) - 1)}
  def expected(%{figure: :thread_ring}), do: {@hops, @hops}
  def expected(%{figure: :counting, n: n}), do: {n, n}
  def expected(%{n: n}), do: {n, sum(n)}

  # Units alive at once. In skynet it was counted; 0: nobody counts.
  def peak_live(%{figure: :skynet}), do: Process.get(:peak)
  def peak_live(%{figure: :thread_ring, n: n}), do: n
  def peak_live(%{figure: :counting}), do: 2
  def peak_live(_), do: 0

  defp sum(n), do: div(n * (n + 1), 2)

  defp unit(function, arguments, options),
    do: :erlang.spawn_opt(__MODULE__, function, arguments, [:link | options])

  defp done do
    receive do
      {:done, work, sum} -> {work, sum}
    end
  end

  # -- preparing -------------------------------------------------------------

  def prepare(%{figure: :skynet, n: n}) do
    leaves = leaves(n)
    counts = :atomics.new(3, [])
    {expected, _} = grow(leaves, counts)
    Process.put(:peak, :atomics.get(counts, @peak))

    case :atomics.get(counts, @made) do
      ^expected -> fn -> grow(leaves, nil) end
      made -> fn -> {made, 0} end
    end
  end

  def prepare(%{figure: :fj_create, n: n}) do
    fn ->
      create(1, n)
      gather(n, 0, 0)
    end
  end

  def prepare(%{figure: :thread_ring, n: n}) do
    first = ring(n)

    fn ->
      send(first, 0)
      done()
    end
  end

  def prepare(%{figure: :counting, n: n}) do
    counter = unit(:counter, [0], [{:message_queue_data, :off_heap}])
    producer = unit(:producer, [n, counter], [])

    fn ->
      send(producer, {:go, self()})
      done()
    end
  end

  def prepare(%{figure: :spawn_storm, n: n, cpus: k} = setting) do
    spawners =
      for i <- 0..(k - 1) do
        options = [{:message_queue_data, :off_heap} | Figures.place(setting, i + 1)]
        unit(:spawner, [div(n * i, k) + 1, div(n * (i + 1), k)], options)
      end

    fn ->
      Enum.each(spawners, &send(&1, {:go, self()}))

      Enum.reduce(spawners, {0, 0}, fn _, {work, sum} ->
        {more, part} = done()
        {work + more, sum + part}
      end)
    end
  end

  defp gather(0, work, sum), do: {work, sum}

  defp gather(left, work, sum) do
    receive do
      i when is_integer(i) -> gather(left - 1, work + 1, sum + i)
    end
  end

  # -- skynet ----------------------------------------------------------------

  defp leaves(n) when n < 10, do: 1
  defp leaves(n), do: 10 * leaves(div(n, 10))

  defp units(leaves), do: leaves + div(leaves - 1, 9)

  defp grow(leaves, counts) do
    count_birth(counts)
    spawn(__MODULE__, :node, [self(), 0, leaves, counts])

    receive do
      sum -> {units(leaves), sum}
    end
  end

  # Its leaves are first..first + size - 1.
  def node(parent, first, 1, counts) do
    send(parent, first)
    count_end(counts)
  end

  def node(parent, first, size, counts) do
    children(10, first, div(size, 10), counts)
    send(parent, sum_of(10, 0))
    count_end(counts)
  end

  defp children(0, _, _, _), do: :ok

  defp children(left, first, size, counts) do
    count_birth(counts)
    spawn(__MODULE__, :node, [self(), first, size, counts])
    children(left - 1, first + size, size, counts)
  end

  defp sum_of(0, sum), do: sum

  defp sum_of(left, sum) do
    receive do
      number -> sum_of(left - 1, sum + number)
    end
  end

  defp count_birth(nil), do: :ok

  defp count_birth(counts) do
    :atomics.add(counts, @made, 1)
    raise_peak(counts, :atomics.add_get(counts, @live, 1), :atomics.get(counts, @peak))
  end

  defp count_end(nil), do: :ok
  defp count_end(counts), do: :atomics.sub(counts, @live, 1)

  defp raise_peak(_, live, peak) when live <= peak, do: :ok

  defp raise_peak(counts, live, peak) do
    case :atomics.compare_exchange(counts, @peak, peak, live) do
      :ok -> :ok
      other -> raise_peak(counts, live, other)
    end
  end

  # -- fj_create -------------------------------------------------------------

  defp create(i, n) when i > n, do: :ok

  defp create(i, n) do
    send(spawn(__MODULE__, :made_for_one, [self()]), i)
    create(i + 1, n)
  end

  def made_for_one(creator) do
    receive do
      i -> send(creator, i)
    end
  end

  # -- thread_ring -----------------------------------------------------------

  # As in figures.ex: the first member is made before it can know the second.
  defp ring(n) do
    first = unit(:member, [:next, self()], [])
    second = Enum.reduce(2..n, first, fn _, next -> unit(:member, [next, self()], []) end)
    send(first, {:next, second})
    first
  end

  def member(:next, runner) do
    receive do
      {:next, next} -> member(next, runner)
    end
  end

  def member(next, runner) do
    receive do
      token when token + 1 == @hops -> send(runner, {:done, @hops, token + 1})
      token -> send(next, token + 1)
    end

    member(next, runner)
  end

  # -- counting --------------------------------------------------------------

  def counter(n) do
    receive do
      :increment ->
        counter(n + 1)

      {:retrieve, from} ->
        send(from, n)
        counter(0)
    end
  end

  def producer(n, counter) do
    receive do
      {:go, runner} ->
        increments(n, counter)
        send(counter, {:retrieve, self()})

        receive do
          number -> send(runner, {:done, number, number})
        end
    end

    producer(n, counter)
  end

  defp increments(0, _), do: :ok

  defp increments(left, counter) do
    send(counter, :increment)
    increments(left - 1, counter)
  end

  # -- spawn_storm -----------------------------------------------------------

  def spawner(first, last) do
    receive do
      {:go, runner} ->
        spawn_all(first, last)
        {work, sum} = gather(last - first + 1, 0, 0)
        send(runner, {:done, work, sum})
    end

    spawner(first, last)
  end

  defp spawn_all(i, last) when i > last, do: :ok

  defp spawn_all(i, last) do
    spawn(__MODULE__, :short_lived, [self(), i])
    spawn_all(i + 1, last)
  end

  def short_lived(parent, i), do: send(parent, i)
end
