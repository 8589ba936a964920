# beamling in a container: measures this machine, or runs the tests.
#
#   docker build -t beamling .
#   docker run --rm -v "$PWD/out:/out" beamling             measure, beside Erlang, Elixir and Go: some minutes
#   docker run --rm beamling test                           run the tests
#   docker run --rm beamling --help                         what else there is
#
# Everything is installed and built here, so the runs need no network, and no privilege. The
# image takes some minutes and 2.6 GB, of which the tests, built in four ways, are 1.1 and Go is half a one.
FROM debian:bookworm-slim

# The compilers stay: the instrument names them in its report, and builds before it measures.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        tini gcc g++ cmake ninja-build pkg-config libjemalloc-dev libbenchmark-dev libcriterion-dev \
        gnuplot-nox fonts-dejavu-core python3 python3-numpy python3-scipy python3-jinja2 \
        erlang-base erlang-dev elixir golang-go spin \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /beamling
COPY . .

# Built as it will be used.
ENV LANG=C.UTF-8 HOME=/tmp
RUN tests/run.sh --build --preset bench,dev,release,hostile,tsan

ENTRYPOINT ["tini", "-s", "-g", "--", "/beamling/docker/entrypoint.sh"]
