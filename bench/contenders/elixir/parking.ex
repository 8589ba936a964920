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
defmodule Contender.Parking do
  def names, do: [:spawn_live, :memory]

  # Park, hold if asked to, prove. Returns a sample, or {:limit, text, live}.
  def sample(%{n: n, hold: hold}) do
    if hold, do: event(~s({"event":"ready"}))
    start = System.monotonic_time(:nanosecond)

    case park(n) do
      {:ok, pids, live} ->
        value = (System.monotonic_time(:nanosecond) - start) / n
        :erlang.garbage_collect()
        text = :erlang.float_to_binary(value, decimals: 3)
        if hold, do: event(~s({"event":"parked","live":#{live},"value":#{text}}))
        proven(n, pids, %{value: value, ops: n, peak_live: live})

      {:limit, live} ->
        limit(live)
    end
  end

  def limit(live), do: {:limit, "process_limit = #{:erlang.system_info(:process_limit)}", live}

  defp event(line) do
    IO.puts(line)
    IO.gets("")
  end

  defp park(n) do
    ran = :atomics.new(1, [])

    with pids when is_list(pids) <- spawn_units(1, n, ran, []) do
      receive do
        :all_ran -> {:ok, pids, :atomics.get(ran, 1)}
      end
    end
  end

  # The names come out last unit first.
  defp spawn_units(i, n, _, pids) when i > n, do: pids

  defp spawn_units(i, n, ran, pids) do
    try do
      spawn(__MODULE__, :unit, [i, n, ran, self()])
    rescue
      SystemLimitError -> {:limit, i - 1}
    else
      pid -> spawn_units(i + 1, n, ran, [pid | pids])
    end
  end

  def unit(i, n, ran, runner) do
    if :atomics.add_get(ran, 1, 1) == n, do: send(runner, :all_ran)

    receive do
      {:number, from} -> send(from, i)
    end
  end

  defp proven(n, pids, sample) do
    expected = {n, div(n * (n + 1), 2)}
    {work, checksum} = proof = ask(pids, 0, 0)
    if proof != expected, do: exit({:unequal, proof, expected})
    Map.merge(sample, %{work: work, checksum: checksum})
  end

  defp ask([], work, sum), do: {work, sum}

  defp ask([pid | pids], work, sum) do
    send(pid, {:number, self()})

    receive do
      i when is_integer(i) -> ask(pids, work + 1, sum + i)
    end
  end
end
