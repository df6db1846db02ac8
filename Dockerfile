FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# The caches keep a rebuild short; the binary is copied out because a cache is not part of the image.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin jitsi-oidc-bridge \
    && cp target/release/jitsi-oidc-bridge /jitsi-oidc-bridge

# No shell, no package manager; the C library of the build stage's Debian release, and the public CA certificates.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /jitsi-oidc-bridge /jitsi-oidc-bridge
# The default is the loopback interface, which nobody outside a container reaches.
ENV BRIDGE_DEFAULT_IP=0.0.0.0
EXPOSE 8080
# The image's user "nonroot", as a number: Kubernetes' runAsNonRoot looks for one.
USER 65532:65532
HEALTHCHECK --interval=15s --timeout=5s --start-period=5s CMD ["/jitsi-oidc-bridge", "healthcheck"]
ENTRYPOINT ["/jitsi-oidc-bridge"]
CMD ["serve"]
