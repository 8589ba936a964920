# random_ring.ex - a ring whose order has nothing to do with that of its creation.
#
# - Each member is told who comes next before the clock, and says that it was. It passes on what is
#   left of a token; who ends one tells the runner who comes next, where the next batch begins.
# - The random choices are those of bench/figures/draws.h.
defmodule Contender.RandomRing do
  alias Contender.Crowds

  @hops 200_000
  @tokens 1_000

  def names, do: [:random_ring]

  def expected(_), do: {@hops, @hops}
  def peak_live(%{n: n}), do: n

  def prepare(%{n: n, variant: variant}) do
    runner = self()
    members = List.to_tuple(for _ <- 1..n, do: spawn_link(__MODULE__, :member, [runner]))
    next = cycle(n)
    for i <- 1..n, do: send(elem(members, i - 1), {:next, elem(members, :atomics.get(next, i) - 1)})

    for _ <- 1..n do
      receive do
        :told -> :ok
      end
    end

    tokens = if variant == :tokens, do: @tokens, else: 1
    Process.put(:starts, for(t <- 0..(tokens - 1), do: elem(members, div(t * n, tokens))))
    fn -> batch(div(@hops, tokens)) end
  end

  # One cycle through all of 1..n, each with the same chance: Sattolo's.
  defp cycle(n) do
    next = :atomics.new(n, [])
    for i <- 1..n, do: :atomics.put(next, i, i)
    shuffle(next, n, 1)
    next
  end

  defp shuffle(_, 1, _), do: :ok

  defp shuffle(next, i, before) do
    drawn = Crowds.draw(before)
    j = 1 + rem(drawn, i - 1)
    kept = :atomics.get(next, i)
    :atomics.put(next, i, :atomics.get(next, j))
    :atomics.put(next, j, kept)
    shuffle(next, i - 1, drawn)
  end

  defp batch(each) do
    starts = Process.get(:starts)
    for member <- starts, do: send(member, each)

    ends =
      for _ <- starts do
        receive do
          {:ended, next} -> next
        end
      end

    Process.put(:starts, ends)
    {each * length(ends), each * length(ends)}
  end

  def member(runner) do
    receive do
      {:next, next} ->
        send(runner, :told)
        pass_on(next, runner)
    end
  end

  defp pass_on(next, runner) do
    receive do
      1 -> send(runner, {:ended, next})
      left -> send(next, left - 1)
    end

    pass_on(next, runner)
  end
end
