# terms.ex - the figures about terms: sent, copied, selected, matched.
#
# As in figures.ex: prepare/1 creates the units, which then wait, and returns the
# batch. Units are linked to the runner and serve one batch after another.
#
# - copy: the sender builds its term at run time, because a literal would be sent
#   without a copy. A binary above 64 bytes lives outside the heaps and is shared:
#   there `copy` shows what a reference costs. That is the runtime's answer to the
#   question, and binary_step looks for where it begins.
# - binary_step: zeros and a last byte, `<<0::size(bits), last>>`. Appending to a
#   prefix would make every binary one outside the heap, with room to grow: no step.
# - selective: the runner itself is the caller, for a request to begin a batch would
#   have to be found behind the misfits. It keeps its messages off its heap
#   (message_queue_data: :off_heap, set in contender.ex), as the documentation
#   advises where many messages may wait: with them on the heap every collection
#   would copy 500,000 misfits, and the figure would be about that.
# - pattern: the terms are arguments, made at run time, and the shape is chosen once
#   in eight matches, so the compiler knows neither values nor types.
defmodule Contender.Terms do
  alias Contender.Figures

  @trips 1000
  @steps 1000
  @calls 10
  @turns 1250

  def names, do: [:tuple_ping_pong, :copy, :binary_step, :selective, :pattern]

  # {work, checksum} of a batch; its work is also its number of operations.
  def expected(%{figure: :tuple_ping_pong}), do: {@trips, sum(@trips) + @trips}
  def expected(%{figure: :copy, n: n}), do: {copies(n), copies(n) * (n + 1)}
  def expected(%{figure: :selective}), do: {@calls, sum(@calls) + @calls}

  def expected(%{figure: :binary_step, n: n}),
    do: {@steps, @steps * n + Enum.sum(Enum.map(1..@steps, &rem(&1, 256)))}

  def expected(%{figure: :pattern, variant: shape}),
    do: {8 * @turns, @turns * sum_of_eight(shape)}

  defp sum_of_eight(:int), do: 26
  defp sum_of_eight(:atom), do: 20
  defp sum_of_eight(:pair), do: 156
  defp sum_of_eight(:nested), do: 192
  defp sum_of_eight(:list), do: 184
  defp sum_of_eight(:map), do: 156
  defp sum_of_eight(:bin), do: 148

  # Units alive at once. The runner counts where it does the figure itself.
  def peak_live(%{figure: :pattern}), do: 1
  def peak_live(_), do: 2

  defp sum(n), do: div(n * (n + 1), 2)

  # About 4 MiB or four million elements a batch.
  defp copies(n), do: div(4_194_304, n + 1) |> max(4) |> min(10_000)

  defp unit(function, arguments, options),
    do: :erlang.spawn_opt(__MODULE__, function, arguments, [:link | options])

  # -- preparing -------------------------------------------------------------

  def prepare(%{figure: :tuple_ping_pong} = setting) do
    b = unit(:ponger, [], Figures.place(setting, 2))
    a = unit(:pinger, [b], Figures.place(setting, 1))
    fn -> batch_of([a]) end
  end

  def prepare(%{figure: :copy, variant: kind, n: n}) do
    receiver = receiver_of(:copy, copies(n))
    sender = unit(:sender, [kind, n, self(), receiver], [])

    receive do
      :built -> fn -> batch_of([receiver, sender]) end
    end
  end

  def prepare(%{figure: :binary_step, n: n}) do
    receiver = receiver_of(:binary_step, @steps)
    maker = unit(:maker, [n, receiver], [])
    fn -> batch_of([receiver, maker]) end
  end

  def prepare(%{figure: :selective, variant: way, n: n}) do
    partner = unit(:partner, [], [])
    misfits(n)

    case way do
      :plain -> fn -> calls_plain(1, partner, 0, 0) end
      :marker -> fn -> calls_marked(1, partner, 0, 0) end
    end
  end

  def prepare(%{figure: :pattern, variant: shape}) do
    terms = for k <- 0..7, do: shaped(shape, Enum.at([:a0, :a1, :a2, :a3], rem(k, 4)), k)
    match = match(shape)
    fn -> matches(@turns, match, terms, 0, 0) end
  end

  # Messages off the heap, as for the receivers of figures.ex.
  defp receiver_of(figure, count),
    do: unit(:receiver, [figure, count], [{:message_queue_data, :off_heap}])

  defp batch_of(units) do
    runner = self()
    Enum.each(units, &send(&1, {:go, runner}))

    receive do
      {:done, work, checksum} -> {work, checksum}
    end
  end

  # -- tuple_ping_pong -------------------------------------------------------

  def pinger(b) do
    receive do
      {:go, runner} -> send(runner, pings(1, b, 0, 0))
    end

    pinger(b)
  end

  defp pings(i, _, work, sum) when i > @trips, do: {:done, work, sum}

  defp pings(i, b, work, sum) do
    send(b, {:ping, self(), i})

    receive do
      {:pong, j} -> pings(i + 1, b, work + 1, sum + j)
    end
  end

  def ponger do
    receive do
      {:ping, a, i} -> send(a, {:pong, i + 1})
    end

    ponger()
  end

  # -- copy, binary_step -----------------------------------------------------

  # A term of n bytes or elements.
  defp term(:bin, n), do: :binary.copy(<<7>>, n)
  defp term(:list, n), do: :lists.seq(n, 1, -1)
  defp term(:tuple, n), do: List.to_tuple(:lists.seq(n, 1, -1))

  def sender(kind, n, runner, receiver) do
    term = term(kind, n)
    send(runner, :built)
    serve_copies(copies(n), term, receiver)
  end

  defp serve_copies(count, term, receiver) do
    receive do
      {:go, _} -> send_copies(count, term, receiver)
    end

    serve_copies(count, term, receiver)
  end

  defp send_copies(0, _, _), do: :ok

  defp send_copies(left, term, receiver) do
    send(receiver, term)
    send_copies(left - 1, term, receiver)
  end

  def maker(n, receiver) do
    receive do
      {:go, _} -> make_and_send(1, (n - 1) * 8, receiver)
    end

    maker(n, receiver)
  end

  defp make_and_send(i, _, _) when i > @steps, do: :ok

  defp make_and_send(i, bits, receiver) do
    send(receiver, <<0::size(bits), rem(i, 256)>>)
    make_and_send(i + 1, bits, receiver)
  end

  def receiver(figure, count) do
    receive do
      {:go, runner} -> send(runner, weigh(figure, count, 0, 0))
    end

    receiver(figure, count)
  end

  defp weigh(_, 0, work, sum), do: {:done, work, sum}

  defp weigh(figure, left, work, sum) do
    receive do
      term -> weigh(figure, left - 1, work + 1, sum + weight(figure, term))
    end
  end

  defp weight(:binary_step, binary), do: byte_size(binary) + :binary.last(binary)
  defp weight(:copy, binary) when is_binary(binary), do: byte_size(binary) + 1
  defp weight(:copy, [first | _]), do: first + 1
  defp weight(:copy, []), do: 1
  defp weight(:copy, tuple), do: tuple_size(tuple) + 1

  # -- selective -------------------------------------------------------------

  # All n are in the queue proper, looked at once, before the clock starts.
  defp misfits(n) do
    Enum.each(1..n//1, &send(self(), {:junk, &1}))

    receive do
      :nothing_like_it -> :ok
    after
      0 -> :ok
    end
  end

  def partner do
    receive do
      {:call, from, i} -> send(from, {:reply, i + 1})
      {:call, from, ref, i} -> send(from, {ref, i + 1})
    end

    partner()
  end

  defp calls_plain(i, _, work, sum) when i > @calls, do: {work, sum}

  defp calls_plain(i, partner, work, sum) do
    send(partner, {:call, self(), i})

    receive do
      {:reply, j} -> calls_plain(i + 1, partner, work + 1, sum + j)
    end
  end

  # The reference is made in the body that receives by it: from that the compiler
  # knows that no older message can match, and the receive begins behind them.
  defp calls_marked(i, _, work, sum) when i > @calls, do: {work, sum}

  defp calls_marked(i, partner, work, sum) do
    ref = make_ref()
    send(partner, {:call, self(), ref, i})

    receive do
      {^ref, j} -> calls_marked(i + 1, partner, work + 1, sum + j)
    end
  end

  # -- pattern ---------------------------------------------------------------

  defp shaped(:int, _, k), do: k
  defp shaped(:atom, tag, _), do: tag
  defp shaped(:pair, tag, k), do: {tag, k}
  defp shaped(:nested, tag, k), do: {tag, {k, [k + 1, k + 2]}, k}
  defp shaped(:list, tag, k), do: [tag, k, k + 1]
  defp shaped(:map, tag, k), do: %{tag: tag, value: k}
  defp shaped(:bin, tag, k), do: {tag, :erlang.list_to_binary(Enum.to_list(k..(k + 99)))}

  defp match(:int), do: &int/2
  defp match(:atom), do: &atom/2
  defp match(:pair), do: &pair/2
  defp match(:nested), do: &nested/2
  defp match(:list), do: &list/2
  defp match(:map), do: &map/2
  defp match(:bin), do: &bin/2

  defp matches(0, _, _, work, sum), do: {work, sum}

  defp matches(turns, match, terms, work, sum),
    do: matches(turns - 1, match, terms, work + length(terms), match.(terms, sum))

  # The loop over the eight is in the clauses themselves, as one writes it.
  defp int([0 | more], sum), do: int(more, sum + 1)
  defp int([1 | more], sum), do: int(more, sum + 2)
  defp int([2 | more], sum), do: int(more, sum + 3)
  defp int([_ | more], sum), do: int(more, sum + 4)
  defp int([], sum), do: sum

  defp atom([:a0 | more], sum), do: atom(more, sum + 1)
  defp atom([:a1 | more], sum), do: atom(more, sum + 2)
  defp atom([:a2 | more], sum), do: atom(more, sum + 3)
  defp atom([:a3 | more], sum), do: atom(more, sum + 4)
  defp atom([], sum), do: sum

  defp pair([{:a0, k} | more], sum), do: pair(more, sum + k + 1)
  defp pair([{:a1, k} | more], sum), do: pair(more, sum + k + 11)
  defp pair([{:a2, k} | more], sum), do: pair(more, sum + k + 21)
  defp pair([{:a3, k} | more], sum), do: pair(more, sum + k + 31)
  defp pair([], sum), do: sum

  defp nested([{:a0, {k, [_, j]}, _} | more], sum), do: nested(more, sum + k + j)
  defp nested([{:a1, {k, [_, j]}, _} | more], sum), do: nested(more, sum + k + j + 10)
  defp nested([{:a2, {k, [_, j]}, _} | more], sum), do: nested(more, sum + k + j + 20)
  defp nested([{:a3, {k, [_, j]}, _} | more], sum), do: nested(more, sum + k + j + 30)
  defp nested([], sum), do: sum

  defp list([[:a0, k | [j | _]] | more], sum), do: list(more, sum + k + j)
  defp list([[:a1, k | [j | _]] | more], sum), do: list(more, sum + k + j + 10)
  defp list([[:a2, k | [j | _]] | more], sum), do: list(more, sum + k + j + 20)
  defp list([[:a3, k | [j | _]] | more], sum), do: list(more, sum + k + j + 30)
  defp list([], sum), do: sum

  defp map([%{tag: :a0, value: k} | more], sum), do: map(more, sum + k + 1)
  defp map([%{tag: :a1, value: k} | more], sum), do: map(more, sum + k + 11)
  defp map([%{tag: :a2, value: k} | more], sum), do: map(more, sum + k + 21)
  defp map([%{tag: :a3, value: k} | more], sum), do: map(more, sum + k + 31)
  defp map([], sum), do: sum

  defp bin([{:a0, <<k, _::binary>>} | more], sum), do: bin(more, sum + k)
  defp bin([{:a1, <<k, _::binary>>} | more], sum), do: bin(more, sum + k + 10)
  defp bin([{:a2, <<k, _::binary>>} | more], sum), do: bin(more, sum + k + 20)
  defp bin([{:a3, <<k, _::binary>>} | more], sum), do: bin(more, sum + k + 30)
  defp bin([], sum), do: sum
end
