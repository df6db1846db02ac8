FROM rust:1.95-bookworm AS build
# Lists what the binary is made of.
RUN cargo install --locked cargo-cyclonedx@0.5.9
WORKDIR /src
COPY . .
# The caches keep a rebuild short; the binary is copied out because a cache is not part of the image.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    .ci/build-release --static \
    && cp target/static/jitsi-oidc-bridge /jitsi-oidc-bridge \
    && SOURCE_DATE_EPOCH=0 cargo cyclonedx --format json --spec-version 1.5 --describe binaries \
    && cp jitsi-oidc-bridge_bin.cdx.json /sbom.cdx.json

# Nothing but the program: no shell, no package manager, no C library.
FROM scratch
# The public authorities, by which providers' certificates are verified.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /jitsi-oidc-bridge /jitsi-oidc-bridge
# A CycloneDX SBOM: every crate that the binary can hold, with version, checksum and licence.
COPY --from=build /sbom.cdx.json /usr/share/doc/jitsi-oidc-bridge/sbom.cdx.json
# The default is the loopback interface, which nobody outside a container reaches.
ENV BRIDGE_DEFAULT_IP=0.0.0.0
EXPOSE 8080
# Nobody's, as a number: Kubernetes' runAsNonRoot looks for one.
USER 65532:65532
HEALTHCHECK --interval=15s --timeout=5s --start-period=5s CMD ["/jitsi-oidc-bridge", "healthcheck"]
ENTRYPOINT ["/jitsi-oidc-bridge"]
CMD ["serve"]
