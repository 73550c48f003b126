FROM rust:1-bookworm AS build
WORKDIR /abate
COPY . .
RUN cargo build --locked --profile dist --workspace

FROM debian:bookworm-slim
# Public certificate authorities, for calls to JIRA and Slack.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /data abate
COPY --from=build /abate/target/dist/abate /usr/local/bin/abate
USER abate
WORKDIR /data
VOLUME /data
ENV ABATE_LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK CMD ["abate", "healthcheck"]
ENTRYPOINT ["abate"]
CMD ["serve"]
