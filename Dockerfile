# The processor. docs/how-to/deploy.md says how to run the image, and deploy/ has a file for each kind of host.
#
# The base is named by its tag; scripts/release puts the digest in its place where it can ask a registry for it.
ARG BASE_IMAGE=python:3.13-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /src
COPY pyproject.toml hatch_build.py README.md LICENSE NOTICE ./
COPY processor processor
COPY supabase supabase
# The kernels are compiled here: the build installs a compiler of its own (hatch_build.py), which stays in this stage.
RUN python -m venv --without-pip /opt/import-jobs
RUN python -m pip --python /opt/import-jobs install --no-cache-dir .
RUN python -m venv /opt/sbom
RUN /opt/sbom/bin/pip install --no-cache-dir cyclonedx-bom==7.5.0
RUN /opt/sbom/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
    --output-file /opt/import-jobs/sbom.cdx.json /opt/import-jobs
# A tmpfs takes its mode from the folder on which it is mounted, but not its owner, so everybody may write to it.
RUN mkdir -p /rootfs/spool && chmod 1777 /rootfs/spool

FROM ${BASE_IMAGE}
ARG BASE_IMAGE
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="import-jobs" \
    org.opencontainers.image.description="Loads CSV files into Postgres tables for Supabase projects" \
    org.opencontainers.image.licenses="MIT AND CC-BY-SA-4.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}" \
    org.opencontainers.image.base.name="${BASE_IMAGE}"
COPY --from=build /opt/import-jobs /opt/import-jobs
COPY --from=build --chown=65532:65532 /rootfs /
# Nothing is written but below /spool, which is a volume or a tmpfs, so that the rest can be read-only. PORT and
# IMPORT_JOBS_PORT stay unset, because hosts such as Cloud Run set the first.
ENV PATH=/opt/import-jobs/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/spool \
    TMPDIR=/spool \
    IMPORT_JOBS_SPOOL_DIR=/spool \
    IMPORT_JOBS_HOST=0.0.0.0
VOLUME /spool
WORKDIR /
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["python", "-m", "processor.health"]
ENTRYPOINT ["import-jobs"]
CMD ["serve"]
