# syntax=docker/dockerfile:1

# The host, from its sources and the committed strategies: nothing but cargo and a C compiler is needed.
FROM rust:1.95-slim-trixie AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,id=liner-registry,target=/usr/local/cargo/registry \
    --mount=type=cache,id=liner-target,target=/src/target \
    cargo build --release --locked --package liner --bin liner \
    && install -D --mode=0755 target/release/liner /out/liner

FROM debian:trixie-slim
LABEL org.opencontainers.image.title="liner" \
      org.opencontainers.image.description="Turns shared music links into clean library entries" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
# Servers' certificates are checked against the system's. The number of the user is fixed, so that a volume's files stay its own.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --no-create-home --home-dir /var/lib/liner --shell /usr/sbin/nologin liner \
    && install -d --owner=liner --group=liner --mode=0750 /var/lib/liner
COPY --from=build /out/liner /usr/bin/liner
# Beyond the container's own loopback; a LINER_ADMIN_TOKEN must be given with it.
ENV HOST=0.0.0.0 \
    PORT=4201 \
    LINER_DATA_DIR=/var/lib/liner
WORKDIR /var/lib/liner
# All that is ever written: the rest of the image may be mounted read-only.
VOLUME ["/var/lib/liner"]
USER 10001:10001
EXPOSE 4201
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["liner", "healthcheck"]
ENTRYPOINT ["liner"]
CMD ["serve"]
