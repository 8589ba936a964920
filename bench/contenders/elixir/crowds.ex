# crowds.ex - the figures of many processes that talk to each other, or all to one.
#
# As in figures.ex: prepare/1 creates the units, which then wait, and returns the batch.
# Units are linked to the runner and serve one batch after another.
#
# - The random choices are those of bench/figures/draws.h.
# - bank: the runner is the teller. It keeps its messages off its heap, as in `selective`.
#   The reference is made in the body that receives by it, so what waits already is
#   skipped.
# - philosophers: forks and hungry ones are bits of small integers.
# - two_cpus: the emulator places the units.
defmodule Contender.Crowds do
  import Bitwise

  @actors 120
  @accounts 1000
  @sources 800
  @balance 100_000
  @under_way 100
  @creatures 100
  @philosophers 20
  @workers 20
  @keys 20_000

  def names, do: [:big, :bank, :chameneos, :philosophers, :dictionary]

  # {work, checksum} of a batch; its work is also its number of operations.
  def expected(%{figure: :big, n: n}),
    do: {@actors * n, Enum.sum(Enum.map(1..@actors, &peers(n, &1, &1, 0)))}

  def expected(%{figure: :bank, n: n}), do: {n, moved(n, 1, sum(@accounts) * @balance)}
  def expected(%{figure: :chameneos, n: n}), do: {n, 2 * n}

  def expected(%{figure: :philosophers, n: n}),
    do: {@philosophers * n, (sum(@philosophers) + @philosophers) * n}

  def expected(%{figure: :dictionary, n: n}),
    do: {@workers * n, Enum.sum(Enum.map(1..@workers, &values(n, &1, &1, %{}, 0)))}

  def peak_live(%{figure: :big}), do: @actors
  def peak_live(%{figure: :bank}), do: @accounts + 1
  def peak_live(%{figure: :chameneos}), do: @creatures + 1
  def peak_live(%{figure: :philosophers}), do: @philosophers + 1
  def peak_live(%{figure: :dictionary}), do: @workers + 1

  defp sum(n), do: div(n * (n + 1), 2)

  defp unit(function, arguments),
    do: :erlang.spawn_opt(__MODULE__, function, arguments, [:link])

  # -- random choices --------------------------------------------------------

  def draw(before), do: rem(before * 48_271, 2_147_483_647)

  defp peer(drawn, self) do
    other = 1 + rem(drawn, @actors - 1)
    if other < self, do: other, else: other + 1
  end

  defp peers(0, _, _, sum), do: sum

  defp peers(n, self, before, sum) do
    drawn = draw(before)
    peers(n - 1, self, drawn, sum + peer(drawn, self))
  end

  defp transfer(before) do
    first = draw(before)
    source = 1 + rem(first, @sources)
    second = draw(first)
    destination = source + 1 + rem(second, @accounts - source)
    drawn = draw(second)
    {source, destination, 1 + rem(drawn, 1000), drawn}
  end

  defp moved(0, _, sum), do: sum

  defp moved(n, before, sum) do
    {source, destination, amount, drawn} = transfer(before)
    moved(n - 1, drawn, sum + (destination - source) * amount)
  end

  # {key, what was drawn last}: that is written, if it is divisible by ten.
  defp request(before, worker) do
    first = draw(before)
    {worker + @workers * rem(first, div(@keys, @workers)), draw(first)}
  end

  defp values(0, _, _, _, sum), do: sum

  defp values(n, worker, before, written, sum) do
    case request(before, worker) do
      {key, drawn} when rem(drawn, 10) == 0 ->
        values(n - 1, worker, drawn, Map.put(written, key, drawn), sum + drawn)

      {key, drawn} ->
        values(n - 1, worker, drawn, written, sum + Map.get(written, key, key))
    end
  end

  # -- preparing -------------------------------------------------------------

  def prepare(%{figure: :big, n: n}) do
    actors = Enum.map(1..@actors, &unit(:actor, [&1]))
    table = List.to_tuple(actors)

    fn ->
      set_off(actors, {:go, self(), n, table})
      {@actors * n, gather(@actors, 0)}
    end
  end

  def prepare(%{figure: :bank, n: n}) do
    accounts = Enum.map(1..@accounts, &unit(:account, [&1, @balance]))
    table = List.to_tuple(accounts)

    fn ->
      at_first = min(n, @under_way)
      work = order(at_first, at_first, n, 1, table)
      set_off(accounts, {:balance, self()})
      {work, gather(@accounts, 0)}
    end
  end

  def prepare(%{figure: :chameneos, n: n}) do
    mall = unit(:mall, [])
    creatures = Enum.map(1..@creatures, &unit(:creature, [mall, rem(&1, 3)]))

    fn ->
      send(mall, {:go, self(), n, creatures})
      {n, gather(1, 0)}
    end
  end

  def prepare(%{figure: :philosophers, n: n}) do
    arbiter = unit(:arbiter, [])
    philosophers = Enum.map(1..@philosophers, &unit(:philosopher, [arbiter, &1]))
    send(arbiter, {:seats, List.to_tuple(philosophers)})

    fn ->
      set_off(philosophers, {:go, self(), n})
      sum = gather(@philosophers, 0)
      send(arbiter, {:meals, self()})
      {@philosophers * n, gather(1, sum)}
    end
  end

  def prepare(%{figure: :dictionary, n: n}) do
    server = unit(:dictionary, [Map.new(1..@keys, &{&1, &1})])
    workers = Enum.map(1..@workers, &unit(:worker, [server, &1]))

    fn ->
      send(server, {:reset, self()})
      0 = gather(1, 0)
      set_off(workers, {:go, self(), n})
      {@workers * n, gather(@workers, 0)}
    end
  end

  defp set_off(units, word), do: Enum.each(units, &send(&1, word))

  defp gather(0, sum), do: sum

  defp gather(left, sum) do
    receive do
      {:sum, more} -> gather(left - 1, sum + more)
    end
  end

  # -- big -------------------------------------------------------------------

  def actor(self) do
    receive do
      {:ping, from} -> send(from, {:pong, self})
      {:go, runner, n, table} -> send(runner, {:sum, pings(n, self, table, self, 0)})
    end

    actor(self)
  end

  defp pings(0, _, _, _, sum), do: sum

  defp pings(n, self, table, before, sum) do
    drawn = draw(before)
    send(elem(table, peer(drawn, self) - 1), {:ping, self()})
    pings(n - 1, self, table, drawn, sum + pong(self))
  end

  defp pong(self) do
    receive do
      {:ping, from} ->
        send(from, {:pong, self})
        pong(self)

      {:pong, number} ->
        number
    end
  end

  # -- bank ------------------------------------------------------------------

  # So many at first; then one whenever one is done.
  defp order(0, under_way, left, before, table), do: done(under_way, left, before, table, 0)

  defp order(more, under_way, left, before, table),
    do: order(more - 1, under_way, left - 1, order(before, table), table)

  defp order(before, table) do
    {source, destination, amount, drawn} = transfer(before)
    send(elem(table, source - 1), {:debit, self(), elem(table, destination - 1), amount})
    drawn
  end

  defp done(0, 0, _, _, work), do: work

  defp done(under_way, 0, before, table, work) do
    receive do
      :done -> done(under_way - 1, 0, before, table, work + 1)
    end
  end

  defp done(under_way, left, before, table, work) do
    receive do
      :done -> done(under_way, left - 1, order(before, table), table, work + 1)
    end
  end

  def account(number, balance) do
    receive do
      {:debit, teller, destination, amount} ->
        pass_on(destination, amount)
        send(teller, :done)
        account(number, balance - amount)

      {:credit, from, ref, amount} ->
        send(from, {ref, :credited})
        account(number, balance + amount)

      {:balance, teller} ->
        send(teller, {:sum, number * balance})
        account(number, @balance)
    end
  end

  defp pass_on(destination, amount) do
    ref = make_ref()
    send(destination, {:credit, self(), ref, amount})

    receive do
      {^ref, :credited} -> :ok
    end
  end

  # -- chameneos -------------------------------------------------------------

  def mall do
    receive do
      {:go, runner, n, creatures} ->
        set_off(creatures, :go)
        introduce(n)
        send(runner, {:sum, close(@creatures)})
    end

    mall()
  end

  defp introduce(0), do: :ok

  defp introduce(n) do
    receive do
      {:meet, first, _} ->
        receive do
          {:meet, _, _} = second -> send(first, second)
        end
    end

    introduce(n - 1)
  end

  # How often all of them have met.
  defp close(0), do: gather(@creatures, 0)

  defp close(left) do
    receive do
      {:meet, late, _} -> send(late, :stop)
    end

    close(left - 1)
  end

  def creature(mall, colour) do
    receive do
      :go -> :ok
    end

    creature(mall, meets(mall, colour, 0))
  end

  defp meets(mall, colour, meetings) do
    send(mall, {:meet, self(), colour})

    receive do
      {:meet, other, theirs} ->
        new = mixed(colour, theirs)
        send(other, {:change, new})
        meets(mall, new, meetings + 1)

      {:change, new} ->
        meets(mall, new, meetings + 1)

      :stop ->
        send(mall, {:sum, meetings})
        colour
    end
  end

  defp mixed(colour, colour), do: colour
  defp mixed(a, b), do: 3 - a - b

  # -- philosophers ----------------------------------------------------------

  def arbiter do
    receive do
      {:seats, seats} -> arbiter(seats, 0, 0, 0)
    end
  end

  defp arbiter(seats, taken, hungry, meals) do
    receive do
      {:hungry, i} ->
        serve([i], seats, taken, hungry ||| seat(i), meals)

      {:done, i} ->
        serve([left_of(i), right_of(i)], seats, taken &&& bnot(forks(i)), hungry, meals)

      {:meals, runner} ->
        send(runner, {:sum, meals})
        arbiter(seats, taken, hungry, 0)
    end
  end

  defp serve([], seats, taken, hungry, meals), do: arbiter(seats, taken, hungry, meals)

  defp serve([i | more], seats, taken, hungry, meals) do
    seat = seat(i)
    forks = forks(i)

    if (hungry &&& seat) != 0 and (taken &&& forks) == 0 do
      send(elem(seats, i - 1), :eat)
      serve(more, seats, taken ||| forks, hungry &&& bnot(seat), meals + 1)
    else
      serve(more, seats, taken, hungry, meals)
    end
  end

  defp seat(i), do: 1 <<< (i - 1)
  defp forks(i), do: 1 <<< (i - 1) ||| 1 <<< rem(i, @philosophers)
  defp left_of(1), do: @philosophers
  defp left_of(i), do: i - 1
  defp right_of(@philosophers), do: 1
  defp right_of(i), do: i + 1

  def philosopher(arbiter, i) do
    receive do
      {:go, runner, n} -> send(runner, {:sum, eat(n, arbiter, i, 0)})
    end

    philosopher(arbiter, i)
  end

  defp eat(0, _, _, sum), do: sum

  defp eat(n, arbiter, i, sum) do
    send(arbiter, {:hungry, i})

    receive do
      :eat -> :ok
    end

    send(arbiter, {:done, i})
    eat(n - 1, arbiter, i, sum + i)
  end

  # -- dictionary ------------------------------------------------------------

  def dictionary(first), do: dictionary(first, first)

  defp dictionary(first, map) do
    receive do
      {:read, from, key} ->
        send(from, {:value, :erlang.map_get(key, map)})
        dictionary(first, map)

      {:write, from, key, value} ->
        send(from, {:value, value})
        dictionary(first, %{map | key => value})

      {:reset, runner} ->
        send(runner, {:sum, 0})
        dictionary(first, first)
    end
  end

  def worker(server, worker) do
    receive do
      {:go, runner, n} -> send(runner, {:sum, requests(n, worker, server, worker, 0)})
    end

    worker(server, worker)
  end

  defp requests(0, _, _, _, sum), do: sum

  defp requests(n, worker, server, before, sum) do
    {key, drawn} = request(before, worker)

    if rem(drawn, 10) == 0,
      do: send(server, {:write, self(), key, drawn}),
      else: send(server, {:read, self(), key})

    receive do
      {:value, value} -> requests(n - 1, worker, server, drawn, sum + value)
    end
  end
end
