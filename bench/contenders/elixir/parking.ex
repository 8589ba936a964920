# parking.ex - units that exist, have run to their first receive, and stay.
#
# How the runner knows that all have run: each unit adds one to a shared atomic
# counter just before its receive, and the unit that makes it n tells the runner. A
# message from each would fill the runner's queue with n messages and would be paid
# for in time and memory; the counter costs under twenty nanoseconds a unit and leaves
# nothing behind in it. At that moment at most one unit per scheduler is still
# between the counter and its receive.
#
# To ask each unit afterwards the runner keeps the list of their names, 16 bytes a
# unit, which belongs to what a parked unit costs here. The runner collects its
# garbage before it says "parked", outside the clock, so the list is all it keeps.
# The table of processes is sized by launch.sh and touched before "ready".
#
# A unit of `heap_bytes` builds a list of n/2 integers first, n words of cells, holds it
# while it waits and answers with its length. Nothing is collected or hibernated: what
# counts is what a process occupies that has built its list, with the room its heap
# has for more.
defmodule Contender.Parking do
  def names, do: [:spawn_live, :memory, :heap_bytes]

  # Park, hold if asked to, prove. Returns a sample, or {:limit, text, live}.
  def sample(%{hold: hold} = setting) do
    n = units(setting)
    if hold, do: event(~s({"event":"ready"}))
    start = System.monotonic_time(:nanosecond)

    case park(n, maker(setting)) do
      {:ok, pids, live} ->
        value = (System.monotonic_time(:nanosecond) - start) / n
        :erlang.garbage_collect()
        text = :erlang.float_to_binary(value, decimals: 3)
        if hold, do: event(~s({"event":"parked","live":#{live},"value":#{text}}))
        proven(setting, pids, %{value: value, ops: n, peak_live: live})

      {:limit, live} ->
        limit(live)
    end
  end

  defp units(%{figure: :heap_bytes, n: words}),
    do: div(4_194_304, words + 16) |> max(500) |> min(100_000)

  defp units(%{n: n}), do: n

  # Which function a unit is, and its first argument when it is the i-th.
  defp maker(%{figure: :heap_bytes, n: words}), do: {:holder, fn _ -> div(words, 2) end}
  defp maker(_), do: {:unit, fn i -> i end}

  def limit(live), do: {:limit, "process_limit = #{:erlang.system_info(:process_limit)}", live}

  defp event(line) do
    IO.puts(line)
    IO.gets("")
  end

  defp park(n, maker) do
    ran = :atomics.new(1, [])

    with pids when is_list(pids) <- spawn_units(1, n, maker, ran, []) do
      receive do
        :all_ran -> {:ok, pids, :atomics.get(ran, 1)}
      end
    end
  end

  # The names come out last unit first.
  defp spawn_units(i, n, _, _, pids) when i > n, do: pids

  defp spawn_units(i, n, {function, first} = maker, ran, pids) do
    try do
      spawn(__MODULE__, function, [first.(i), n, ran, self()])
    rescue
      SystemLimitError -> {:limit, i - 1}
    else
      pid -> spawn_units(i + 1, n, maker, ran, [pid | pids])
    end
  end

  def unit(i, n, ran, runner) do
    running(n, ran, runner)

    receive do
      {:number, from} -> send(from, i)
    end
  end

  def holder(length, n, ran, runner) do
    list = :lists.seq(1, length)
    running(n, ran, runner)

    receive do
      {:number, from} -> send(from, length(list))
    end
  end

  defp running(n, ran, runner) do
    if :atomics.add_get(ran, 1, 1) == n, do: send(runner, :all_ran)
  end

  defp proven(setting, pids, sample) do
    expected = expected(setting, units(setting))
    {work, checksum} = proof = ask(pids, 0, 0)
    if proof != expected, do: exit({:unequal, proof, expected})
    Map.merge(sample, %{work: work, checksum: checksum})
  end

  defp expected(%{figure: :heap_bytes, n: words}, n), do: {n, n * div(words, 2)}
  defp expected(_, n), do: {n, div(n * (n + 1), 2)}

  defp ask([], work, sum), do: {work, sum}

  defp ask([pid | pids], work, sum) do
    send(pid, {:number, self()})

    receive do
      i when is_integer(i) -> ask(pids, work + 1, sum + i)
    end
  end
end
