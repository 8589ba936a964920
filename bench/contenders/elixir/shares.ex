# shares.ex - shares: do processes that compute for ever share the CPUs evenly?
#
# n processes take turns of 10,000 steps each until a window closes, and count those that end while it is open.
defmodule Contender.Shares do
  import Bitwise

  # ns until the window opens
  @after_ns 50_000_000
  # ns it is open
  @for_ns 1_000_000_000
  @steps 10_000

  def names, do: [:shares]

  def sample(%{n: n}) do
    opens = nanoseconds() + @after_ns
    for i <- 1..n, do: spawn_link(__MODULE__, :unit, [i, opens, self()])

    done =
      for _ <- 1..n do
        receive do
          {:done, number, had} -> {number, had}
        end
      end

    {numbers, turns} = Enum.unzip(done)
    all = Enum.sum(turns)
    if all == 0, do: exit(:nobody_ended_a_turn_while_turns_counted)
    fewest = 100 * n * Enum.min(turns) / all

    %{
      value: fewest,
      unit: "%",
      ops: all,
      work: length(turns),
      checksum: Enum.sum(numbers),
      peak_live: n,
      more: [fewest: fewest, most: 100 * n * Enum.max(turns) / all]
    }
  end

  def unit(number, opens, runner), do: send(runner, {:done, number, turns(opens, 0)})

  defp turns(opens, had) do
    turn(@steps, 1)

    case nanoseconds() - opens do
      since when since >= @for_ns -> had
      since when since >= 0 -> turns(opens, had + 1)
      _ -> turns(opens, had)
    end
  end

  defp turn(0, x), do: x
  defp turn(steps, x), do: turn(steps - 1, 5 * x + 1 &&& 0xFFFFFF)

  defp nanoseconds, do: System.monotonic_time(:nanosecond)
end
